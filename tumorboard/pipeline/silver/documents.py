"""Letters and reports as text: files of notes, and documents that FHIR carries inside itself."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.columns import DEID, PII, Column, NotNull
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.bronze.notes import Notes
from tumorboard.pipeline.silver.evidence import union
from tumorboard.pipeline.silver.fhir import METHOD, SOURCE, day, listed, recorded, said, stands, state, words
from tumorboard.pipeline.silver.rows import Received, Row, each_row, identity

NOTES_METHOD = "notes-reader 1.0"


@table("silver.documents", key=("patient_key", "document_id"))
class Documents:
    """The text of every document, unchanged. The same text of the same day, filed twice, is one document."""

    document_id = Column(str, "Identity within the patient: text and day", NotNull(), tags=DEID)
    kind = Column(str, "Type of document in the sender's words", tags=DEID)
    title = Column(str, "Title")
    author = Column(str, "Author as named", tags=PII)
    written_on = Column(date, "Day it was written")
    text = Column(str, "The text as received: character spans refer to it", NotNull())


@builds(Documents, reads=[Notes, Fhir])
def build(notes: DataFrame, fhir: DataFrame) -> DataFrame:
    inside = fhir.filter(F.col("kind").isin("DocumentReference", "DiagnosticReport"))
    return union(
        each_row(notes, Documents, letter, origin="text", method=NOTES_METHOD, source="bronze.notes"),
        each_row(inside, Documents, enclosed, origin="text", method=METHOD, source=SOURCE),
    )


def letter(item: Received) -> Iterator[Row]:
    note = item.payload
    text = note.get("text")
    if not isinstance(text, str) or not text.strip():
        return
    kind, written = words(note.get("type")), day(note.get("date"))
    yield item.row(
        "$.text",
        system=words(note.get("system")) or kind or "notes",
        recorded_on=written,
        document_id=identity("document", text, written),
        kind=kind or None,
        title=words(note.get("title")) or kind or None,
        author=words(note.get("author")) or None,
        written_on=written,
        text=text,
    )


def enclosed(item: Received) -> Iterator[Row]:
    """Plain text attached to a resource. What was superseded or is only referred to is not here."""
    resource = item.payload
    if (
        not stands(resource)
        or words(resource.get("status")) == "superseded"
        or not stands({"status": resource.get("docStatus")})
    ):
        return
    for path, attachment in _attachments(resource):
        text = _plain(attachment)
        if not text.strip():
            continue
        written = day(attachment.get("creation")) or recorded(resource)
        kind = said(resource.get("type")) or said(resource.get("code"))
        yield state(
            item,
            f"{path}.data",
            document_id=identity("document", text, written),
            kind=kind or None,
            title=words(attachment.get("title")) or kind or None,
            author=_author(resource) or None,
            written_on=written,
            text=text,
        )


def _attachments(resource: Row) -> Iterator[tuple[str, Row]]:
    for index, form in enumerate(listed(resource.get("presentedForm"))):
        yield f"$.presentedForm[{index}]", form
    for index, content in enumerate(listed(resource.get("content"))):
        if isinstance(content.get("attachment"), dict):
            yield f"$.content[{index}].attachment", content["attachment"]


def _plain(attachment: Row) -> str:
    """The text of a text/plain attachment; empty for other kinds and for data that cannot be read."""
    if not words(attachment.get("contentType")).startswith("text/plain"):
        return ""
    try:
        return base64.b64decode(words(attachment.get("data")), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _author(resource: Row) -> str:
    named = [*listed(resource.get("author")), *listed(resource.get("performer"))]
    return next(filter(None, (words(person.get("display")) for person in named)), "")
