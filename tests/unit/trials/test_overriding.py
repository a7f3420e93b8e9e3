from __future__ import annotations

import pytest

from tumorboard.trials.criteria import And, Level, Not, Or, Predicate, Sex, Trial
from tumorboard.trials.logic import Value
from tumorboard.trials.overriding import UnknownPlace, verdict

MET, NOT, OPEN = Value.MET, Value.NOT_MET, Value.UNKNOWN


def leaf(path: str) -> Predicate:
    return Predicate(path, path, Sex("Female"))


TREE = And((leaf("a"), Or((leaf("b"), Not(leaf("c"))))))
ARM = Level("arm", "A", "arm", match=TREE, below=(Level("dose", "1", "dose", match=leaf("d")),))
TRIAL = Trial("T", "1", "", Level("trial", "T", "", below=(Level("step", "1", "step", below=(ARM,)),)))
ALIVE = {"vital_status": MET}


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ({"a": MET, "b": MET, "c": OPEN, "d": MET}, "fits"),
        ({"a": MET, "b": NOT, "c": MET, "d": MET}, "fits"),  # as shown: "not c" is met
        ({"a": MET, "b": NOT, "c": NOT, "d": MET}, "excluded"),
        ({"a": MET, "b": NOT, "c": OPEN, "d": MET}, "uncertain"),
        ({"a": MET, "b": MET, "c": MET, "d": NOT}, "excluded"),  # the dose level adds its own
        ({}, "uncertain"),
    ],
)
def test_verdict_of_a_dose(results: dict[str, Value], expected: str) -> None:
    assert verdict(TRIAL, "A / 1", {**ALIVE, **results}) == expected


def test_a_patient_who_died_is_excluded_whatever_was_answered() -> None:
    assert verdict(TRIAL, "A / 1", {"vital_status": NOT, "a": MET, "b": MET, "d": MET}) == "excluded"


def test_a_place_that_is_gone() -> None:
    with pytest.raises(UnknownPlace, match="no place B"):
        verdict(TRIAL, "B", ALIVE)


def test_nothing_encoded() -> None:
    assert verdict(Trial("T", "1", "", Level("trial", "T", "")), "T", ALIVE) == "none"
