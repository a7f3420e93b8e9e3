from __future__ import annotations

import base64
from datetime import date
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tests.unit.pipeline.frames import bronze, built, rows_of
from tests.unit.pipeline.silver.resources import concept, received
from tumorboard.pipeline.silver.documents import Documents, enclosed, letter
from tumorboard.pipeline.silver.note_facts import NoteFacts

NOTE = {
    "text": "ECOG 1.\r\nNo fever.\n",
    "type": "Clinic letter",
    "date": "2025-03-02",
    "author": "Dr. A",
    "system": "archive",
}


def test_a_letter_keeps_its_text_to_the_character() -> None:
    (row,) = letter(received(NOTE, kind="note", table="bronze.notes"))
    assert row["text"] == NOTE["text"]
    assert (row["kind"], row["author"], row["written_on"], row["system"]) == (
        "Clinic letter",
        "Dr. A",
        date(2025, 3, 2),
        "archive",
    )


def test_the_same_letter_filed_twice_is_one_document() -> None:
    (one,) = letter(received(NOTE, 1))
    (two,) = letter(received(NOTE | {"system": "other archive"}, 2))
    (later,) = letter(received(NOTE | {"date": "2025-03-03"}, 3))
    assert one["document_id"] == two["document_id"] != later["document_id"]


@pytest.mark.parametrize("text", ["", "  \n", None, 7])
def test_a_letter_without_text_is_none(text: Any) -> None:
    assert list(letter(received(NOTE | {"text": text}))) == []


def _reference(text: str = "Stable disease.", **more: Any) -> dict[str, Any]:
    data = base64.b64encode(text.encode()).decode()
    attachment = {"contentType": "text/plain; charset=utf-8", "data": data}
    given = {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{"attachment": attachment}],
    }
    return given | {"type": concept(text="Radiology report"), "date": "2025-03-02"} | more


def test_text_inside_fhir_is_decoded() -> None:
    (row,) = enclosed(received(_reference()))
    assert (row["text"], row["source_path"]) == ("Stable disease.", "$.content[0].attachment.data")


@pytest.mark.parametrize(
    "more",
    [
        {"status": "superseded"},
        {"status": "entered-in-error"},
        {"docStatus": "entered-in-error"},
        {"content": [{"attachment": {"contentType": "text/plain", "url": "notes/1.txt"}}]},
        {"content": [{"attachment": {"contentType": "text/plain", "data": "not base 64!"}}]},
        {"content": [{"attachment": {"contentType": "application/pdf", "data": "AAAA"}}]},
        {"content": "nothing"},
    ],
)
def test_what_is_superseded_or_not_here_is_no_document(more: dict[str, Any]) -> None:
    assert list(enclosed(received(_reference(**more)))) == []


def test_documents_and_their_facts_through_the_engine(spark: SparkSession) -> None:
    notes = bronze(spark, [{"kind": "note", "payload": NOTE}])
    (document,) = built(
        Documents,
        notes,
        bronze(spark, [{"kind": "DocumentReference", "payload": _reference(status="superseded")}]),
    )
    kept = {name: value for name, value in document.items() if not name.startswith("_")}
    (fact,) = built(NoteFacts, rows_of(spark, Documents, [kept]))
    assert (fact["concept"], fact["value"], fact["negated"], fact["rule"]) == (
        "ecog",
        "1",
        False,
        "ecog.score",
    )
    assert document["text"][fact["start"] : fact["end"]] == fact["passage"]
    assert fact["source_path"] == f"chars {fact['start']}-{fact['end']}"
    assert (fact["event_on"], fact["origin"], fact["method"]) == (date(2025, 3, 2), "text", "text-rules 1.0")
    assert fact["source_row"] == document["source_row"]
