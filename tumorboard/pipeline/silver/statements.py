"""Dated statements that something is not so, or that a list is complete: what makes absence a fact."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.columns import DEID, Column, NotNull, OneOf
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.silver.fhir import (
    METHOD,
    SOURCE,
    VOID,
    codes,
    codings,
    extensions,
    has,
    listed,
    own_id,
    said,
    state,
    when,
    words,
)
from tumorboard.pipeline.silver.rows import Received, Row, each_row
from tumorboard.pipeline.silver.statement_kinds import HISTORY_COMPLETE, NOT_SO

# LOINC: history of medication use; antineoplastic treatment; chemotherapy section.
_TREATMENT_LISTS = {"10160-0", "67804-1", "56446-5"}
_PANEL = {"398192003", "comorbidities-elixhauser"}
_ABSENT = {"2667000", "LA9634-2"}
_COMPLETE = re.compile(r"(?<!not )(?<!in)\bcomplete\b", re.IGNORECASE)


@table("silver.statements", key=("patient_key", "statement_id"))
class Statements:
    """Somebody's word: a refuted condition, a comorbidity noted as absent, a treatment list said to be
    complete. Absence that nobody states is not here, and is not a fact."""

    statement_id = Column(str, "Identity within the patient", NotNull(), tags=DEID)
    kind = Column(str, "What is stated", NotNull(), OneOf(HISTORY_COMPLETE, NOT_SO), tags=DEID)
    subject = Column(str, "What it is about, in the sender's words", NotNull())
    code = Column(str, "Code of the subject as sent")
    stated_on = Column(date, "Day of the statement")


@builds(Statements, reads=[Fhir])
def build(fhir: DataFrame) -> DataFrame:
    about = fhir.filter(
        (F.col("kind") == "List")
        | ((F.col("kind") == "Condition") & F.col("payload").contains("refuted"))
        | ((F.col("kind") == "Observation") & F.col("payload").rlike("398192003|comorbidities"))
    )
    return each_row(about, Statements, read, origin="structured", method=METHOD, source=SOURCE)


def read(item: Received) -> Iterator[Row]:
    if words(item.payload.get("status")) in VOID:
        return
    if item.kind == "List":
        yield from _complete_list(item)
    elif item.kind == "Condition" and "refuted" in codes(item.payload.get("verificationStatus")):
        yield from _stated(item, "$.verificationStatus", item.payload.get("code"))
    elif has(item.payload, _PANEL, "mcode-comorbidities", "mcode-comorbidities-elixhauser"):
        yield from _absent(item)


def _absent(item: Received) -> Iterator[Row]:
    """Comorbidities the panel names as absent."""
    for extension in extensions(item.payload, "mcode-comorbid-condition-absent"):
        yield from _stated(item, "$.extension", extension.get("valueCodeableConcept"))
    for index, part in enumerate(listed(item.payload.get("component"))):
        answered = not codes(part.get("valueCodeableConcept")).isdisjoint(_ABSENT)
        if answered or part.get("valueBoolean") is False:
            yield from _stated(item, f"$.component[{index}]", part.get("code"))


def _stated(item: Received, path: str, concept: object) -> Iterator[Row]:
    if subject := said(concept):
        yield _row(item, path, NOT_SO, subject, next((c.code for c in codings(concept) if c.code), None))


def _complete_list(item: Received) -> Iterator[Row]:
    """A list of treatments that calls itself complete, or is empty because there was none (`nilknown`)."""
    resource = item.payload
    if codes(resource.get("code")).isdisjoint(_TREATMENT_LISTS):
        return
    notes = [words(note.get("text")) for note in listed(resource.get("note"))]
    if "nilknown" in codes(resource.get("emptyReason")):
        yield _row(item, "$.emptyReason", HISTORY_COMPLETE, "no treatment so far", None)
    elif any(_COMPLETE.search(text) for text in (words(resource.get("title")), *notes)):
        yield _row(item, "$.note", HISTORY_COMPLETE, said(resource.get("code")) or "treatments", None)


def _row(item: Received, path: str, kind: str, subject: str, code: str | None) -> Row:
    resource = item.payload
    stated_on = when(resource, "recordedDate", "date", "effectiveDateTime", "effectivePeriod", "issued").on
    identity = own_id(item, kind, subject)
    return state(
        item, path, statement_id=identity, kind=kind, subject=subject, code=code, stated_on=stated_on
    )
