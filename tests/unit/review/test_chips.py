"""Chips: what their mark says and where they lead."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from tests.unit.review.conftest import row
from tumorboard.cases.models import FactReview
from tumorboard.governance.models import Snapshot
from tumorboard.lake.tables import ORIGINS
from tumorboard.review.chips import DOCUMENTS, chip, counts, source_url, state_of

#  origin        in conflict  last verdict   state shown
STATES = [
    ("structured", False, None, "recorded"),
    ("vcf", False, None, "recorded"),
    ("image", False, None, "recorded"),
    ("text", False, None, "unverified"),
    ("model", False, None, "unverified"),
    ("structured", True, None, "conflict"),
    ("text", True, None, "conflict"),
    ("structured", False, "verified", "verified"),
    ("text", True, "verified", "verified"),
    ("structured", False, "disputed", "conflict"),
    ("text", True, "disputed", "conflict"),
]


@pytest.mark.parametrize(("origin", "conflict", "verdict", "state"), STATES)
def test_state(origin: str, conflict: bool, verdict: str | None, state: str) -> None:
    review = FactReview(state=verdict) if verdict else None
    assert state_of({"origin": origin, "conflict": conflict}, review) == state


def test_a_row_without_conflicts_has_none() -> None:
    assert state_of({"origin": "vcf"}, None) == "recorded"


def test_every_origin_has_words() -> None:
    assert set(DOCUMENTS) == set(ORIGINS)


def test_document_is_the_sending_system_else_the_kind(evidence: Any) -> None:
    shown = [chip(evidence(), "silver.labs", row(system=system)).document for system in ("LIS", None, "")]
    assert shown == ["LIS", "Clinical record", "Clinical record"]


def test_address(evidence: Any) -> None:
    plain = evidence()
    base = f"/cases/{plain.case.uuid}/source/silver.labs/r1/"
    assert source_url(plain, "silver.labs", "r1") == base
    pinned = evidence(snapshot=Snapshot(uuid=UUID(int=7)))
    assert source_url(pinned, "silver.labs", "r1") == f"{base}?snapshot={UUID(int=7)}"
    assert plain.case.patient_key not in base


def test_counts_name_every_state() -> None:
    states = ["recorded", "recorded", "conflict", "unverified"]
    chips: Any = [SimpleNamespace(state=state) for state in states]
    assert counts(chips) == "2 as recorded, 0 verified, 1 to check, 1 in conflict"
    assert counts([]) == "0 as recorded, 0 verified, 0 to check, 0 in conflict"


def test_the_verdict_on_the_same_row_of_another_table_does_not_count(evidence: Any) -> None:
    found = evidence()
    found.reviews["silver.labs/r1"] = FactReview(state="verified")
    assert chip(found, "silver.labs", row()).state == "verified"
    assert chip(found, "silver.variants", row()).state == "recorded"
