from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "tumorboard.accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("tumorboard.accounts.signals")
