"""Screen patients for all trials, block by block, and keep the answers in gold.trial_matches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from django.utils import timezone

from tumorboard.governance import gate
from tumorboard.governance.ledger import latest_versions
from tumorboard.lake import rows as lake_rows
from tumorboard.lake import tables
from tumorboard.runs.frames import PATIENTS, everyone, frames, service_user
from tumorboard.runs.needs import needs
from tumorboard.runs.version import code_version
from tumorboard.runs.working import Attempt
from tumorboard.screening.actions import record_changes
from tumorboard.screening.changes import differences
from tumorboard.screening.models import Change
from tumorboard.trials import documents, screening
from tumorboard.trials.criteria import Trial
from tumorboard.trials.ctml import Malformed
from tumorboard.trials.patients import PatientEvidence
from tumorboard.trials.rules import Rules

BLOCK = 100  # patients a step
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
    patients = asked.get("patients") or everyone(attempt.pinned(PATIENTS))
    blocks = [patients[start : start + BLOCK] for start in range(0, len(patients), BLOCK)]
    trials, skipped = open_trials(asked.get("trials"))
    cause = Change.Cause(asked.get("cause", Change.Cause.KNOWLEDGE))
    for number, block in enumerate(blocks):
        if number < attempt.resume_at:
            continue
        before = _kept(block)
        found = [*_of_other_trials(before, asked.get("trials")), *_answers(block, trials)]
        with attempt.effect(number + 1, len(blocks)):
            _keep(found, block, attempt.job.uuid)
            record_changes(changes=differences(before, found, cause=cause, job=attempt.job.uuid))
    return f"patients: {len(patients)}, trials: {len(trials)}" + (
        f", malformed: {skipped}" if skipped else ""
    )


def _kept(patients: Sequence[str]) -> list[Record]:
    """What the last screening of these patients said."""
    return frames([MATCHES], patients).get(MATCHES, pd.DataFrame()).to_dict("records")


def _of_other_trials(before: Sequence[Record], trials: Sequence[str] | None) -> list[Record]:
    """Rows that stay as they are, because only the named trials are screened again."""
    return [row for row in before if row["trial_id"] not in trials] if trials else []


def open_trials(wanted: Sequence[str] | None = None) -> tuple[list[tuple[Trial, str]], int]:
    """Every readable trial (or of the wanted) with the lake row it stands in; how many could not be read."""
    found, skipped = [], 0
    for row in frames([TRIALS]).get(TRIALS, pd.DataFrame()).to_dict("records"):
        if wanted and row["trial_id"] not in wanted:
            continue
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
    table = tables.get(MATCHES)
    inputs = latest_versions([*EVIDENCE, TRIALS])
    gate.replace_rows(
        by=service_user(),
        table=table.name,
        rows=lake_rows.arrow(records, table, str(run)),
        inputs=inputs,
        run_id=str(run),
        code_version=code_version(),
        patients=patients,
    )
