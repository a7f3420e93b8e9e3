"""Cancer diagnoses: primaries and metastases, with their OncoTree type."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.columns import DEID, Column, NotNull, OneOf
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.silver.cancers import is_cancer, is_secondary
from tumorboard.pipeline.silver.fhir import (
    METHOD,
    SOURCE,
    Coding,
    codes,
    codings,
    extensions,
    has,
    names_of,
    own_id,
    references,
    said,
    stands,
    state,
    when,
    words,
)
from tumorboard.pipeline.silver.rows import Received, Row, each_patient
from tumorboard.pipeline.silver.tumour_types import oncotree_of

STATUSES = ("active", "recurrence", "relapse", "remission", "inactive", "resolved")
_HISTOLOGY = {"31206-6", "77753-2"}  # LOINC: histology and behaviour; morphology
# Names of the code systems a board reads, by what their addresses contain.
_SYSTEMS = {
    "oncotree": "OncoTree", "icd-10": "ICD-10", "icd10": "ICD-10", "icd-o": "ICD-O-3", "snomed": "SNOMED CT",
}  # fmt: skip


@table("silver.diagnoses", key=("patient_key", "diagnosis_id"))
class Diagnoses:
    """Cancers of the patient. Refuted and mistaken diagnoses are left out."""

    diagnosis_id = Column(str, "Identity within the patient", NotNull(), tags=DEID)
    primary = Column(bool, "A primary tumour (false: a metastasis)", NotNull())
    code = Column(str, "Code of the diagnosis, ICD-10 before SNOMED CT before others")
    code_system = Column(str, "Code system of `code`")
    text = Column(str, "The diagnosis in the sender's words", NotNull())
    oncotree = Column(str, "OncoTree code; the organ's node where the histology is not stated")
    histology = Column(str, "Histology in the sender's words")
    body_site = Column(str, "Body site in the sender's words")
    diagnosed_on = Column(date, "Onset, else the day it was recorded; a month alone is its first day")
    clinical_status = Column(str, "Clinical status", OneOf(*STATUSES))


@builds(Diagnoses, reads=[Fhir])
def build(fhir: DataFrame) -> DataFrame:
    about = fhir.filter(
        (F.col("kind") == "Condition")
        | ((F.col("kind") == "Observation") & F.col("payload").rlike("31206-6|77753-2|histolog|morphology"))
    )
    return each_patient(about, Diagnoses, read, origin="structured", method=METHOD, source=SOURCE)


def read(resources: list[Received]) -> Iterator[Row]:
    histologies = [item for item in resources if item.kind == "Observation" and _is_histology(item.payload)]
    cancers = [
        item
        for item in resources
        if item.kind == "Condition" and stands(item.payload) and is_cancer(item.payload)
    ]
    for item in cancers:
        yield _diagnosis(item, histologies, only=len(cancers) == 1)


def _is_histology(observation: Row) -> bool:
    return stands(observation) and has(observation, _HISTOLOGY, "mcode-histologic-behavior-and-type")


def _diagnosis(item: Received, histologies: list[Received], *, only: bool) -> Row:
    condition = item.payload
    secondary = is_secondary(condition)
    histology = _histology(item, histologies, only=only)
    chosen = _best(codings(condition.get("code")))
    site = said(condition.get("bodySite"))
    onset = when(condition, "onsetDateTime", "onsetPeriod", "recordedDate")
    text = said(condition.get("code"))
    stated = [*codes(condition.get("code")), *codes(histology), *codes(condition.get("bodySite"))]
    return state(
        item,
        "$.code",
        diagnosis_id=own_id(item),
        primary=not secondary,
        code=chosen.code if chosen else None,
        code_system=_system_name(chosen) if chosen else None,
        text=text or "cancer, not named",
        oncotree=None if secondary else oncotree_of(sorted(stated), [text, said(histology), site]) or None,
        histology=said(histology) or None,
        body_site=site or None,
        diagnosed_on=onset.on,
        clinical_status=_status(condition),
    )


def _histology(item: Received, histologies: list[Received], *, only: bool) -> Row:
    """The histology on the condition itself, else of an observation about it (or about the only cancer)."""
    for extension in extensions(item.payload, "mcode-histology-morphology-behavior"):
        if isinstance(extension.get("valueCodeableConcept"), dict):
            return dict(extension["valueCodeableConcept"])
    mine = names_of(item)
    for other in histologies:
        focus = set(references(other.payload.get("focus")))
        if focus & mine or (only and not focus):
            return dict(
                other.payload.get("valueCodeableConcept") or {"text": words(other.payload.get("valueString"))}
            )
    return {}


def _best(found: list[Coding]) -> Coding | None:
    """The coding a board reads best: ICD-10, then SNOMED CT, then whatever was sent first."""
    for wanted in ("icd-10", "icd10", "snomed"):
        for coding in found:
            if wanted in coding.system.lower():
                return coding
    return found[0] if found else None


def _system_name(coding: Coding) -> str:
    system = coding.system.lower()
    return next((name for part, name in _SYSTEMS.items() if part in system), coding.system)


def _status(condition: Row) -> str | None:
    return next((c for c in sorted(codes(condition.get("clinicalStatus"))) if c in STATUSES), None)
