"""Screen patients for all trials, block by block, and keep the answers in gold.trial_matches.

The verdicts of a block are worked out in columns (`trials.columns`); the rows that explain them are made by
the row engine, for as many places as anybody reads (`trials.columns.explaining`). A job for very many
patients shares itself out: into one job for each part of a list of patients that stays the same, so that
every worker that is free takes one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
from django.utils import timezone

from tumorboard.governance import gate
from tumorboard.governance.ledger import latest_versions
from tumorboard.lake import rows as lake_rows
from tumorboard.lake import tables
from tumorboard.runs.actions import pin_job, queue_job
from tumorboard.runs.codes import SCREEN
from tumorboard.runs.frames import PATIENTS, arrow, everyone, frames, service_user
from tumorboard.runs.needs import needs
from tumorboard.runs.version import code_version
from tumorboard.runs.working import Attempt
from tumorboard.screening.actions import record_changes
from tumorboard.screening.changes import differences
from tumorboard.screening.models import Change
from tumorboard.trials import documents, screening
from tumorboard.trials.columns.compiled import Program, compiled
from tumorboard.trials.columns.explaining import explained
from tumorboard.trials.columns.reading import cohort_of
from tumorboard.trials.criteria import Question, Trial
from tumorboard.trials.ctml import Malformed
from tumorboard.trials.logic import Outcome
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.rules import Rules

log = logging.getLogger(__name__)
BLOCK = 100  # patients a step
FEW = 10  # patients for whom columns are not worth their making
PART = 10_000  # patients a job; more are shared out over jobs of this size
METHOD = "trial-matcher 1.0"
RULES = Rules()
TRIALS, MATCHES = "silver.trials", "gold.trial_matches"
EVIDENCE = tuple(name for name in tables.get(MATCHES).reads if name != TRIALS)
Record = dict[str, Any]


@needs(reads=(*EVIDENCE, TRIALS, MATCHES), writes=(MATCHES,))
def screen_patients(attempt: Attempt) -> str:
    """The job `screen`: the patients and the trials its arguments name, or all of them; what came out
    differently than the last time is told with the cause the arguments name."""
    asked = attempt.job.arguments
    patients, version = _patients(attempt)
    if len(patients) > PART and "part" not in asked and not asked.get("patients"):
        return _share_out(attempt, len(patients), version)
    blocks = [patients[start : start + BLOCK] for start in range(0, len(patients), BLOCK)]
    stated = latest_versions([TRIALS])
    trials, skipped = open_trials(stated)
    work = _Work.of(trials, asked.get("trials"))
    cause = Change.Cause(asked.get("cause", Change.Cause.KNOWLEDGE))
    for number, block in enumerate(blocks):
        if number < attempt.resume_at:
            continue
        versions = {**latest_versions(EVIDENCE), **stated}
        answers = list(work.answers(block, versions))
        with attempt.effect(number + 1, len(blocks)):
            before = _kept(block)  # only now: another job may have screened them for other trials meanwhile
            found = [*_of_other_trials(before, asked.get("trials")), *answers]
            _keep(found, block, attempt.job.uuid, versions)
            record_changes(changes=differences(before, found, cause=cause, job=attempt.job.uuid))
    return _told(len(patients), len(work.trials), skipped, work.disagreeing)


def _told(patients: int, trials: int, skipped: int, disagreeing: int) -> str:
    if count := disagreeing:
        log.error("screening in columns and by rows gave different verdicts at %s places", count)
    words = f"patients: {patients}, trials: {trials}" + (f", malformed: {skipped}" if skipped else "")
    return words + (f", verdicts to look into: {disagreeing}" if disagreeing else "")


# ---- which patients


def _patients(attempt: Attempt) -> tuple[Sequence[str], int | None]:
    """The patients of this job, in an order every attempt sees, and the version of the list they are from."""
    asked = attempt.job.arguments
    if asked.get("patients"):
        return asked["patients"], None
    if "part" in asked:
        version = pin_job(job=attempt.job, table=PATIENTS, version=asked["version"])
        start = asked["part"] * PART
        return everyone(version)[start : start + PART], version
    pinned = attempt.pinned(PATIENTS)
    return everyone(pinned), pinned


def _share_out(attempt: Attempt, patients: int, version: int | None) -> str:
    """One job for each part of the list, as it stands at that version: queued together, or not at all."""
    parts = range(-(-patients // PART))
    if not attempt.resume_at:
        with attempt.effect(1, 1):
            for part in parts:
                arguments = {**attempt.job.arguments, "part": part, "version": version}
                queue_job(kind=SCREEN, by=attempt.job.requested_by or "worker", **arguments)
    return f"patients: {patients}, shared out to {len(parts)} jobs"


# ---- trials and answers


def open_trials(versions: Mapping[str, int]) -> tuple[list[tuple[Trial, str]], int]:
    """Every readable trial with the lake row it stands in; how many could not be read."""
    found, skipped = [], 0
    for row in frames([TRIALS], versions=versions).get(TRIALS, pd.DataFrame()).to_dict("records"):
        try:
            trial = documents.read_once(row["kind"], row["document"], RULES.oncotree)
        except Malformed:
            skipped += 1
            continue
        found.append((trial, f"silver.trials/{row['row_id']}"))
    return found, skipped


class _Work:
    """The trials of a job, compiled once. `places` counts those of all trials, screened again or not."""

    def __init__(self, trials: Sequence[tuple[Trial, str]], places: int) -> None:
        self.trials = [trial for trial, _ in trials]
        self.references = [reference for _, reference in trials]
        self.program: Program = compiled(self.trials)
        self.places = places
        self.disagreeing = 0

    @classmethod
    def of(cls, trials: Sequence[tuple[Trial, str]], wanted: Sequence[str] | None) -> _Work:
        places = len(compiled(trial for trial, _ in trials).places)
        return cls([each for each in trials if not wanted or each[0].trial_id in wanted], places)

    def answers(self, patients: Sequence[str], versions: Mapping[str, int]) -> Iterator[Record]:
        """Rows of gold.trial_matches for a block of patients."""
        today = timezone.localdate()
        evidence = arrow(EVIDENCE, patients, versions=versions)
        grouped = _by_patient(evidence)
        in_columns = None
        if len(patients) >= FEW:
            in_columns = self.program.run(cohort_of(patients, evidence, today), RULES)
        for number, patient in enumerate(patients):
            own = PatientEvidence.from_frames(patient, grouped.get(patient, {}), today)
            known: dict[Question, Outcome] = {}
            verdicts = in_columns.of_one(number) if in_columns else self.program.run_one(own, RULES, known)
            made = explained(verdicts, self.trials, own, RULES, places=self.places, known=known)
            self.disagreeing += made.disagreeing
            for trial, result in made.found:
                for record in screening.rows(patient, [result]).to_dict("records"):
                    yield {**record, **_origin(record, self.references[trial])}


def _by_patient(evidence: Mapping[str, pa.Table]) -> dict[str, dict[str, pd.DataFrame]]:
    grouped: dict[str, dict[str, pd.DataFrame]] = {}
    for table, rows in evidence.items():
        for patient, frame in rows.to_pandas().groupby("patient_key"):
            grouped.setdefault(patient, {})[table] = frame
    return grouped


def _origin(record: Record, trial: str) -> Record:
    """A match rests on the patient's rows it names, and on the trial."""
    return {
        "derived_from": [*record["evidence"], trial],
        "origin": "structured",
        "method": METHOD,
        "system": "Trial screening",
        "recorded_on": timezone.localdate(),
    }


# ---- the lake


def _kept(patients: Sequence[str]) -> list[Record]:
    """What the last screening of these patients said."""
    return frames([MATCHES], patients).get(MATCHES, pd.DataFrame()).to_dict("records")


def _of_other_trials(before: Sequence[Record], trials: Sequence[str] | None) -> list[Record]:
    """Rows that stay as they are, because only the named trials are screened again."""
    return [row for row in before if row["trial_id"] not in trials] if trials else []


def _keep(records: Sequence[Record], patients: Sequence[str], run: object, inputs: Mapping[str, int]) -> None:
    table = tables.get(MATCHES)
    gate.replace_rows(
        by=service_user(),
        table=table.name,
        rows=lake_rows.arrow(records, table, str(run)),
        inputs=inputs,
        run_id=str(run),
        code_version=code_version(),
        patients=patients,
    )
