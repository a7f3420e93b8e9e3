"""Criteria of a text: none is lost, and each keeps its place."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumorboard.trials.eligibility.segments import Part, segment

LINES = st.lists(
    st.sampled_from(
        [
            "Inclusion Criteria:",
            "Exclusion Criteria",
            "* EXCLUSION CRITERIA:",
            "* Age \\>= 18",
            "   * nested: a",
            "1. First 2. Second 3. Third",
            "",
            "   ",
            "Phase 2 only:",
            "a paragraph",
            "• dot",
            "3\\. odd",
            "\t- tab",
            "(a) letter",
            "Adequate function:",
            "or",
            "OR -",
            "Inclusion Criteria: 1. Age 2. Sex",
            "* ",
            "*",
        ]
    ),
    max_size=30,
)


def covers(text: str, parts: tuple[Part, ...]) -> bool:
    return "".join(text[part.start : part.end] for part in parts) == text and all(
        one.end == two.start for one, two in pairwise(parts)
    )


@given(LINES)
def test_parts_of_likely_texts_cover_them(lines: list[str]) -> None:
    text = "\n".join(lines)
    assert covers(text, segment(text))


@given(st.text(max_size=400))
def test_parts_of_any_text_cover_it(text: str) -> None:
    parts = segment(text)
    assert covers(text, parts)
    assert all(part.above is None or parts[part.above].kind == "lead-in" for part in parts)


@given(LINES)
def test_marks_hold_no_words(lines: list[str]) -> None:
    text = "\n".join(lines)
    for part in segment(text):
        if part.kind == "mark":
            assert not any(len(word) > 4 for word in text[part.start : part.end].split())


def test_public_studies_are_covered(shared_data: Path) -> None:
    paths = sorted((shared_data / "trials" / "clinicaltrials_gov_v2").glob("NCT*.json"))
    assert len(paths) == 25
    for path in paths:
        text = json.loads(path.read_text())["protocolSection"]["eligibilityModule"]["eligibilityCriteria"]
        parts = segment(text)
        assert covers(text, parts), path.stem
        between = "".join(text[part.start : part.end] for part in parts if part.kind == "mark")
        assert not any(character.isalpha() for character in between), path.stem


def read(text: str) -> list[tuple[str, str, str, str]]:
    return [
        (part.kind, part.section, part.scope, text[part.start : part.end])
        for part in segment(text)
        if part.kind != "mark"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("Adults only", [("criterion", "unstated", "", "Adults only")]),
        (
            "Adults only\n\nExclusion Criteria:\n\n* HIV",
            [
                ("criterion", "inclusion", "", "Adults only"),
                ("heading", "exclusion", "", "Exclusion Criteria:"),
                ("criterion", "exclusion", "", "HIV"),
            ],
        ),
        (
            "Inclusion Criteria: 1. Age 18 2. ECOG 1",
            [
                ("heading", "inclusion", "", "Inclusion Criteria:"),
                ("criterion", "inclusion", "", "Age 18"),
                ("criterion", "inclusion", "", "ECOG 1"),
            ],
        ),
        (
            "Inclusion Criteria (cohort B):\n* goes on\nover two lines",
            [
                ("heading", "inclusion", "cohort B", "Inclusion Criteria (cohort B):"),
                ("criterion", "inclusion", "cohort B", "goes on\nover two lines"),
            ],
        ),
        (
            "Inclusion Criteria:\n\n1. Liver:\n\n   * AST\n   * ALT\n2. Age",
            [
                ("heading", "inclusion", "", "Inclusion Criteria:"),
                ("lead-in", "inclusion", "", "Liver:"),
                ("criterion", "inclusion", "", "AST"),
                ("criterion", "inclusion", "", "ALT"),
                ("criterion", "inclusion", "", "Age"),
            ],
        ),
        (
            "Inclusion Criteria:\n\n* all\n\nPhase 2 only:\n\n* some\n\n"
            "Exclusion Criteria:\n\n* none of these",
            [
                ("heading", "inclusion", "", "Inclusion Criteria:"),
                ("criterion", "inclusion", "", "all"),
                ("heading", "inclusion", "Phase 2 only", "Phase 2 only:"),
                ("criterion", "inclusion", "Phase 2 only", "some"),
                ("heading", "exclusion", "", "Exclusion Criteria:"),
                ("criterion", "exclusion", "", "none of these"),
            ],
        ),
    ],
)
def test_shapes(text: str, expected: list[tuple[str, str, str, str]]) -> None:
    assert read(text) == expected


def test_nested_items_know_what_stands_above() -> None:
    parts = segment("Inclusion Criteria:\n\n* A:\n\n   * B:\n\n      * C\n* D")
    words = {index: part for index, part in enumerate(parts) if part.kind in ("criterion", "lead-in")}
    chain = [(part.depth, part.above in words) for part in words.values()]
    assert chain == [(0, False), (1, True), (2, True), (0, False)]
