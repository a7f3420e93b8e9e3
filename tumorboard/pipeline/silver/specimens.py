"""Tissue and blood samples."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.columns import DEID, PII, Between, Column, NotNull
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.silver.fhir import (
    METHOD,
    SOURCE,
    dig,
    listed,
    number,
    own_id,
    said,
    stands,
    state,
    when,
    words,
)
from tumorboard.pipeline.silver.rows import Received, Row, each_row

_PURITY = re.compile(
    r"(?:tumou?r (?:cell )?(?:content|purity|fraction|cellularity)|neoplastic cell(?: content|s)?)"
    r"\D{0,15}(\d{1,3}(?:[.,]\d+)?)\s*%",
    re.IGNORECASE,
)


@table("silver.specimens", key=("patient_key", "specimen_id"))
class Specimens:
    """Specimens by the number the laboratory gave them, so that molecular reports can name them."""

    specimen_id = Column(str, "Accession number, else the resource's own id", NotNull(), tags=PII)
    type = Column(str, "What it is, in the sender's words")
    body_site = Column(str, "Where it was taken, in the sender's words")
    collected_on = Column(date, "Day it was taken")
    tumor_purity = Column(float, "Share of tumour cells, 0 to 1, as stated", Between(0, 1), tags=DEID)


@builds(Specimens, reads=[Fhir])
def build(fhir: DataFrame) -> DataFrame:
    specimens = fhir.filter(F.col("kind") == "Specimen")
    return each_row(specimens, Specimens, read, origin="structured", method=METHOD, source=SOURCE)


def read(item: Received) -> Iterator[Row]:
    specimen = item.payload
    if not stands(specimen):
        return
    collection = specimen.get("collection") if isinstance(specimen.get("collection"), dict) else {}
    yield state(
        item,
        "$",
        specimen_id=number_of(specimen) or own_id(item),
        type=said(specimen.get("type")) or None,
        body_site=said(dig(collection, "bodySite")) or None,
        collected_on=when(collection or {}, "collectedDateTime", "collectedPeriod").on,
        tumor_purity=purity(specimen),
    )


def number_of(specimen: Row) -> str:
    """The accession number, else the first identifier."""
    accession = words(dig(specimen, "accessionIdentifier", "value"))
    others = (words(item.get("value")) for item in listed(specimen.get("identifier")))
    return accession or next(filter(None, others), "")


def purity(specimen: Row) -> float | None:
    """The share of tumour cells that a note on the specimen states."""
    for note in listed(specimen.get("note")):
        if match := _PURITY.search(words(note.get("text"))):
            percent = number(match.group(1).replace(",", "."))
            return None if percent is None else percent / 100
    return None
