"""A trained model with everything a score needs to say about itself; all of it plain values and arrays."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from . import saved, strategies
from .cohort import Cohort
from .fused import Fitted, Fusion
from .survival import Ints, KaplanMeier, at_risk, kaplan_meier

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


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Who was trained on, so that their own score comes from a fusion that never saw them.

    `digest` (n,) is sorted; patients are kept as digests of their random key. `fold` (n,) says which of
    `fusions` held the patient out.
    """

    digest: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    fold: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    fusions: Mapping[int, Fusion] = field(default_factory=dict)

    def folds(self, patients: Sequence[str]) -> Ints:
        """The fold (n,) that held each patient out; -1 for one who was not in training."""
        asked = digests(patients)
        if not len(self.digest):
            return np.full(len(asked), -1)
        place = np.minimum(np.searchsorted(self.digest, asked), len(self.digest) - 1)
        return np.where(self.digest[place] == asked, self.fold[place], -1)


def members(patients: Sequence[str], fold: Ints, fits: Mapping[int, Fitted]) -> Members:
    """The membership of a cohort whose fold k was held out of `fits[k]`."""
    digest = digests(patients)
    order = np.argsort(digest)
    return Members(digest[order], fold[order], {number: fitted.fusion for number, fitted in fits.items()})


def digests(patients: Sequence[str]) -> Ints:
    """First 8 bytes of the SHA-256 of each key."""
    found = [
        int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True) for key in patients
    ]
    return np.array(found, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Model:
    """`validation` holds the cross-validated figures as plain JSON values.

    `snapshot` names what it was trained on, as the caller named it; it is passed through to every score.
    """

    name: str
    fusion: Fusion
    cohort: TrainingCohort
    validation: Mapping[str, Any]
    seed: int
    snapshot: str = ""
    members: Members = field(default_factory=Members)

    @cached_property
    def version(self) -> str:
        """Hash of the content: the same numbers give the same version, on any day."""
        return version_of(self.state())

    def state(self) -> dict[str, Any]:
        """Nested plain dict of numbers, strings and arrays."""
        cohort, known = self.cohort, self.members
        return {
            "name": self.name,
            "seed": self.seed,
            "snapshot": self.snapshot,
            "validation": dict(self.validation),
            "cohort": {**_fields(cohort), "curve": _fields(cohort.curve)},
            "fusion": strategies.state(self.fusion),
            "members": {
                "digest": known.digest,
                "fold": known.fold,
                "fusions": {str(number): strategies.state(one) for number, one in known.fusions.items()},
            },
        }

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> Model:
        """The inverse of `state`; a missing or unknown entry raises KeyError or TypeError."""
        cohort, known = dict(state["cohort"]), state["members"]
        cohort["curve"] = KaplanMeier(**cohort["curve"])
        cohort["tumor_types"] = tuple(cohort["tumor_types"])
        fusions = {int(number): strategies.from_state(one) for number, one in known["fusions"].items()}
        return cls(
            state["name"],
            strategies.from_state(state["fusion"]),
            TrainingCohort(**cohort),
            state["validation"],
            int(state["seed"]),
            state["snapshot"],
            Members(known["digest"], known["fold"], dict(sorted(fusions.items()))),
        )


def version_of(state: Mapping[str, Any]) -> str:
    """The version of the model that this is the state of."""
    return saved.content_hash(state)[:16]


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
