from django.apps import AppConfig

import tumorboard.celery  # noqa: F401 - makes our Celery application the current one in every process
from tumorboard.audit import context
from tumorboard.runs.version import code_version


class RunsConfig(AppConfig):
    name = "tumorboard.runs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        context.of_process(code_version=code_version())
