"""Letters: a header the reader can rely on, and prose that says what the record or its contradiction says."""

from __future__ import annotations

import re
from datetime import date

import pytest

from tumorboard.synthetic.record import Record
from tumorboard.synthetic.write_fhir import NOTE_LOINC
from tumorboard.synthetic.write_notes import Note, notes_of

HEADER = re.compile(
    r"Record: SYN-\d{4,}\nDate: (\d{4}-\d\d-\d\d)\nType: (.+)\nAuthor: Dr\. .+\n"
    r"System: (letters|regional) archive\n\n\S"
)


@pytest.fixture(scope="module")
def letters(records: list[Record]) -> list[tuple[Record, list[Note]]]:
    return [(r, notes_of(r)) for r in records[:200]]


def test_every_note_begins_with_the_header(letters: list[tuple[Record, list[Note]]]) -> None:
    for record, notes in letters:
        for note in notes:
            found = HEADER.match(note.text)
            assert found, note.text[:200]
            assert found[2] in NOTE_LOINC
            assert date.fromisoformat(found[1]) <= record.course.last_contact
            assert note.mrn == record.person.mrn


def test_a_site_without_text_sends_none(letters: list[tuple[Record, list[Note]]]) -> None:
    assert all(bool(notes) == record.has_notes for record, notes in letters)
    assert any(not notes for _, notes in letters)


def test_the_last_letter_of_the_living_asks_the_board(letters: list[tuple[Record, list[Note]]]) -> None:
    for record, notes in letters:
        if notes and not record.course.died:
            assert any("Question to the board:" in n.text and "Wishes:" in n.text for n in notes)


@pytest.mark.parametrize("kind", ["stage in letter", "ECOG in letter", "therapy start in letter"])
def test_a_contradiction_stands_in_a_letter(letters: list[tuple[Record, list[Note]]], kind: str) -> None:
    checked = 0
    for record, notes in letters:
        found = record.contradiction(kind)
        if found is None:
            continue
        text = "\n".join(n.text for n in notes)
        if kind == "stage in letter":
            assert f"c{found.stated} " in text
        elif kind == "ECOG in letter":
            assert re.search(rf"ECOG (performance status |PS )?{found.stated}\b", text)
        else:
            day = date.fromisoformat(found.stated)
            assert found.stated in text or f"{day.day} {day:%B %Y}" in text
        checked += 1
    assert checked > 5


def test_a_duplicate_is_the_same_letter_from_another_archive(
    letters: list[tuple[Record, list[Note]]],
) -> None:
    for record, notes in letters:
        if record.contradiction("duplicate note"):
            again = [n for n in notes if n.system == "regional archive"]
            assert len(again) == 1
            assert sum(n.body == again[0].body for n in notes) == 2
            assert len({n.name for n in notes}) == len(notes)


def test_the_prose_is_hard_enough(letters: list[tuple[Record, list[Note]]]) -> None:
    text = "\n".join(n.text for _, notes in letters for n in notes)
    for phrase in (
        "No evidence of",
        "Denies",
        "Family history:",
        "was considered",
        "Not detected:",
        "wild type",
    ):
        assert phrase in text


def test_no_empty_paragraph_and_no_placeholder(letters: list[tuple[Record, list[Note]]]) -> None:
    for _, notes in letters:
        for note in notes:
            assert "\n\n\n" not in note.text
            assert not re.search(r"None|\{|\}", note.text)
