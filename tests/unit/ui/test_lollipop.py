"""Where a variant is drawn on its protein."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tumorboard.ui.lollipop import LEFT, LETTER, RIGHT, WIDTH, lollipop


def test_position_is_in_proportion_to_the_protein() -> None:
    plot = lollipop(1000, [{"label": "A1B", "position": 500, "consequence": "missense_variant"}])
    assert plot.pins[0].x == LEFT + (RIGHT - LEFT) / 2
    assert plot.pins[0].kind == "missense"


@pytest.mark.parametrize(
    ("consequence", "kind"),
    [
        ("missense_variant", "missense"),
        ("stop_gained", "truncating"),
        ("frameshift_variant", "truncating"),
        ("splice_donor_variant", "splice"),
        ("inframe_deletion", "inframe"),
        ("intron_variant", "other"),
        ("", "other"),
    ],
)
def test_each_kind_has_a_shape_of_its_own(consequence: str, kind: str) -> None:
    pin = lollipop(100, [{"label": "x", "position": 50, "consequence": consequence}]).pins[0]
    assert pin.kind == kind
    assert pin.shape.startswith("M")


@pytest.mark.parametrize("position", [None, 0, -3, 101, "50"])
def test_what_is_not_on_the_protein_is_named_and_not_drawn(position: object) -> None:
    plot = lollipop(100, [{"label": "amplification", "position": position}])
    assert plot.pins == []
    assert plot.outside == ["amplification"]


def test_no_variants() -> None:
    plot = lollipop(1210, [])
    assert plot.pins == [] and plot.kinds == []
    assert plot.height > plot.axis > 0


@given(st.lists(st.integers(1, 400), max_size=30))
def test_labels_never_overlap_and_stay_inside(positions: list[int]) -> None:
    plot = lollipop(400, [{"label": f"R{p}*", "position": p} for p in positions])
    for pin in plot.pins:
        assert 0 <= pin.label_x <= WIDTH
        assert 0 < pin.y < plot.axis
    by_row: dict[float, list[tuple[float, float]]] = {}
    for pin in plot.pins:
        spans = by_row.setdefault(pin.y, [])
        left, right = min(pin.x, pin.label_x), max(pin.x, pin.label_x + len(pin.label) * LETTER)
        assert all(right <= start or left >= end for start, end in spans)
        spans.append((left, right))
