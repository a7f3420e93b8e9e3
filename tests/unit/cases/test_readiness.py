"""How prepared a case is, as a table."""

from __future__ import annotations

import pytest

from tumorboard.cases.readiness import Preparation, mark_of, new_since, preparation, state_of

# origin       conflict  review       shown as
STATES = [
    ("structured", False, None, "verified"),
    ("vcf", False, None, "verified"),
    ("text", False, None, "unverified"),
    ("model", False, None, "unverified"),
    ("something new", False, None, "unverified"),
    ("structured", True, None, "conflict"),
    ("text", True, None, "conflict"),
    ("text", False, "verified", "verified"),
    ("structured", True, "verified", "verified"),
    ("structured", False, "disputed", "disputed"),
]


@pytest.mark.parametrize(("origin", "conflict", "review", "shown"), STATES)
def test_the_state_of_a_fact(origin: str, conflict: bool, review: str | None, shown: str):
    assert state_of(mark_of(origin, conflict), review) == shown


# marks of facts, modalities: what the worklist says, per cent, to check
CASES = [
    ({}, {}, "No data yet", 0, 0),
    ({"a": ""}, {"imaging": "present"}, "Ready", 100, 0),
    ({"a": "unverified"}, {"imaging": "present"}, "Needs review", 75, 1),
    ({"a": "", "b": "conflict"}, {"imaging": "present"}, "Needs review", 88, 1),
    ({"a": ""}, {"imaging": "pending"}, "Missing imaging", 25, 0),
    ({"a": ""}, {"imaging": "failed", "genomics": "pending"}, "Missing genomics, imaging", 25, 0),
    ({"a": ""}, {"imaging": "not_done", "genomics": "partial"}, "Ready", 81, 0),
    ({"a": ""}, {"imaging": "not_permitted"}, "Ready", 100, 0),
    ({"a": ""}, {"imaging": "a status nobody knows"}, "Missing imaging", 25, 0),
]


@pytest.mark.parametrize(("marks", "modalities", "word", "percent", "to_check"), CASES)
def test_what_the_worklist_says(
    marks: dict[str, str], modalities: dict[str, str], word: str, percent: int, to_check: int
):
    found = preparation(marks, modalities, {})
    assert (found.word, found.percent, found.to_check) == (word, percent, to_check)


def test_a_review_settles_a_fact():
    assert preparation({"a": "unverified"}, {}, {"a": "verified"}).to_check == 0
    assert preparation({"a": "conflict"}, {}, {"a": "disputed"}).to_check == 0
    assert preparation({"a": "unverified"}, {}, {"b": "verified"}).to_check == 1


def test_the_word_has_a_look():
    kinds = [Preparation(0, facts, check, missing).kind for facts, check, missing in LOOKS]
    assert kinds == ["plain", "ok", "warn", "bad"]


LOOKS = [(0, 0, []), (1, 0, []), (1, 1, []), (1, 1, ["imaging"])]


def test_new_since_the_last_look():
    assert new_since({"a": "", "b": ""}, None) == 2
    assert new_since({"a": "", "b": ""}, ["a"]) == 1
    assert new_since({"a": ""}, ["a", "gone"]) == 0
