"""Censored outcomes, and what they say without any model.

Times are days everywhere in this package; only a curve for people is given in months.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

DAYS_PER_MONTH = 30.4375
Z95 = 1.959963984540054


class BadOutcome(ValueError):
    """The outcome cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What happened to n patients: `event` (n,) True for a death, `time` (n,) days to it or to last contact.

    One type instead of two loose columns, so that event and time cannot be swapped or cut apart.
    """

    event: Bools
    time: Floats

    def __post_init__(self) -> None:
        event, time = np.asarray(self.event), np.asarray(self.time, dtype=np.float64)
        if event.ndim != 1 or event.shape != time.shape:
            raise BadOutcome(
                f"event and time must be two columns of one length, not {event.shape} and {time.shape}"
            )
        if not np.isin(event, (0, 1)).all():
            raise BadOutcome("event must be true or false for every patient")
        if not np.isfinite(time).all() or (time < 0).any():
            raise BadOutcome("time must be a finite number of days, zero or more, for every patient")
        object.__setattr__(self, "event", event.astype(np.bool_))
        object.__setattr__(self, "time", time)

    def __len__(self) -> int:
        return len(self.time)

    @property
    def events(self) -> int:
        return int(self.event.sum())

    def rows(self, chosen: NDArray[Any]) -> Outcome:
        """The outcome of some patients, by index or mask."""
        return Outcome(self.event[chosen], self.time[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class KaplanMeier:
    """A step curve with one entry per distinct event time; `follow_up` is the last day anyone was seen."""

    time: Floats
    survival: Floats
    low: Floats
    high: Floats
    at_risk: Ints
    follow_up: float

    def at(self, times: ArrayLike) -> Floats:
        """Survival at `times`; refuses to go beyond the follow-up."""
        return step(self.time, self.survival, refuse_beyond(times, self.follow_up), before=1.0)

    def interval_at(self, times: ArrayLike) -> tuple[Floats, Floats]:
        """Lower and upper end of the pointwise 95 % interval at `times`."""
        times = refuse_beyond(times, self.follow_up)
        return step(self.time, self.low, times, before=1.0), step(self.time, self.high, times, before=1.0)


@dataclass(frozen=True, slots=True, eq=False)
class LifeTable:
    """Counts per distinct time: deaths, censored, and patients still at risk just before it."""

    time: Floats
    deaths: Ints
    censored: Ints
    at_risk: Ints


def life_table(outcome: Outcome) -> LifeTable:
    time, place = np.unique(outcome.time, return_inverse=True)
    deaths = np.bincount(place, weights=outcome.event, minlength=len(time)).astype(np.int64)
    leaving = np.bincount(place, minlength=len(time))
    at_risk = len(outcome) - np.cumsum(leaving) + leaving
    return LifeTable(time, deaths, leaving - deaths, at_risk)


def kaplan_meier(outcome: Outcome) -> KaplanMeier:
    """Product-limit estimate with Greenwood's variance and a log(-log) 95 % interval.

    Kaplan and Meier 1958; interval: Kalbfleisch and Prentice 2002, section 1.4. Without an event the curve
    is 1.
    """
    table = life_table(outcome)
    return _product_limit(table.time, table.deaths, table.at_risk)


def censoring_curve(outcome: Outcome) -> KaplanMeier:
    """Kaplan-Meier of staying under observation, for inverse-probability weights.

    A death and a loss on the same day count as death first: the dead were not at risk of being lost.
    """
    table = life_table(outcome)
    return _product_limit(table.time, table.censored, table.at_risk - table.deaths)


def at_risk(outcome: Outcome, times: ArrayLike) -> Ints:
    """How many patients are still observed and alive just before each of `times`."""
    return np.asarray(
        len(outcome) - np.searchsorted(np.sort(outcome.time), times, side="left"), dtype=np.int64
    )


def step(known: Floats, values: Floats, times: ArrayLike, *, before: float) -> Floats:
    """Value of a right-continuous step function at `times`."""
    return np.concatenate([[before], values])[np.searchsorted(known, np.asarray(times), side="right")]


def refuse_beyond(times: ArrayLike, follow_up: float) -> Floats:
    """`times` as an array, or an error if one lies after the follow-up: a curve is never extended."""
    asked = np.asarray(times, dtype=np.float64)
    if asked.size and asked.max() > follow_up:
        raise ValueError(f"day {asked.max():.0f} lies after the last follow-up (day {follow_up:.0f})")
    return asked


def _product_limit(time: Floats, deaths: Ints, risk: Ints) -> KaplanMeier:
    follow_up = float(time[-1]) if len(time) else 0.0
    kept = deaths > 0
    time, deaths, risk = time[kept], deaths[kept], risk[kept]
    survival = np.cumprod(1 - deaths / risk, dtype=np.float64)
    low, high = _log_log_interval(survival, deaths, risk)
    return KaplanMeier(time, survival, low, high, risk, follow_up)


def _log_log_interval(survival: Floats, deaths: Ints, risk: Ints) -> tuple[Floats, Floats]:
    alive = survival > 0  # at 0 the variance is undefined: keep the last upper end, lower end 0
    variance = np.cumsum(deaths[alive] / (risk[alive] * (risk[alive] - deaths[alive])))
    inner = survival[alive]
    width = np.exp(Z95 * np.sqrt(variance) / -np.log(inner)) if len(inner) else np.empty(0)
    low, high = np.zeros_like(survival), np.ones_like(survival)
    low[alive], high[alive] = inner**width, inner ** (1 / width)
    high[~alive] = high[alive][-1] if len(inner) else 1.0
    return low, high
