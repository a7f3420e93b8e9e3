"""Facts that rules read in documents, each with its verbatim passage. None replaces a structured value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import pyarrow as pa
from pyspark.sql import DataFrame

from tumorboard.lake.columns import DEID, Column, NotNull, OneOf
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.silver.documents import Documents
from tumorboard.pipeline.silver.rows import Row, ddl, identity, schema
from tumorboard.pipeline.silver.text.facts import VERSION, facts_of

_FROM_DOCUMENT = (
    "patient_key",
    "document_id",
    "source_table",
    "source_row",
    "file_hash",
    "file_name",
    "locator",
    "system",
)


@table("silver.note_facts", key=("patient_key", "note_fact_id"))
class NoteFacts:
    """What a document says: `text[start:end]` of silver.documents is the passage, exactly."""

    note_fact_id = Column(
        str, "Identity within the patient: document, place, rule and value", NotNull(), tags=DEID
    )
    document_id = Column(str, "The document in silver.documents", NotNull(), tags=DEID)
    concept = Column(
        str, "What it is about: stage, ecog, biomarker, variant, therapy, response, wish ...", NotNull()
    )
    value = Column(str, "The value in one spelling", NotNull())
    passage = Column(str, "The words of the document", NotNull())
    start = Column(int, "First character of the passage in the document's text", NotNull(), tags=DEID)
    end = Column(int, "Character after its last", NotNull(), tags=DEID)
    event_on = Column(
        date, "When it was: a date in the sentence, else the day of the document; null if not said"
    )
    negated = Column(bool, "The document says it is not so", NotNull())
    experiencer = Column(str, "Whom it is about", NotNull(), OneOf("patient", "other"))
    certainty = Column(str, "How it is meant", NotNull(), OneOf("stated", "hypothetical", "historical"))
    rule = Column(str, "The rule that read it", NotNull(), tags=DEID)


@builds(NoteFacts, reads=[Documents])
def build(documents: DataFrame) -> DataFrame:
    shape = schema(NoteFacts)

    def of_batches(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows = [row for document in batch.to_pylist() for row in read(document)]
            yield from pa.Table.from_pylist(rows, schema=shape).to_batches()

    return documents.select(*_FROM_DOCUMENT, "text", "written_on").mapInArrow(of_batches, ddl(NoteFacts))


def read(document: Row) -> Iterator[Row]:
    """The facts of one row of silver.documents."""
    carried = {name: document[name] for name in _FROM_DOCUMENT}
    for fact in facts_of(document["text"], document["written_on"]):
        yield {
            **carried,
            **fact._asdict(),
            "note_fact_id": identity(document["document_id"], fact.start, fact.end, fact.rule, fact.value),
            "source_path": f"chars {fact.start}-{fact.end}",
            "origin": "text",
            "method": VERSION,
            "recorded_on": document["written_on"],
        }
