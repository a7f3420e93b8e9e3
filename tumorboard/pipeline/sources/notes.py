"""Clinical notes: letters as text files with header lines, and tables of notes as CSV.

Both give `note` rows of one shape: `text` (unchanged, so that character spans hold), `type`, `date`,
`author`, `title`, `system`, and under `other` whatever else the sender gave, by its own names.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tumorboard.pipeline.sources.files import MAX_LINE_BYTES, read_text
from tumorboard.pipeline.sources.reading import Notice, Reading, Rejected, SourceRow, Subject, Unreadable
from tumorboard.pipeline.sources.subjects import record_number_system, subject

_HEADER_LINE = re.compile(r"([A-Z][A-Za-z ]{1,30}):[ \t]*(.*)")
_LETTER_FIELDS = {
    "date": "date",
    "type": "type",
    "author": "author",
    "title": "title",
    "system": "system",
}
_RECORD = "record"

# Column names in use, in lower case, for each of our fields.
_CSV_FIELDS = {
    "text": ("note_text", "transcription", "text", "note"),
    "type": ("event_type", "note_type", "type", "medical_specialty"),
    "date": ("note_date", "date", "charttime"),
    "title": ("title", "sample_name", "description"),
    "author": ("author", "provider"),
    "system": ("system",),
}
_RECORD_COLUMNS = ("record", "mrn", "record_number", "medical_record_number")
_PATIENT_COLUMNS = ("patient_id", "subject_id", "person_id")


class Notes:
    """Reader of clinical notes."""

    name = "notes"
    version = "1.0"

    def recognises(self, path: Path, head: bytes) -> bool:
        text = head.decode("utf-8", "replace")
        return _is_letter(text) or _is_table(text)

    def read(self, path: Path) -> Iterator[Reading]:
        text = read_text(path)
        if _is_letter(text):
            yield from _letter(text)
        elif _is_table(text):
            yield from _table(text)
        else:
            raise Unreadable("neither a letter with header lines nor a table with a text column", "line 1")


def _is_letter(text: str) -> bool:
    fields, _ = _split(text)
    return len(fields.keys() & {*_LETTER_FIELDS, _RECORD}) >= 2


def _split(text: str) -> tuple[dict[str, str], int]:
    """The header lines of a letter, and the offset at which its text begins."""
    fields: dict[str, str] = {}
    offset = 0
    for line in text.splitlines(keepends=True):
        match = _HEADER_LINE.fullmatch(line.rstrip("\r\n"))
        if not match:
            return (fields, offset + len(line)) if not line.strip() else ({}, 0)
        fields.setdefault(match[1].lower(), match[2].strip())
        offset += len(line)
    return fields, offset


def _letter(text: str) -> Iterator[Reading]:
    fields, offset = _split(text)
    body = text[offset:]
    if not body.strip():
        yield Rejected("end of file", "the letter has header lines but no text; it may be cut short", "text")
        return
    payload = {name: fields.get(key, "") for key, name in _LETTER_FIELDS.items()}
    other = {key: value for key, value in fields.items() if key not in {*_LETTER_FIELDS, _RECORD}}
    who = subject(record_number_system(), fields.get(_RECORD))
    yield SourceRow(f"chars {offset}-{len(text)}", "note", {"text": body, **payload, "other": other}, who)
    if who is None:
        yield Notice("header", "the line Record: is missing or empty, so the letter belongs to nobody")
    if not fields.get("date"):
        yield Notice("header", "the line Date: is missing or empty")


def _is_table(text: str) -> bool:
    columns = _columns(text)
    return len(columns) > 1 and _column(columns, _CSV_FIELDS["text"]) is not None


def _columns(text: str) -> list[str]:
    first = text.partition("\n")[0].rstrip("\r")
    try:
        return [name.strip().lower() for name in next(csv.reader([first]), [])]
    except csv.Error:
        return []


def _column(columns: list[str], names: tuple[str, ...]) -> int | None:
    return next((columns.index(name) for name in names if name in columns), None)


def _table(text: str) -> Iterator[Reading]:
    """Rows are counted as a spreadsheet shows them: the column names are row 1."""
    csv.field_size_limit(MAX_LINE_BYTES)
    columns = _columns(text)
    records = csv.reader(io.StringIO(text, newline=""), strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(records)
        except StopIteration:
            return
        except csv.Error:
            yield Rejected(f"row {number}", "the quotes of the row do not close; it may be cut short")
            continue
        if number > 1 and cells:
            yield from _note(f"row {number}", columns, cells)


def _note(place: str, columns: list[str], cells: list[str]) -> Iterator[Reading]:
    if len(cells) != len(columns):
        yield Rejected(place, f"the row has {len(cells)} columns where the header has {len(columns)}")
        return
    used = {name: _column(columns, aliases) for name, aliases in _CSV_FIELDS.items()}
    payload: dict[str, Any] = {name: "" if at is None else cells[at] for name, at in used.items()}
    payload["other"] = {
        column: cell
        for at, (column, cell) in enumerate(zip(columns, cells, strict=True))
        if at not in used.values() and column not in _RECORD_COLUMNS
    }
    yield SourceRow(place, "note", payload, _whose(columns, cells))
    if not payload["text"].strip():
        yield Notice(place, "the note has no text")


def _whose(columns: list[str], cells: list[str]) -> Subject | None:
    record = _column(columns, _RECORD_COLUMNS)
    if record is not None:
        return subject(record_number_system(), cells[record])
    patient = _column(columns, _PATIENT_COLUMNS)
    return None if patient is None else subject(f"notes:{columns[patient]}", cells[patient])
