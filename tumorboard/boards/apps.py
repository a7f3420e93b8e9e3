from django.apps import AppConfig


class BoardsConfig(AppConfig):
    name = "tumorboard.boards"
    default_auto_field = "django.db.models.BigAutoField"
