from __future__ import annotations

import gzip
from collections import Counter

import pytest

from tests.unit.pipeline.sources.readings import everything, notices, rejected, rows, written
from tumorboard.pipeline.sources.files import head_of
from tumorboard.pipeline.sources.notes import Notes
from tumorboard.pipeline.sources.reading import Subject, Unreadable

LETTER = """Record: SYN-0417
Date: 2025-03-02
Type: Clinic letter
Author: Dr A. Example
System: letters archive
Ward: 7B

Dear colleague,
Stage: the tumour is stage IV.
"""


def test_a_letter_is_one_note_with_its_header(tmp_path):
    [row] = everything(Notes(), written(tmp_path, "a.txt", LETTER))
    assert row.subject == Subject("mrn", "SYN-0417")
    assert row.payload == {
        "text": "Dear colleague,\nStage: the tumour is stage IV.\n",
        "date": "2025-03-02",
        "type": "Clinic letter",
        "author": "Dr A. Example",
        "title": "",
        "system": "letters archive",
        "other": {"ward": "7B"},
    }


def test_the_locator_is_the_span_of_the_text(tmp_path):
    [row] = everything(Notes(), written(tmp_path, "a.txt", LETTER))
    start, end = map(int, row.locator.removeprefix("chars ").split("-"))
    assert LETTER[start:end] == row.payload["text"]


def test_windows_line_ends_stay_in_the_text(tmp_path):
    letter = LETTER.replace("\n", "\r\n")
    [row] = everything(Notes(), written(tmp_path, "a.txt", letter))
    assert row.payload["text"].startswith("Dear colleague,\r\nStage")
    assert row.payload["date"] == "2025-03-02"


def test_a_letter_of_nobody_is_kept_and_said(tmp_path):
    path = written(
        tmp_path, "a.txt", LETTER.replace("Record: SYN-0417\n", "").replace("Date: 2025-03-02\n", "")
    )
    assert rows(Notes(), path)[0].subject is None
    assert [notice.locator for notice in notices(Notes(), path)] == ["header", "header"]


@pytest.mark.parametrize("cut", ["\nDear", "Dear"])
def test_a_letter_without_text_is_refused(tmp_path, cut):
    path = written(tmp_path, "a.txt", LETTER[: LETTER.index(cut)])
    [refused] = everything(Notes(), path)
    assert "cut short" in refused.reason
    assert "SYN-0417" not in str(refused)


@pytest.mark.parametrize(
    "text", ["Dear colleague,\n", "Date: 2025\n\ntext", "a,b\n1,2\n", "", "Date: x\nType: y\nno empty line\n"]
)
def test_other_text_is_not_a_note(tmp_path, text):
    path = written(tmp_path, "a.txt", text or "\n")
    assert not Notes().recognises(path, text.encode())
    with pytest.raises(Unreadable):
        everything(Notes(), path)


def test_a_table_gives_a_note_per_row_counted_as_a_spreadsheet_shows_it(tmp_path):
    table = 'MRN,Note_Text,event_type,split\n7,"two\nlines, ""quoted""",imaging,a\n8,second,pathology,b\n'
    first, second = everything(Notes(), written(tmp_path, "a.csv", table))
    assert (first.locator, second.locator) == ("row 2", "row 3")
    assert first.subject == Subject("mrn", "7")
    assert first.payload["text"] == 'two\nlines, "quoted"'
    assert (first.payload["type"], first.payload["other"]) == ("imaging", {"split": "a"})


def test_a_patient_column_that_is_no_record_number_is_a_system_of_its_own(tmp_path):
    [row] = rows(Notes(), written(tmp_path, "a.csv", "patient_id,note_text\n12,text\n"))
    assert row.subject == Subject("notes:patient_id", "12")


def test_bad_rows_of_a_table_are_refused_and_the_others_read(tmp_path):
    table = 'mrn,note_text\n1,one\n2,two,three\n3\n4,four\n5,"cut off\n'
    path = written(tmp_path, "a.csv", table)
    assert [row.subject.value for row in rows(Notes(), path)] == ["1", "4"]
    assert [refused.locator for refused in rejected(Notes(), path)] == ["row 3", "row 4", "row 6"]


def test_a_note_without_text_is_kept_and_said(tmp_path):
    path = written(tmp_path, "a.csv", "mrn,note_text\n1,\n")
    assert len(rows(Notes(), path)) == 1
    assert "no text" in notices(Notes(), path)[0].message


def test_a_packed_table(tmp_path):
    assert len(rows(Notes(), written(tmp_path, "a.csv.gz", gzip.compress(b"mrn,note_text\n1,one\n")))) == 1


def test_oncology_notes_as_counted(shared_data):
    path = shared_data / "notes/matchminer_ai/note_set_1.csv"
    found = rows(Notes(), path)
    assert (len(found), len({row.subject for row in found})) == (117, 12)
    assert sorted(Counter(row.payload["type"] for row in found).values()) == [11, 16, 41, 49]
    assert rejected(Notes(), path) == []


def test_sample_notes_as_counted(shared_data):
    path = shared_data / "notes/mtsamples/mtsamples.csv.gz"
    assert Notes().recognises(path, head_of(path))
    found = rows(Notes(), path)
    kinds = Counter(row.payload["type"].strip() for row in found)
    assert (len(found), len(kinds), kinds["Hematology - Oncology"]) == (4890, 40, 45)
    assert rejected(Notes(), path) == []
    texts = [row.payload["text"] for row in found if row.payload["text"]]
    assert len(set(texts)) < len(texts) * 0.6  # the same text under two specialties: kept, as received
