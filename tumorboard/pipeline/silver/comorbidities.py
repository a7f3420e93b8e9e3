"""Conditions beside the cancer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.columns import DEID, Column, NotNull
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.silver.cancers import is_cancer
from tumorboard.pipeline.silver.fhir import (
    METHOD,
    SOURCE,
    codes,
    codings,
    dig,
    extensions,
    has,
    listed,
    observed,
    own_id,
    said,
    stands,
    state,
    when,
)
from tumorboard.pipeline.silver.rows import Received, Row, each_row

_PANEL = {"398192003", "comorbidities-elixhauser"}  # SNOMED CT comorbid conditions; older draft code
_PRESENT = {"52101004", "10828004", "LA9633-4"}
# Circumstances of life are sent as Conditions too; they are no comorbidity.
_CIRCUMSTANCE = re.compile(
    r"\(person\)|employ|labor force|educat|certificate|housing|social (isolation|contact)|\bstress\b|violence"
    r"|victim|refugee|transport|risk activity|criminal|abuse status|normal pregnancy|medication review",
    re.IGNORECASE,
)


@table("silver.comorbidities", key=("patient_key", "comorbidity_id"))
class Comorbidities:
    """Other conditions, active or resolved, as sent; refuted ones and circumstances of life are left out."""

    comorbidity_id = Column(str, "Identity within the patient", NotNull(), tags=DEID)
    code = Column(str, "Code as sent: ICD-10 before SNOMED CT")
    text = Column(str, "The condition in the sender's words", NotNull())
    onset_on = Column(date, "Onset, else the day it was recorded; a year alone is its first day")
    status = Column(str, "Clinical status as sent")


@builds(Comorbidities, reads=[Fhir])
def build(fhir: DataFrame) -> DataFrame:
    about = fhir.filter(
        (F.col("kind") == "Condition")
        | ((F.col("kind") == "Observation") & F.col("payload").rlike("398192003|comorbidities"))
    )
    return each_row(about, Comorbidities, read, origin="structured", method=METHOD, source=SOURCE)


def read(item: Received) -> Iterator[Row]:
    resource = item.payload
    if not stands(resource):
        return
    if item.kind == "Condition":
        yield from _condition(item)
    elif has(resource, _PANEL, "mcode-comorbidities", "mcode-comorbidities-elixhauser"):
        yield from _panel(item)


def _condition(item: Received) -> Iterator[Row]:
    condition = item.payload
    text = said(condition.get("code"))
    if not text or is_cancer(condition) or _CIRCUMSTANCE.search(text):
        return
    yield state(
        item,
        "$.code",
        comorbidity_id=own_id(item),
        code=_code(condition.get("code")),
        text=text,
        onset_on=when(condition, "onsetDateTime", "onsetPeriod", "recordedDate").on,
        status=next(iter(sorted(codes(condition.get("clinicalStatus")))), None),
    )


def _panel(item: Received) -> Iterator[Row]:
    """Present conditions of a comorbidity panel. One that refers to a Condition is read from there."""
    for extension in extensions(item.payload, "mcode-comorbid-condition-present"):
        if concept := extension.get("valueCodeableConcept"):
            yield _listed(item, "$.extension", concept)
    for index, part in enumerate(listed(item.payload.get("component"))):
        present = (
            not codes(part.get("valueCodeableConcept")).isdisjoint(_PRESENT)
            or part.get("valueBoolean") is True
        )
        refers = any(dig(found, "valueReference") for found in listed(part.get("extension")))
        if present and not refers:
            yield _listed(item, f"$.component[{index}]", part.get("code"))


def _listed(item: Received, path: str, concept: object) -> Row:
    return state(
        item,
        path,
        comorbidity_id=own_id(item, said(concept)),
        code=_code(concept),
        text=said(concept) or None,
        onset_on=observed(item.payload).on,
        status="active",
    )


def _code(concept: object) -> str | None:
    found = codings(concept)
    by_icd = (coding.code for coding in found if "icd-10" in coding.system.lower() and coding.code)
    return next(by_icd, next((coding.code for coding in found if coding.code), None))
