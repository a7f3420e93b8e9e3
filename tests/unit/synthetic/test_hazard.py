"""The hazard model is what it says: monotone in its factors, and visible in the cohort."""

from __future__ import annotations

import random
import statistics

import pytest

from tumorboard.synthetic.hazard import draw_days, risk_of, survival
from tumorboard.synthetic.record import Record

AVERAGE = {
    "stage": 2,
    "ecog": 1,
    "age": 65.0,
    "ldh_ratio": 1.0,
    "volume_ml": 20.0,
    "tp53": False,
    "driver": 0.0,
}


def test_the_reference_patient_has_eta_zero() -> None:
    assert risk_of(**AVERAGE).eta == pytest.approx(0)


@pytest.mark.parametrize(
    ("factor", "worse"),
    [
        ("stage", 4),
        ("ecog", 2),
        ("age", 80.0),
        ("ldh_ratio", 2.0),
        ("volume_ml", 80.0),
        ("tp53", True),
        ("driver", 0.5),
    ],
)
def test_each_factor_raises_the_hazard(factor: str, worse: float) -> None:
    assert risk_of(**AVERAGE | {factor: worse}).eta > 0


def test_half_are_alive_at_the_median() -> None:
    assert survival(900, eta=0, median_days=900) == pytest.approx(0.5)
    assert survival(0, eta=2, median_days=900) == 1


@pytest.mark.parametrize("eta", [-1.0, 0.0, 1.5])
def test_drawn_times_follow_the_curve(eta: float) -> None:
    rng = random.Random(1)
    days = [draw_days(rng, eta=eta, median_days=1000) for _ in range(4000)]
    for limit in (200, 600, 1500):
        alive = sum(day > limit for day in days) / len(days)
        assert alive == pytest.approx(survival(limit, eta=eta, median_days=1000), abs=0.03)


def test_about_half_of_the_patients_have_died(records: list[Record]) -> None:
    share = statistics.mean(record.course.died for record in records)
    assert 0.42 <= share <= 0.56


def test_who_has_more_risk_dies_earlier(records: list[Record]) -> None:
    """Harrell's concordance of the true log hazard with the observed times, stratified by tumour."""
    concordant = comparable = 0
    for a in records:
        for b in records:
            same = a.disease.tumour is b.disease.tumour
            if same and a.course.died and a.course.last_day < b.course.last_day:
                comparable += 1
                concordant += a.disease.risk.eta > b.disease.risk.eta
    assert concordant / comparable > 0.68


def test_censoring_says_nothing_about_the_risk(records: list[Record]) -> None:
    """Nobody is lost because of dying: everyone seen until the reference date who outlived it is alive."""
    for record in records:
        assert record.course.died == (record.course.true_days == record.course.last_day)
