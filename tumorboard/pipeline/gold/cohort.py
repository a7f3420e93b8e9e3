"""One row per patient for training and comparing: type, stage, and survival after the landmark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from tumorboard.lake.columns import DEID, PHI, PUBLIC, Between, Column, NotNull
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.gold.landmark import landmark
from tumorboard.pipeline.gold.records import Record, Row, derived, each_patient
from tumorboard.pipeline.gold.snapshot import primaries
from tumorboard.pipeline.silver.diagnoses import Diagnoses
from tumorboard.pipeline.silver.patients import Patients
from tumorboard.pipeline.silver.stages import Stages
from tumorboard.pipeline.silver.therapies import Therapies

READS: tuple[type, ...] = (Patients, Diagnoses, Stages, Therapies)
YEAR = 365.25


@table("gold.cohort", key=("patient_key",))
class Cohort:
    """Every patient. `os_days` counts from the landmark (see `gold/landmark.py`) to death or last contact;
    it is empty where either day is unknown, and negative where the patient died before the landmark."""

    tumor_type = Column(str, "OncoTree code of the primary tumour", tags=PHI)
    age = Column(float, "Age in years on the landmark", Between(0, 130), tags=PHI)
    sex = Column(str, "Administrative sex", tags=PHI)
    stage_group = Column(str, "Stage group as known on the landmark", tags=PHI)
    site = Column(str, "Hospital that sends the patient", tags=DEID)
    diagnosed_on = Column(date, "First diagnosis of the tumour", tags=PHI)
    landmark_on = Column(date, "Day from which survival is counted", tags=PHI)
    os_days = Column(float, "Days from the landmark to death or last contact", tags=PHI)
    died = Column(bool, "Whether the patient is known to have died", NotNull(), tags=PHI)
    synthetic = Column(bool, "Invented patient", NotNull(), tags=PUBLIC)


@builds(Cohort, reads=READS)
def build(*silver: DataFrame) -> DataFrame:
    return each_patient(dict(zip(READS, silver, strict=True)), Cohort, cohort_of)


def cohort_of(record: Record) -> Iterator[dict[str, Any]]:
    """The row of one patient; none for somebody known by other records alone."""
    for person in record.rows("patients")[:1]:
        on, deciding = landmark(record)
        tumour = primaries(record)[:1]
        stage = stage_on(record, on)
        diagnosed = [row["diagnosed_on"] for row in primaries(record) if row.get("diagnosed_on")]
        yield derived(
            [person, *tumour, *deciding, *([stage] if stage else [])],
            tumor_type=(tumour[0].get("oncotree") or None) if tumour else None,
            age=_years(person.get("birth_date"), on),
            sex=person.get("sex"),
            stage_group=stage.get("stage_group") if stage else None,
            site=person.get("site"),
            diagnosed_on=min(diagnosed, default=None),
            landmark_on=on,
            os_days=survival(person, on),
            died=bool(person.get("deceased")),
            synthetic=bool(person.get("synthetic")),
        )


def stage_on(record: Record, on: date | None) -> Row | None:
    """The newest stage with a group, of those assessed by that day."""
    known = record.newest("stages", "assessed_on")
    dated = (row for row in known if row.get("stage_group") and row.get("assessed_on"))
    return next((row for row in dated if on is None or row["assessed_on"] <= on), None)


def survival(person: Row, on: date | None) -> float | None:
    """A death without its date has no time: the last contact would understate it."""
    end = person.get("death_date") if person.get("deceased") else person.get("last_contact")
    return float((end - on).days) if end and on else None


def _years(birth: date | None, on: date | None) -> float | None:
    return round((on - birth).days / YEAR, 2) if birth and on else None
