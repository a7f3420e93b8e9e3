"""Runs every row of notes_rules.md."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tumorboard.pipeline.silver.text.facts import Fact, facts_of

TABLE = Path(__file__).with_name("notes_rules.md")
WRITTEN = date(2025, 3, 31)


def _rows() -> Iterator[object]:
    for number, line in enumerate(TABLE.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("| `"):
            sentence, *expected = [cell.strip() for cell in line.strip("|").split(" | ")]
            yield pytest.param(
                sentence.strip("`"), [cell.strip(" |") for cell in expected], id=f"line {number}"
            )


@pytest.mark.parametrize(("sentence", "expected"), list(_rows()))
def test_row(sentence: str, expected: list[str]) -> None:
    found = [_cells(fact) for fact in facts_of(sentence, WRITTEN)]
    if expected[0] == "nothing":
        assert found == []
    else:
        assert expected in found


def _cells(fact: Fact) -> list[str]:
    return [
        f"{fact.concept} {fact.value}",
        "yes" if fact.negated else "no",
        fact.experiencer,
        fact.certainty,
        fact.event_on.isoformat() if fact.event_on else "-",
    ]


def test_the_table_is_found() -> None:
    assert len(list(_rows())) > 60
