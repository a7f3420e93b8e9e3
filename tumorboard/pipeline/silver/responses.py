"""Response assessments: RECIST words as such, mCODE disease status in the nearest of them."""

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
    codings,
    extensions,
    has,
    observed,
    own_id,
    said,
    stands,
    state,
    words,
)
from tumorboard.pipeline.silver.rows import Received, Row, each_row

VALUES = ("CR", "PR", "SD", "PD", "NE")
_DISEASE_STATUS = {"97509-4", "88040-1"}  # LOINC: cancer disease progression; response to cancer treatment
_CODES = {
    # SNOMED CT, mCODE value set of disease status
    "268910001": "PR", "359746009": "SD", "271299001": "PD", "709137006": "NE",
    "550991000124107": "CR", "551001000124108": "PR", "103338009": "CR", "103337004": "PR", "399409002": "PD",
    # NCI Thesaurus, RECIST
    "C4870": "CR", "C18058": "PR", "C18213": "SD", "C35571": "PD",
    # LOINC answers to 88040-1
    "LA28366-5": "CR", "LA28369-9": "PR", "LA28371-5": "SD", "LA28370-7": "PD",
}  # fmt: skip
_WORDS = (
    (r"\bCR\b|complete (response|remission)|full remission|no evidence of disease", "CR"),
    (r"\bPR\b|partial (response|remission)|improved", "PR"),
    (r"\bPD\b|progress|worsened|worse", "PD"),
    (r"\bSD\b|stable", "SD"),
    (r"\bNE\b|undetermined|not evaluable|indeterminate", "NE"),
)


@table("silver.responses", key=("patient_key", "response_id"))
class Responses:
    """How the disease answered, at each assessment. `wording` is what the sender said."""

    response_id = Column(str, "Identity within the patient", NotNull(), tags=DEID)
    value = Column(str, "CR, PR, SD, PD or NE (RECIST 1.1, Eisenhauer 2009)", NotNull(), OneOf(*VALUES))
    wording = Column(str, "The assessment in the sender's words", NotNull())
    evidence = Column(str, "What it rests on in the sender's words, such as imaging")
    assessed_on = Column(date, "Day of the assessment")


@builds(Responses, reads=[Fhir])
def build(fhir: DataFrame) -> DataFrame:
    wanted = "97509-4|88040-1|mcode-cancer-disease-status"
    observations = fhir.filter((F.col("kind") == "Observation") & F.col("payload").rlike(wanted))
    return each_row(observations, Responses, read, origin="structured", method=METHOD, source=SOURCE)


def read(item: Received) -> Iterator[Row]:
    resource = item.payload
    if not stands(resource) or not has(resource, _DISEASE_STATUS, "mcode-cancer-disease-status"):
        return
    concept = resource.get("valueCodeableConcept")
    wording = said(concept) or words(resource.get("valueString"))
    if not wording:
        return
    yield state(
        item,
        "$.valueCodeableConcept" if concept else "$.valueString",
        response_id=own_id(item),
        value=response_of(concept, wording),
        wording=wording,
        evidence=evidence_of(resource) or None,
        assessed_on=observed(resource).on,
    )


def evidence_of(resource: Row) -> str:
    """Kinds of evidence the sender names (mCODE extension), else how it was examined."""
    stated = extensions(resource, "mcode-cancer-disease-status-evidence-type")
    kinds = [said(extension.get("valueCodeableConcept")) for extension in stated]
    return ", ".join(filter(None, kinds)) or said(resource.get("method"))


def response_of(concept: object, wording: str) -> str | None:
    """The RECIST category of a disease status; a code decides before words, None where neither is known."""
    for coding in codings(concept):
        if coding.code in _CODES:
            return _CODES[coding.code]
    found = (value for pattern, value in _WORDS if re.search(pattern, wording, re.IGNORECASE))
    return next(found, None)
