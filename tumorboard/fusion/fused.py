"""What every fused model can do, whatever strategy made it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import conformal, cox
from .blocks import Block
from .cohort import Tables
from .conformal import Bounds, fit_bounds
from .cox import Baseline
from .survival import Bools, Floats, Outcome

FEWEST_EVENTS = 20  # deaths below which nothing is fused
LARGEST_ERROR = 1000.0  # standard errors a slope may have of itself


class Fusion(ABC):
    """A risk that is the exact sum of one contribution per modality.

    `spread` (m,) is the standard deviation of each contribution: what stays open when the modality is absent.
    `left_out` says per modality why it is not in the model.
    """

    spread: Floats
    baseline: Baseline
    method: str
    left_out: Mapping[str, str]
    bounds: Bounds

    @property
    @abstractmethod
    def blocks(self) -> Mapping[str, Block]:
        """The prepared columns of each modality, in the order of `parts`."""

    @abstractmethod
    def parts(self, tables: Tables) -> Floats:
        """Log-hazard contribution (n, m) of each modality."""

    @abstractmethod
    def feature_parts(self, tables: Tables, modality: str) -> Floats:
        """Log-hazard contribution (n, p) of the modality's features; NaN where it is absent."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Nested plain dict of numbers, strings and arrays."""

    def present(self, tables: Tables) -> Bools:
        """(n, m): True where the patient has the modality."""
        count = patients_in(tables)
        gone = np.zeros(count, dtype=bool)
        columns = [tables[name].present if name in tables else gone for name in self.blocks]
        return np.column_stack([np.zeros((count, 0), dtype=bool), *columns])

    def risk(self, tables: Tables) -> Floats:
        """Calibrated log hazard (n,) against the average training patient."""
        risk: Floats = self.parts(tables).sum(axis=1)
        return risk

    def survival(self, tables: Tables, times: ArrayLike) -> Floats:
        """Survival (n, t) on days `times` (t,)."""
        return self.baseline.survival(self.risk(tables), times)

    def interval(self, tables: Tables, times: ArrayLike) -> tuple[Floats, Floats]:
        """Pointwise 95 % interval (n, t), wider the more of the model's modalities are absent."""
        unknown = (~self.present(tables) * self.spread**2).sum(axis=1)
        return self.baseline.interval(self.risk(tables), times, unknown)

    def lower_bound(self, tables: Tables) -> Floats:
        """Day (n,) that nine in ten such patients outlive; NaN for a pattern without a valid bound."""
        names = list(self.blocks)
        cuts = [
            self.bounds.cut([name for name, has in zip(names, row, strict=True) if has])
            for row in self.present(tables)
        ]
        cut = np.array([found.survival if found else np.nan for found in cuts])
        return conformal.lower_bound(self.risk(tables), self.baseline, cut)


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A fitted fusion with the out-of-fold fused risk (n,) of its own training patients."""

    fusion: Fusion
    out_of_fold: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """From out-of-fold contributions: the slope that makes them log hazards, and what follows from it."""

    slope: float
    fused: Floats
    spread: Floats
    baseline: Baseline
    bounds: Bounds


def calibrated(
    parts: Floats, present: Bools, outcome: Outcome, names: list[str], *, bounds: bool = True
) -> Calibration:
    """Recalibrate out-of-fold `parts` (n, m) by a one-dimensional Cox model, then take curve and bounds."""
    crossed = parts.sum(axis=1)
    slope, error = _slope(crossed, outcome)
    baseline = cox.breslow(slope * crossed, outcome, slope_error=error)
    spread = np.array(
        [
            slope * column[has].std() if has.any() else 0.0
            for column, has in zip(parts.T, present.T, strict=True)
        ]
    )
    found = fit_bounds(slope * parts, present, outcome, names, baseline) if bounds else Bounds()
    return Calibration(slope, slope * crossed, spread, baseline, found)


def patients_in(tables: Tables) -> int:
    return next((len(table.present) for table in tables.values()), 0)


def _slope(crossed: Floats, outcome: Outcome) -> tuple[float, float]:
    """Slope that makes the cross-fitted risk a calibrated log hazard, and its relative standard error."""
    if not len(crossed) or np.ptp(crossed) == 0:
        return 0.0, 0.0
    fitted = cox.fit(crossed[:, None], outcome, penalty=0.0)
    slope = float(fitted.coefficients[0])
    if slope <= 0:  # the fused risk ranks no better than chance: the score is the cohort's curve
        return 0.0, 0.0
    precision = slope * float(np.sqrt(max(fitted.information[0, 0], 0.0)))
    if precision < 1 / LARGEST_ERROR:  # every death in order: the slope has no end, and no curve comes of it
        return 0.0, 0.0
    return slope, 1 / precision
