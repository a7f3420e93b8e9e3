"""The demo's data: a synthetic cohort, through the same door as a hospital's files."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tumorboard.accounts.models import User
from tumorboard.governance.actions import record_consents, register_securables
from tumorboard.governance.models import Consent
from tumorboard.runs.actions import queue_job, recover_jobs
from tumorboard.runs.codes import REGISTER, SCORE, WATCH
from tumorboard.runs.demo.board import seed_board
from tumorboard.runs.demo.scores import approve, train_in_silence
from tumorboard.runs.frames import everyone
from tumorboard.runs.ingesting import ingest
from tumorboard.runs.models import IngestedFile, Job
from tumorboard.runs.services import ServiceError
from tumorboard.runs.status import JobState
from tumorboard.scores.models import ScoringModel
from tumorboard.synthetic.cohort import write_cohort

SEED = 7
MANY = 100  # patients from which on only a part gets pixels
JOBS_WITHIN = 300  # seconds
Step = Callable[[str], AbstractContextManager[None]]


def prepare(people: dict[str, User], home: Path, patients: int, step: Step) -> None:
    """Write and ingest the cohort, train, screen, score, seat the board; what is done is not repeated."""
    register_securables()
    if not IngestedFile.objects.exists():
        _ingest(home / "inbox" / "synthetic", patients, step)
    if not ScoringModel.objects.exists():
        with step("Risk model: training on the cohort"):
            _train(people)
    if not ScoringModel.objects.shown().exists():
        with step("Worker: screening trials and scoring risk"):
            _await([*Job.objects.active(), queue_job(kind=SCORE, by="demo")])  # the ingest asked to screen
            approve(people)
            for kind in (WATCH, REGISTER):
                queue_job(kind=kind, by="demo")
    with step("Board, cases and meetings"):
        seed_board(people)


def _ingest(inbox: Path, patients: int, step: Step) -> None:
    share = 1.0 if patients <= MANY else MANY / patients
    with step(f"Synthetic cohort of {patients} patients"):
        write_cohort(inbox, patients=patients, seed=SEED, imaging_share=share)
    with step("Ingest: bronze, silver, gold"):
        ingest(paths=[inbox], by="demo")


def _train(people: dict[str, User]) -> None:
    """On invented people, who all agree; of real patients those are used whose consent covers training."""
    record_consents(patient_keys=everyone(), scope=Consent.Scope.TRAINING, by="demo")
    try:
        train_in_silence(people)
    except ValueError as error:
        raise ServiceError(f"no model could be trained: {error}") from None


def _await(jobs: list[Job]) -> None:
    """Until the worker has done them. Raises ServiceError where one failed or took too long."""
    deadline = time.monotonic() + JOBS_WITHIN
    waiting = {job.pk for job in jobs}
    while waiting and time.monotonic() < deadline:
        time.sleep(0.3)
        recover_jobs()
        for job in Job.objects.filter(pk__in=waiting):
            if job.state == JobState.FAILED:
                raise ServiceError(f"the job '{job.kind}' failed: {job.message}; worker.log says more")
            if job.is_over:
                waiting.discard(job.pk)
    if waiting:
        raise ServiceError("the worker did not finish in time; worker.log says why")
