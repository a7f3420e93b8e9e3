from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "tumorboard.runs"
    default_auto_field = "django.db.models.BigAutoField"
