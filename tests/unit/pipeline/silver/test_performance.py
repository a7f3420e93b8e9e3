from __future__ import annotations

from typing import Any

import pytest

from tests.unit.pipeline.silver.resources import concept, observation, received
from tumorboard.pipeline.silver.performance import read


@pytest.mark.parametrize(
    ("code", "value", "scale", "expected"),
    [
        ("89247-1", {"valueInteger": 1}, "ECOG", 1),
        ("89247-1", {"valueQuantity": {"value": 2.0}}, "ECOG", 2),
        ("89247-1", {"valueCodeableConcept": concept("LA9624-3")}, "ECOG", 2),
        ("89247-1", {"valueCodeableConcept": concept(text="ECOG grade 3")}, "ECOG", 3),
        ("89247-1", {"valueString": "ECOG PS 0"}, "ECOG", 0),
        ("89243-0", {"valueInteger": 80}, "KPS", 80),
        ("89243-0", {"valueString": "90 %"}, "KPS", 90),
    ],
)
def test_scores_however_they_are_sent(code: str, value: dict[str, Any], scale: str, expected: int) -> None:
    (row,) = read(received(observation(code, **value)))
    assert (row["scale"], row["value"]) == (scale, expected)


@pytest.mark.parametrize("value", [{"valueInteger": 7}, {"valueInteger": -1}, {"valueString": "good"}])
def test_a_value_outside_the_scale_is_kept_as_missing_so_that_the_check_refuses_it(
    value: dict[str, Any],
) -> None:
    (row,) = read(received(observation("89247-1", **value)))
    assert row["value"] is None


def test_nothing_sent_and_nothing_meant_make_no_row() -> None:
    assert list(read(received(observation("89247-1")))) == []
    assert list(read(received(observation("718-7", valueInteger=1)))) == []
    assert list(read(received(observation("89247-1", valueInteger=1, status="entered-in-error")))) == []
