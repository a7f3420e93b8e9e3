"""What is not understood never decides, and no text breaks the rules."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumorboard.trials.criteria import And, Node, Not, Predicate, Unsupported, predicates
from tumorboard.trials.eligibility.eligibility import read_eligibility
from tumorboard.trials.logic import Value, combine

CLAIMS = [
    "ECOG 0-1",
    "Platelets ≥ 100 x 10^9/L",
    "Known HIV infection",
    "Prior osimertinib",
    "ALK rearrangement",
]
RESTS = [
    " unless the sponsor agrees", " if over the age of wisdom", " and something odd", " or something odd",
    ", something odd", "; something odd", " that is odd", ". Something odd is allowed.", " except on Mondays",
    " (but see the protocol)", ". However, odd patients may enter", " for odd patients only",
]  # fmt: skip


def value(node: Node, known: Value) -> Value:
    """The criterion where every question that can be answered is answered alike, and the rest is open."""

    def answer(leaf: Predicate) -> Value:
        return Value.UNKNOWN if isinstance(leaf.asks, Unsupported) else known

    return combine(node, answer)


@pytest.mark.parametrize("rest", RESTS)
@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("section", ["Inclusion", "Exclusion"])
def test_a_rest_keeps_its_criterion_open(section: str, claim: str, rest: str) -> None:
    """With a rest that nobody understood, not both answers of the claim decide."""
    (reading,) = read_eligibility(f"{section} Criteria:\n\n* {claim}{rest}").criteria
    assert reading.status != "understood"
    answers = {value(reading.node, known) for known in (Value.MET, Value.NOT_MET)}
    assert Value.UNKNOWN in answers


@pytest.mark.parametrize(
    "words",
    [
        "Patients with AST/ALT > ULN must have negative hepatitis studies",
        "Patients older than 70 years must have ECOG performance status 0",
        "HER2 positive patients must have received trastuzumab",
        "Patients with EGFR mutations must have progressed on an EGFR TKI",
        "Histology is central. Subjects with brain metastases should be stable",
        "Brain metastases must be treated and stable",
        "Hepatitis B surface antigen negative",
        "ECOG > 2 is not eligible",
        "Patients with HIV infection are excluded",
        "No EGFR mutation, HER2 positive",
    ],
)
def test_what_is_asked_of_some_or_of_nobody_decides_for_nobody(words: str) -> None:
    """Read as a requirement, each of these would exclude patients whom the trial wants."""
    (reading,) = read_eligibility(f"Inclusion Criteria:\n\n* {words}").criteria
    assert reading.status != "understood"
    assert {value(reading.node, known) for known in (Value.MET, Value.NOT_MET)} == {Value.UNKNOWN}


@pytest.mark.parametrize(
    "words", ["Patients must have breast cancer and must have ECOG 0-1", "Platelets must be ≥ 100 x 10^9/L"]
)
def test_what_is_asked_of_everybody_is_a_requirement(words: str) -> None:
    (reading,) = read_eligibility(f"Inclusion Criteria:\n\n* {words}").criteria
    assert reading.status == "understood"


def test_no_reaches_over_an_or() -> None:
    """Neither: `not EGFR, or ALK` would let a patient with an ALK rearrangement in."""
    text = "Inclusion Criteria:\n\n* No EGFR mutation or ALK rearrangement"
    (reading,) = read_eligibility(text).criteria
    assert isinstance(reading.node, And)
    assert all(isinstance(child, Not) for child in reading.node.children)


def test_a_range_over_two_units_is_not_read_in_one() -> None:
    (reading,) = read_eligibility("Inclusion Criteria:\n\n* Aged 6 months to 18 years").criteria
    assert reading.facts == ()


@pytest.mark.parametrize("cue", ["If", "In case that", "Unless", "When"])
def test_a_condition_is_no_requirement(cue: str) -> None:
    (reading,) = read_eligibility(f"Inclusion Criteria:\n\n* {cue} ECOG 0-1, something else").criteria
    assert [value(reading.node, known) for known in (Value.MET, Value.NOT_MET)] == [Value.UNKNOWN] * 2


def test_a_block_asks_nothing_of_others() -> None:
    text = "Inclusion Criteria:\n\n* ECOG 0-1\n\nPhase 2 only:\n\n* Platelets ≥ 100 x 10^9/L"
    first, second = read_eligibility(text).criteria
    assert value(first.node, Value.NOT_MET) is Value.NOT_MET
    assert value(second.node, Value.NOT_MET) is Value.UNKNOWN
    assert second.scope == "Phase 2 only"


def test_lines_joined_by_or_are_one_choice() -> None:
    text = "Inclusion Criteria:\n\n* Creatinine ≤ 1.5 mg/dL; or\n* Creatinine clearance ≥ 60 mL/min"
    node = read_eligibility(text).node
    assert node is not None
    first = predicates(node)[0]
    assert combine(node, lambda leaf: Value.of(leaf == first)) is Value.MET


def test_children_of_a_choice_stay_open() -> None:
    text = "Inclusion Criteria:\n\n* At least one of the following:\n\n  * ECOG 0-1\n  * KPS ≥ 80"
    node = read_eligibility(text).node
    assert node is not None
    assert value(node, Value.NOT_MET) is Value.UNKNOWN


def test_without_a_heading_nothing_is_read() -> None:
    (reading,) = read_eligibility("ECOG 0-1").criteria
    assert reading.status == "not understood"


@given(st.text(alphabet="aeECOG 01≥<>=.,;()xULN10^/\\\n*-", max_size=200))
@settings(deadline=None, max_examples=60)
def test_any_text_is_read_and_every_leaf_has_its_wording(text: str) -> None:
    whole = "Inclusion Criteria:\n\n* " + text
    for leaf in predicates(read_eligibility(whole).node):
        assert leaf.span is not None
        assert 0 <= leaf.span[0] < leaf.span[1] <= len(whole)


@pytest.mark.parametrize(
    "repeated",
    [
        "prior ",
        "any other ",
        "anc, ",
        "1 or 2 or ",
        "(",
        "a",
        "stage i, ",
        "hiv or ",
        "no ",
        "metastatic or ",
        ">= ",
    ],
)
def test_hostile_texts_take_no_time(repeated: str) -> None:
    began = time.monotonic()
    read_eligibility("Inclusion Criteria:\n\n* " + (repeated * 3000)[:2900])
    assert time.monotonic() - began < 15


def test_a_huge_criterion_is_not_read() -> None:
    (reading,) = read_eligibility("Inclusion Criteria:\n\n* " + "age 18 " * 5000).criteria
    assert reading.status == "not understood"
