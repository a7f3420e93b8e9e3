"""The worker of the tests: the project's own, and one more kind of job that leaves countable effects."""

from __future__ import annotations

import os
import time

import django

django.setup()

from django.db import connection  # noqa: E402

from tumorboard.celery import app  # noqa: E402
from tumorboard.runs.kinds import KINDS  # noqa: E402
from tumorboard.runs.working import Attempt  # noqa: E402

__all__ = ["app"]


def counted(attempt: Attempt) -> str:
    """One row for each step."""
    wanted = attempt.job.arguments
    if wanted.get("fail"):
        raise ValueError(wanted["fail"])
    for step in range(attempt.resume_at + 1, wanted["steps"] + 1):
        with attempt.effect(step, wanted["steps"]), connection.cursor() as cursor:
            cursor.execute(
                "insert into effects values (%s, %s, %s)", [str(attempt.job.uuid), step, os.getpid()]
            )
        time.sleep(wanted.get("pause", 0))
    return f"{wanted['steps']} steps"


KINDS["counted"] = counted
