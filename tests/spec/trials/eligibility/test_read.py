"""The set read by hand: its places still hold, and the rules are as good on it as the ADR says."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.eligibility import checksum, reading_at, rows, score, studies
from tumorboard.trials.eligibility.eligibility import Eligibility


@pytest.fixture(scope="module")
def found(shared_data: Path) -> dict[str, Eligibility]:
    return studies(shared_data / "trials" / "clinicaltrials_gov_v2")


def test_the_set_is_large_enough_and_names_no_text() -> None:
    assert len(rows()) >= 150
    assert {row.half for row in rows()} == {"tune", "held"}
    assert all(len(row.checksum) == 16 for row in rows())


def test_every_place_still_holds_its_text(found: dict[str, Eligibility]) -> None:
    for row in rows():
        assert checksum(found[row.study].text[row.start : row.end]) == row.checksum


def test_every_place_is_one_criterion(found: dict[str, Eligibility]) -> None:
    lost = [row for row in rows() if row.facts and reading_at(found[row.study], row) is None]
    assert lost == []


@pytest.mark.parametrize(("half", "precision", "recall"), [("tune", 0.99, 0.85), ("held", 0.95, 0.75)])
def test_numbers_and_classes(
    found: dict[str, Eligibility], half: str, precision: float, recall: float
) -> None:
    figures = score(found, [row for row in rows() if row.half == half])
    assert figures.precision >= precision
    assert figures.recall >= recall
