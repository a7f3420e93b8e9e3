"""The Celery application. Redis carries job numbers only; the jobs themselves stand in PostgreSQL."""

from __future__ import annotations

from celery import Celery

app = Celery("tumorboard")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
