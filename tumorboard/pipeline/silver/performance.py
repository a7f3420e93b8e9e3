"""Performance status: ECOG and Karnofsky, as assessed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.codes.performance import Ecog, Karnofsky
from tumorboard.lake.columns import DEID, Column, NotNull, OneOf
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.silver.fhir import (
    METHOD,
    SOURCE,
    codes,
    codings,
    dig,
    has,
    observed,
    own_id,
    said,
    stands,
    state,
    words,
)
from tumorboard.pipeline.silver.rows import Received, Row, each_row

ECOG, KARNOFSKY = {"89247-1", "89262-0"}, {"89243-0"}
# LOINC answer list LL529-9: ECOG 0 to 5.
_ANSWERS = {
    f"LA{number}": score
    for score, number in enumerate(("9622-7", "9623-5", "9624-3", "9625-0", "9626-8", "9627-6"))
}


@table("silver.performance", key=("patient_key", "performance_id"))
class Performance:
    """Performance status (Oken 1982; Karnofsky 1948). Values outside the scale are refused."""

    performance_id = Column(str, "Identity within the patient", NotNull(), tags=DEID)
    scale = Column(str, "ECOG or KPS", NotNull(), OneOf("ECOG", "KPS"))
    value = Column(int, "ECOG 0 (fully active) to 5 (dead); KPS 0 to 100 in steps of ten", NotNull())
    assessed_on = Column(date, "Day of the assessment")


@builds(Performance, reads=[Fhir])
def build(fhir: DataFrame) -> DataFrame:
    observations = fhir.filter(
        (F.col("kind") == "Observation")
        & F.col("payload").rlike("89247-1|89262-0|89243-0|performance-status")
    )
    return each_row(observations, Performance, read, origin="structured", method=METHOD, source=SOURCE)


def read(item: Received) -> Iterator[Row]:
    resource = item.payload
    if not stands(resource):
        return
    if has(resource, ECOG, "mcode-ecog-performance-status"):
        scale = "ECOG"
    elif has(resource, KARNOFSKY, "mcode-karnofsky-performance-status"):
        scale = "KPS"
    else:
        return
    path, value = score(resource, scale)
    if path:
        yield state(
            item,
            path,
            performance_id=own_id(item),
            scale=scale,
            value=value,
            assessed_on=observed(resource).on,
        )


def score(resource: Row, scale: str) -> tuple[str, int | None]:
    """Where the score stands and what it is; None where something was sent that is not on the scale."""
    parse = Ecog.parse if scale == "ECOG" else Karnofsky.parse
    for path, sent in _sent(resource):
        try:
            return path, int(parse(sent))
        except ValueError:
            continue
    return next(((path, None) for path, sent in _sent(resource) if sent), ("", None))


def _sent(resource: Row) -> Iterator[tuple[str, str]]:
    yield "$.valueInteger", words(resource.get("valueInteger"))
    yield "$.valueQuantity.value", words(dig(resource, "valueQuantity", "value"))
    yield "$.valueString", words(resource.get("valueString"))
    concept = resource.get("valueCodeableConcept")
    for code in sorted(codes(concept)):
        if code in _ANSWERS:
            yield "$.valueCodeableConcept", str(_ANSWERS[code])
    for text in (said(concept), *(coding.display for coding in codings(concept))):
        if number := re.search(r"\b\d{1,3}\b", text):
            yield "$.valueCodeableConcept", number.group()
