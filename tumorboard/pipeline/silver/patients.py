"""Who the patient is: one row, put together from every Patient resource that is linked to the person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.columns import DEID, PII, Column, NotNull, OneOf
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.silver.evidence import day as day_of
from tumorboard.pipeline.silver.evidence import text
from tumorboard.pipeline.silver.fhir import (
    METHOD,
    SOURCE,
    SYNTHETIC,
    codes,
    day,
    dig,
    listed,
    recorded,
    sender,
    words,
)
from tumorboard.pipeline.silver.rows import Received, Row, each_patient

# Dates at which somebody saw the patient or took something from them.
_CONTACTS = (
    "$.effectiveDateTime", "$.effectivePeriod.end", "$.effectivePeriod.start", "$.performedDateTime",
    "$.performedPeriod.end", "$.performedPeriod.start", "$.period.end", "$.period.start", "$.authoredOn",
    "$.started", "$.collection.collectedDateTime",
)  # fmt: skip
_CONTACT_KINDS = (
    "Encounter", "Observation", "Procedure", "MedicationRequest", "MedicationAdministration", "ImagingStudy",
    "Specimen", "DiagnosticReport",
)  # fmt: skip
_VOID = ("entered-in-error", "cancelled", "not-done", "draft", "planned")
T = TypeVar("T")

_OFFICIAL = ("official", "usual", "")


@table("silver.patients", key=("patient_key",))
class Patients:
    """The person: name, sex, dates of life, last contact, the sending site."""

    name = Column(str, "Official name as sent", tags=PII)
    sex = Column(str, "Administrative sex", NotNull(), OneOf("female", "male", "other", "unknown"))
    birth_date = Column(date, "Date of birth; a year alone is its first day", tags=PII)
    deceased = Column(bool, "Whether the patient is known to have died", NotNull())
    death_date = Column(date, "Date of death, where it was sent")
    last_contact = Column(date, "Last day the patient was seen or examined; at the latest the day of death")
    site = Column(str, "Hospital that sends the patient", tags=DEID)
    synthetic = Column(
        bool, "Invented patient: the source marks it as test data (HTEST)", NotNull(), tags=DEID
    )


@builds(Patients, reads=[Fhir])
def build(fhir: DataFrame) -> DataFrame:
    people = each_patient(
        fhir.filter(F.col("kind") == "Patient"),
        Patients,
        read,
        origin="structured",
        method=METHOD,
        source=SOURCE,
    ).drop("last_contact")
    contacts = last_contacts(fhir)
    seen = people.join(contacts, "patient_key", "left")
    return seen.withColumn("last_contact", F.least("last_contact", "death_date"))


def last_contacts(fhir: DataFrame) -> DataFrame:
    """The latest date of anything that was done with the patient; what was only planned does not count."""
    done = fhir.filter(
        F.col("kind").isin(*_CONTACT_KINDS) & ~F.coalesce(text("$.status"), F.lit("")).isin(*_VOID)
    )
    when = F.coalesce(*(day_of(text(path)) for path in _CONTACTS))
    return done.groupBy("patient_key").agg(F.max(when).alias("last_contact"))


def read(resources: list[Received]) -> list[Row]:
    """One row from all Patient resources of a person: the latest speaks, the others fill its gaps."""
    ranked = sorted(resources, key=_how_recent, reverse=True)
    latest = ranked[0]
    payloads = [item.payload for item in ranked]
    died_on = _first(day(item.get("deceasedDateTime")) for item in payloads)
    deceased = died_on is not None or any(
        item.get("deceasedBoolean") is True or words(item.get("deceasedDateTime")) for item in payloads
    )
    return [
        latest.row(
            "$",
            system=sender(latest.payload),
            recorded_on=recorded(latest.payload) or day(dig(latest.payload, "meta", "lastUpdated")),
            name=_first(name_of(item) for item in payloads),
            sex=_first(sex_of(item) for item in payloads) or "unknown",
            birth_date=_first(day(item.get("birthDate")) for item in payloads),
            deceased=deceased,
            death_date=died_on,
            site=_first(words(dig(item, "managingOrganization", "display")) for item in payloads),
            synthetic=any(is_synthetic(item) for item in payloads),
        )
    ]


def name_of(patient: Row) -> str:
    """The official name: its text, else given names and family name."""
    names = sorted(listed(patient.get("name")), key=lambda n: _rank(words(n.get("use"))))
    for name in names:
        given = name.get("given")
        parts = [words(part) for part in (given if isinstance(given, list) else [given])]
        written = words(name.get("text")) or " ".join(filter(None, [*parts, words(name.get("family"))]))
        if written:
            return written
    return ""


def sex_of(patient: Row) -> str:
    sex = words(patient.get("gender")).lower()
    return sex if sex in ("female", "male", "other") else ""


def is_synthetic(resource: Row) -> bool:
    labels = [*listed(dig(resource, "meta", "security")), *listed(dig(resource, "meta", "tag"))]
    return SYNTHETIC in codes({"coding": labels})


def _how_recent(item: Received) -> tuple[str, str, str]:
    stated = words(dig(item.payload, "meta", "lastUpdated"))
    return stated, str(item.received_at or ""), item.row_id


def _rank(use: str) -> int:
    return _OFFICIAL.index(use) if use in _OFFICIAL else len(_OFFICIAL)


def _first(values: Iterable[T]) -> T | None:
    return next((value for value in values if value), None)
