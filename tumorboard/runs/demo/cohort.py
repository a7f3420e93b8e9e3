"""The demo's data: a synthetic cohort, through the same door as a hospital's files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tumorboard.accounts.models import User
from tumorboard.governance.actions import register_securables
from tumorboard.runs.ingesting import ingest
from tumorboard.runs.models import IngestedFile
from tumorboard.synthetic.cohort import write_cohort

SEED = 7
Step = Callable[[str], AbstractContextManager[None]]


def prepare(people: dict[str, User], home: Path, patients: int, step: Step) -> None:
    """Write and ingest the cohort, once, then everything that follows from it."""
    register_securables()
    if IngestedFile.objects.exists():
        return
    inbox = home / "inbox" / "synthetic"
    with step(f"Synthetic cohort of {patients} patients"):
        write_cohort(inbox, patients=patients, seed=SEED)
    with step("Ingest: bronze, silver, gold"):
        ingest(paths=[inbox], by="demo")
