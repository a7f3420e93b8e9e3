"""The states of a job, and which follow which."""

from __future__ import annotations

from django.db import models


class JobState(models.TextChoices):
    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


TRANSITIONS: dict[JobState, tuple[JobState, ...]] = {
    JobState.QUEUED: (JobState.RUNNING,),
    JobState.RUNNING: (JobState.DONE, JobState.FAILED, JobState.QUEUED),
    JobState.DONE: (),
    JobState.FAILED: (JobState.QUEUED,),
}
