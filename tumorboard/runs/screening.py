"""Screen patients for all trials, block by block, and keep the answers in gold.trial_matches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from django.utils import timezone

from tumorboard.governance.ledger import lake, latest_versions
from tumorboard.lake import rows as lake_rows
from tumorboard.lake import tables
from tumorboard.lake.store import Commit
from tumorboard.runs.frames import everyone, frames
from tumorboard.runs.version import code_version
from tumorboard.runs.working import Attempt
from tumorboard.trials import documents, screening
from tumorboard.trials.criteria import Trial
from tumorboard.trials.ctml import Malformed
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.rules import Rules

BLOCK = 100  # patients a step
METHOD = "trial-matcher 1.0"
RULES = Rules()
TRIALS = "silver.trials"
EVIDENCE = tuple(name for name in tables.get("gold.trial_matches").reads if name != TRIALS)
Record = dict[str, Any]


def screen_patients(attempt: Attempt) -> str:
    """The job `screen`: the patients its arguments name, or everyone."""
    patients = attempt.job.arguments.get("patients") or everyone()
    blocks = [patients[start : start + BLOCK] for start in range(0, len(patients), BLOCK)]
    trials, skipped = open_trials()
    for number, block in enumerate(blocks):
        if number < attempt.resume_at:
            continue
        found = list(_answers(block, trials))
        with attempt.effect(number + 1, len(blocks)):
            _keep(found, block, attempt.job.uuid)
    return f"patients: {len(patients)}, trials: {len(trials)}" + (
        f", malformed: {skipped}" if skipped else ""
    )


def open_trials() -> tuple[list[tuple[Trial, str]], int]:
    """Every readable trial with the lake row it stands in, and how many could not be read."""
    found, skipped = [], 0
    for row in frames(["silver.trials"]).get("silver.trials", pd.DataFrame()).to_dict("records"):
        try:
            trial = documents.read(row["kind"], row["document"], RULES.oncotree)
        except Malformed:
            skipped += 1
            continue
        found.append((trial, f"silver.trials/{row['row_id']}"))
    return found, skipped


def _answers(patients: Sequence[str], trials: Sequence[tuple[Trial, str]]) -> Iterator[Record]:
    """Rows of gold.trial_matches for a block of patients."""
    by_patient = {
        table: dict(list(frame.groupby("patient_key"))) for table, frame in frames(EVIDENCE, patients).items()
    }
    today = timezone.localdate()
    for patient in patients:
        own = {table: groups[patient] for table, groups in by_patient.items() if patient in groups}
        evidence = PatientEvidence.from_frames(patient, own, today)
        for trial, reference in trials:
            matched = screening.rows(patient, screening.screen(trial, evidence, rules=RULES))
            for record in matched.to_dict("records"):
                yield {**record, **_origin(record, reference)}


def _origin(record: Record, trial: str) -> Record:
    """A match rests on the patient's rows it names, and on the trial."""
    return {
        "derived_from": [*record["evidence"], trial],
        "origin": "structured",
        "method": METHOD,
        "system": "Trial screening",
        "recorded_on": timezone.localdate(),
    }


def _keep(records: Sequence[Record], patients: Sequence[str], run: object) -> None:
    table = tables.get("gold.trial_matches")
    inputs = latest_versions([*EVIDENCE, TRIALS])
    commit = Commit(str(run), code_version(), inputs)
    lake().replace(table, lake_rows.arrow(records, table, str(run)), commit, patients)
