"""Who a patient is, for those who may know: name, record number, age. Each look is on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance import gate
from tumorboard.governance.ledger import crosswalk
from tumorboard.governance.models import Snapshot
from tumorboard.governance.permissions import TREATMENT

PATIENT_COLUMNS = ("patient_key", "name", "sex", "birth_date", "death_date", "synthetic")
DIAGNOSIS_COLUMNS = ("patient_key", "text", "primary", "diagnosed_on")


@dataclass(frozen=True)
class PatientHeader:
    """What the patient bar shows."""

    patient_key: str
    name: str
    record_number: str
    sex: str
    birth_date: date | None
    age: int | None
    synthetic: bool
    diagnosis: str

    @property
    def initials(self) -> str:
        return "".join(part[0] for part in self.name.replace(",", " ").split()[:2]).upper()


def headers(
    *, by: Any, patient_keys: Sequence[str], snapshot: Snapshot | None = None
) -> dict[str, PatientHeader]:
    """The header of each patient, in one read. Raises gate.Refused if one of them is out of reach."""
    keys = sorted(set(patient_keys))
    if not keys:
        return {}
    wanted = {"silver.patients": PATIENT_COLUMNS, "silver.diagnoses": DIAGNOSIS_COLUMNS}
    rows = gate.read_many(
        [
            gate.Request(
                by=by, purpose=TREATMENT, table=table, columns=columns, patient_keys=keys, snapshot=snapshot
            )
            for table, columns in wanted.items()
        ]
    )
    patients, diagnoses = (rows[table].to_pylist() if table in rows else [] for table in wanted)
    numbers = crosswalk().record_numbers(keys) if rows else {}  # nothing was read, so nobody decided
    found = {row["patient_key"]: row for row in patients}
    return {key: _header(key, found.get(key, {}), numbers.get(key, ""), diagnoses) for key in keys}


def find(*, by: Any, record_number: str, purpose: str = TREATMENT) -> str | None:
    """The patient with this record number. The look-up is on record, the number is not."""
    key = crosswalk().find(record_number.strip())
    with transaction.atomic():
        record(Event.PATIENT_LOOKED_UP, by=by, patient_key=key or "", purpose=purpose, found=key is not None)
    return key


def _header(key: str, row: dict[str, Any], number: str, diagnoses: Sequence[dict[str, Any]]) -> PatientHeader:
    born = row.get("birth_date")
    return PatientHeader(
        patient_key=key,
        name=row.get("name") or "Name not recorded",
        record_number=number,
        sex=row.get("sex") or "unknown",
        birth_date=born,
        age=_age(born, row.get("death_date") or timezone.localdate()),
        synthetic=bool(row.get("synthetic")),
        diagnosis=_diagnosis([d for d in diagnoses if d["patient_key"] == key]),
    )


def _age(born: date | None, on: date) -> int | None:
    """Completed years."""
    return None if born is None else on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _diagnosis(rows: Sequence[dict[str, Any]]) -> str:
    """The primary diagnosis; of several the latest."""
    ranked = sorted(rows, key=lambda d: (bool(d["primary"]), d["diagnosed_on"] or date.min))
    return (ranked[-1]["text"] or "") if ranked else ""
