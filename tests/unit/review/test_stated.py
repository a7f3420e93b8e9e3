"""A verdict is about what a row rested on: the word on the old value does not vouch for a corrected one."""

from __future__ import annotations

import pytest

from tumorboard.cases.models import FactReview
from tumorboard.cases.policies import stating
from tumorboard.review.evidence import Evidence

LAB = {"row_id": "r1", "source_row": "b1", "value": 1.2}


def evidence(stated: str) -> Evidence:
    review = FactReview(table="silver.labs", row_id="r1", stated=stated, state="verified")
    return Evidence(None, None, {}, {"silver.labs/r1": review})


def test_it_holds_while_the_row_rests_on_the_same_source() -> None:
    assert evidence(stating(LAB)).review("silver.labs", LAB) is not None


@pytest.mark.parametrize("corrected", [{**LAB, "source_row": "b2"}, {**LAB, "source_row": ""}])
def test_it_ends_with_a_correction(corrected: dict) -> None:
    assert evidence(stating(LAB)).review("silver.labs", corrected) is None


def test_a_score_of_another_model_version_is_not_verified() -> None:
    assert stating({"model_version": "a"}) != stating({"model_version": "b"})


def test_a_gold_fact_holds_its_value_in_its_identity() -> None:
    assert stating({"row_id": "f", "derived_from": ["silver.labs/r1"]}) == ""
