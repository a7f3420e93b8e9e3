"""A figure says in words what it draws, computed from the same rows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from tumorboard.review.figures import risk, series
from tumorboard.review.figures.layout import therapy_bands


def lab(day: int, value: float | None, **fields: Any) -> dict[str, Any]:
    base = {"row_id": f"r{day}", "name": "CEA", "unit": "ug/L", "low": None, "high": 5.0, "value_text": ""}
    return {**base, "value": value, "taken_on": date(2024, 1, day), **fields}


def test_a_curve_in_words() -> None:
    figure = series.lab_figure([lab(9, 7.5), lab(2, 3.0)], "CEA", [])
    assert figure["label"] == (
        "CEA, 2 values from 2024-01-02 to 2024-01-09, between 3 and 7.5 ug/L, last 7.5; reference up to 5"
    )
    assert figure["data"][0]["x"] == ["2024-01-02", "2024-01-09"]
    assert figure["table"]["rows"] == [["2024-01-02", "3"], ["2024-01-09", "7.5"]]


def test_one_value() -> None:
    assert series.lab_figure([lab(2, 3.0, high=None)], "CEA", [])["label"] == (
        "CEA, one value on 2024-01-02: 3 ug/L"
    )


@pytest.mark.parametrize(
    "rows", [[], [lab(2, None)], [lab(2, 3.0, name="LDH")], [lab(2, 3.0, taken_on=None)]]
)
def test_nothing_to_draw(rows: list[dict[str, Any]]) -> None:
    figure = series.lab_figure(rows, "CEA", [])
    assert (figure["data"], figure["label"]) == ([], "CEA: no value")
    assert figure["table"]["rows"] == []


@pytest.mark.parametrize(
    ("low", "high", "lines", "words"),
    [(1.0, 5.0, [1.0, 5.0], "1 to 5"), (0.0, None, [0.0], "from 0"), (None, 5.0, [5.0], "up to 5")],
)
def test_reference_lines(low: float | None, high: float | None, lines: list[float], words: str) -> None:
    figure = series.lab_figure([lab(2, 3.0, low=low, high=high)], "CEA", [])
    assert [shape["y0"] for shape in figure["layout"]["shapes"]] == lines
    assert figure["label"].endswith(f"; reference {words}")


def test_values_in_another_unit_are_not_drawn_on_the_same_axis() -> None:
    figure = series.lab_figure([lab(1, 7500.0, unit="ng/L"), lab(9, 7.5)], "CEA", [])
    assert figure["data"][0]["y"] == [7.5]
    assert "1 in another unit not drawn" in figure["label"]


def test_a_limit_of_detection_is_no_value() -> None:
    figure = series.lab_figure([lab(2, 0.1, value_text="<0.1 ug/L"), lab(9, 7.5)], "CEA", [])
    assert figure["table"]["rows"][0] == ["2024-01-02", "<0.1"]
    assert "1 beyond what can be measured, drawn at that limit" in figure["label"]


def test_charted_needs_two_dated_values_and_puts_markers_first() -> None:
    rows = [lab(d, 1.0, name=name) for name in ("ALT", "CEA", "LDH") for d in (1, 2)]
    rows += [lab(1, 1.0, name="once"), lab(1, 1.0, name="gap"), lab(2, None, name="gap")]
    rows += [lab(d, 1.0, name="undated", taken_on=None) for d in (1, 2)]
    assert series.charted(rows) == ["CEA", "LDH", "ALT"]


def sample(measure: str, day: int, value: float) -> dict[str, Any]:
    return {
        "measure": measure, "value": value, "unit": "u", "started_at": datetime(2024, 1, day, 9, tzinfo=UTC)
    }  # fmt: skip


@pytest.mark.parametrize(("measure", "daily"), [("steps", 300.0), ("heart_rate", 150.0)])
def test_counts_add_up_over_a_day_and_rates_are_averaged(measure: str, daily: float) -> None:
    figure = series.wearable_figure([sample(measure, 1, 100.0), sample(measure, 1, 200.0)], measure, [])
    assert figure["data"][0]["y"] == [daily]


def therapy(**fields: Any) -> dict[str, Any]:
    base = {"kind": "systemic", "name": "A", "started_on": date(2024, 1, 1), "ended_on": None}
    return {**base, "status": "completed", **fields}


def test_a_band_reaches_to_the_last_day_that_is_known() -> None:
    bands = therapy_bands([
        therapy(ended_on=date(2024, 2, 1)), therapy(status="active"), therapy(),
        therapy(kind="surgery"), therapy(started_on=None),
    ])  # fmt: skip
    ended, active, unknown = [band["x1"] for band in bands]
    assert ended == "2024-02-01"
    assert active > "2024-06-01"
    assert unknown == "2024-01-01"
    assert bands[2]["line"]["width"] == 1


CURVE = {
    "months": [0, 6, 12, 18],
    "survival": [1, 0.8, 0.6, 0.5],
    "low": [1, 0.7, 0.5, 0.4],
    "high": [1, 0.9, 0.7, 0.6],
}


def test_survival_in_words_names_whose_it_is() -> None:
    figure = risk.survival_figure(CURVE, "Survival of the training cohort")
    assert figure["label"] == "Survival of the training cohort at 12 months 60%, interval 50% to 70%"
    assert figure["data"][-1]["name"] == "Survival of the training cohort"
    assert figure["table"]["rows"][2] == [12, 0.6, 0.5, 0.7]


def test_a_curve_of_three_months_speaks_of_its_last_month() -> None:
    short = {name: values[:2] for name, values in CURVE.items()}
    assert risk.survival_figure(short)["label"].startswith("Estimated survival at 6 months 80%")


def test_no_curve() -> None:
    assert risk.survival_figure({})["data"] == []
    assert risk.survival_figure({})["label"] == "No survival curve"


def test_a_curve_whose_parts_are_not_aligned_is_refused() -> None:
    with pytest.raises(ValueError, match="for each month"):
        risk.survival_figure({**CURVE, "low": [1]})


def test_contributions_keep_their_sign_and_absent_ones_are_exactly_nothing() -> None:
    shares = {"clinical": {"share": 0.4}, "labs": {"share": -0.25}}
    figure = risk.contribution_figure(shares, ["imaging"])
    bar = figure["data"][0]
    assert dict(zip(bar["y"], bar["x"], strict=True)) == {"labs": -0.25, "imaging": 0.0, "clinical": 0.4}
    assert figure["label"] == "Contribution to the log hazard: clinical +0.40, imaging +0.00, labs -0.25"


def test_no_contributions() -> None:
    figure = risk.contribution_figure({}, ["imaging"])
    assert (figure["data"], figure["label"]) == ([], "No contribution")
