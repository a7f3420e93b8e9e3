"""Runs every row of `rules.md`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tumorboard.trials.eligibility.eligibility import read_eligibility

HEADINGS = {"incl": "Inclusion Criteria:\n\n* ", "excl": "Exclusion Criteria:\n\n* "}


def _rows() -> Iterator[object]:
    lines = Path(__file__).with_name("rules.md").read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith("| `"):
            text, section, status, facts = (cell.strip() for cell in line.strip("|").split("|"))
            yield pytest.param(text.strip("`"), section, status, facts, id=f"rules:{number}")


@pytest.mark.parametrize(("text", "section", "status", "facts"), list(_rows()))
def test_row(text: str, section: str, status: str, facts: str) -> None:
    (reading,) = read_eligibility(HEADINGS[section] + text).criteria
    found = sorted(reading.facts)
    assert found == sorted(part for part in facts.split("; ") if part != "-")
    assert reading.status.removesuffix(" understood") == status


def test_the_table_is_long_enough() -> None:
    assert len(list(_rows())) >= 80
