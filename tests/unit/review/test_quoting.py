"""The passage shown beside a value holds that value, or there is none."""

from __future__ import annotations

import json

import pytest

from tumorboard.review.quoting import quote

LETTER = "The scan shows cT2b N2 M1a disease."
RESOURCE = {
    "code": {"coding": [{"code": "2039-6"}, {"code": "other"}]},
    "valueQuantity": {"value": 7.5, "unit": "ug/L"},
    "note": [],
    "final": True,
    "zero": 0,
    "empty": None,
}


def marked(payload: object, path: str, value: str = "") -> str | None:
    found = quote(json.dumps(payload), path, value)
    return found.marked if found else None


def test_characters_of_a_letter() -> None:
    start = LETTER.index("cT2b")
    assert marked({"text": LETTER}, f"chars {start}-{start + 4}") == "cT2b"


@pytest.mark.parametrize("path", ["chars 0-999", "chars 5-5", "chars 9-3", "chars 900-901"])
def test_characters_outside_the_letter_are_no_passage(path: str) -> None:
    assert marked({"text": LETTER}, path, "cT2b") is None


@pytest.mark.parametrize("payload", [{}, {"text": None}, {"text": 3}, [LETTER]])
def test_characters_of_what_is_no_letter(payload: object) -> None:
    assert marked(payload, "chars 0-3", "The") is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$.valueQuantity.value", "7.5"),
        ("$.code.coding[1].code", "other"),
        ("$['valueQuantity']['unit']", "ug/L"),
        ("$.final", "true"),
        ("$.zero", "0"),
    ],
)
def test_a_path_into_the_row(path: str, value: str) -> None:
    assert marked(RESOURCE, path) == value


@pytest.mark.parametrize(
    "path",
    ["", "$.nothing", "$.code.coding[7].code", "$.code[0]", "$.note", "$.empty", "$.final.more",
     "$.code.coding[?(@.code=='other')].code", "valueQuantity.value", "$.valueQuantity.value and more"],
)  # fmt: skip
def test_a_path_that_leads_nowhere_is_no_passage(path: str) -> None:
    assert marked(RESOURCE, path) is None


def test_the_value_is_looked_for_where_the_path_does_not_lead() -> None:
    assert marked(RESOURCE, "$.elsewhere", "other") == "other"
    assert marked({"INFO": "GENE=EGFR;AF=0.3"}, "$", "EGFR") == "GENE=EGFR;AF=0.3"


@pytest.mark.parametrize(
    ("payload", "value"),
    [
        ({"a": "same", "b": "same"}, "same"),  # which of the two?
        ({"a": "2021"}, "1"),  # part of another number
        ({"Medication": "x"}, "Medication"),  # a name of a field is no value
        ({"a": "x"}, ""),
        ({}, "x"),
    ],
)
def test_no_passage_rather_than_a_wrong_one(payload: object, value: str) -> None:
    assert marked(payload, "$.elsewhere", value) is None


def test_a_value_read_from_the_whole_row_shows_the_row() -> None:
    assert marked({"gene": "EGFR", "change": "p.Leu858Arg"}, "$", "p.L858R") == (
        '{\n  "gene": "EGFR",\n  "change": "p.Leu858Arg"\n}'
    )
    assert marked({}, "$", "x") is None


def test_a_whole_field_goes_before_words_in_another() -> None:
    assert marked({"long": "the other one", "code": "other"}, "$", "other") == "other"


def test_hostile_text_is_kept_as_text() -> None:
    text = "<script>alert(1)</script>"
    found = quote(json.dumps({"a": {"b": text}}), "$.a.b", "")
    assert found is not None
    assert found.marked == text
    assert found.before + found.after == '{\n  "b": \n}'


def test_what_is_cut_says_so() -> None:
    found = quote(json.dumps({"b": "w " * 1000, "c": "x", "d": "y " * 1000}), "$.c", "")
    assert found is not None
    assert found.before.startswith("… ")
    assert found.after.endswith(" …")
    assert found.marked == "x"
