"""How long a patient would live: an explicit proportional-hazards model, so that risk models have something
to find.

    h(t | x) = h0(t) * exp(eta),   eta = sum of coefficient * (value - reference value)
    S(t | x) = exp(-log 2 * (t / median)**SHAPE * exp(eta)),   Weibull, SHAPE = 1.15, t in days from diagnosis

`median` is the tumour type's (`tumours.py`), so it is the stratum; `eta` is the same model for all types.
Time is drawn by inverting S (Bender, Augustin, Blettner, Stat Med 2005;24:1713). Censoring is independent of
eta: it comes from the date of diagnosis, the common reference date and loss to follow-up. `truth.json` holds
eta and the uncensored time.
"""

from __future__ import annotations

import math
import random
from dataclasses import asdict, dataclass

SHAPE = 1.15

COEFFICIENTS = {
    "stage": 0.62,  # per stage group above II
    "ecog": 0.42,  # per point above 1
    "age_decades": 0.16,  # per ten years above 65
    "log2_ldh_ratio": 0.55,  # per doubling of LDH above its upper limit of normal
    "log2_volume_ratio": 0.14,  # per doubling of the measured lesion above 20 ml
    "tp53": 0.35,  # mutated against not
    "driver": 1.0,  # the subgroup's own log hazard, from the tumour table
}


@dataclass(frozen=True)
class Risk:
    """The factors of one patient at diagnosis, each as its distance from the reference value."""

    stage: float
    ecog: float
    age_decades: float
    log2_ldh_ratio: float
    log2_volume_ratio: float
    tp53: float
    driver: float

    @property
    def eta(self) -> float:
        """Log hazard ratio against the reference patient."""
        return float(sum(COEFFICIENTS[name] * value for name, value in asdict(self).items()))


def risk_of(
    *, stage: int, ecog: int, age: float, ldh_ratio: float, volume_ml: float, tp53: bool, driver: float
) -> Risk:
    """Risk from clinical values: stage 1-4, ECOG 0-4, age in years, LDH / upper limit of normal, volume in
    ml.
    """
    return Risk(
        stage=stage - 2,
        ecog=ecog - 1,
        age_decades=(age - 65) / 10,
        log2_ldh_ratio=math.log2(ldh_ratio),
        log2_volume_ratio=math.log2(volume_ml / 20),
        tp53=float(tp53),
        driver=driver,
    )


def survival(days: float, *, eta: float, median_days: float) -> float:
    """S(t): the chance to live longer than `days` after diagnosis."""
    return math.exp(-math.log(2) * (days / median_days) ** SHAPE * math.exp(eta))


def draw_days(rng: random.Random, *, eta: float, median_days: float) -> int:
    """A survival time in whole days from diagnosis, at least 20: nobody dies on the day of diagnosis."""
    u = 1 - rng.random()
    scaled = -math.log(u) / math.log(2) / math.exp(eta)
    return max(20, round(median_days * float(scaled ** (1 / SHAPE))))
