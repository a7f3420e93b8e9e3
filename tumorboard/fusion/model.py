"""A trained model with everything a score needs to say about itself; all of it plain values and arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from . import saved
from .blocks import Block
from .cohort import Cohort
from .cox import Baseline
from .experts import Expert
from .late import Fitted, LateFusion
from .survival import KaplanMeier, at_risk, kaplan_meier

STRATEGY = "late-fusion-os"
PERCENTILES = np.linspace(0, 100, 101)
FEWEST_AT_RISK = 10  # curves end where fewer training patients are still observed


@dataclass(frozen=True, slots=True, eq=False)
class TrainingCohort:
    """What a score is compared with. Risks are kept as 101 quantiles, not as a list of patients."""

    name: str
    patients: int
    events: int
    tumor_types: tuple[str, ...]
    curve: KaplanMeier
    horizon: float  # days
    risk_quantiles: np.ndarray


@dataclass(frozen=True, eq=False)
class Model:
    """`validation` holds the cross-validated figures as plain JSON values."""

    name: str
    fusion: LateFusion
    cohort: TrainingCohort
    validation: Mapping[str, Any]
    seed: int

    @cached_property
    def version(self) -> str:
        """Hash of the content: the same numbers give the same version, on any day."""
        return saved.content_hash(self.state())[:16]

    def state(self) -> dict[str, Any]:
        """Nested plain dict of numbers, strings and arrays."""
        fusion, cohort = self.fusion, self.cohort
        return {
            "name": self.name,
            "seed": self.seed,
            "validation": dict(self.validation),
            "cohort": {**_fields(cohort), "curve": _fields(cohort.curve)},
            "fusion": {
                **_fields(fusion),
                "experts": {name: asdict(expert) for name, expert in fusion.experts.items()},
                "baseline": _fields(fusion.baseline),
            },
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Model:
        """The inverse of `state`; a missing or unknown entry raises KeyError or TypeError."""
        cohort, fusion = dict(state["cohort"]), dict(state["fusion"])
        cohort["curve"] = KaplanMeier(**cohort["curve"])
        cohort["tumor_types"] = tuple(cohort["tumor_types"])
        fusion["experts"] = {name: _expert(fusion["experts"][name]) for name in sorted(fusion["experts"])}
        fusion["baseline"] = Baseline(**fusion["baseline"])
        return cls(
            state["name"],
            LateFusion(**fusion),
            TrainingCohort(**cohort),
            state["validation"],
            int(state["seed"]),
        )


def training_cohort(name: str, cohort: Cohort, fitted: Fitted) -> TrainingCohort:
    """The summary of the cohort a model was trained on."""
    outcome = cohort.outcome
    types = cohort.groups["tumor_type"].dropna().astype(str) if "tumor_type" in cohort.groups else []
    quantiles = np.percentile(fitted.out_of_fold, PERCENTILES) if len(cohort) else np.zeros(len(PERCENTILES))
    return TrainingCohort(
        name=name,
        patients=len(outcome),
        events=outcome.events,
        tumor_types=tuple(sorted(set(types))),
        curve=kaplan_meier(outcome),
        horizon=_horizon(cohort),
        risk_quantiles=quantiles,
    )


def _horizon(cohort: Cohort) -> float:
    """The last day with enough patients still observed; 0 in a cohort too small for a curve."""
    times = np.unique(cohort.outcome.time)
    enough = times[at_risk(cohort.outcome, times) >= FEWEST_AT_RISK]
    return float(enough[-1]) if len(enough) else 0.0


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def _expert(state: Mapping[str, Any]) -> Expert:
    block = {**state["block"], "features": tuple(state["block"]["features"])}
    return Expert(Block(**block), state["weights"], float(state["penalty"]))
