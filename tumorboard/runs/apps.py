from django.apps import AppConfig

import tumorboard.celery  # noqa: F401 - makes our Celery application the current one in every process


class RunsConfig(AppConfig):
    name = "tumorboard.runs"
    default_auto_field = "django.db.models.BigAutoField"
