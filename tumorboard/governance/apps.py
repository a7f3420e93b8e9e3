from importlib import import_module

from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "tumorboard.governance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import_module("tumorboard.governance.signals")
