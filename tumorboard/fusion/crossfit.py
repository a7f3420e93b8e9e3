"""Out-of-fold contributions of a model that is fitted to all modalities at once, and modality dropout."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

import numpy as np

from .cohort import INNER_FOLDS, Cohort, Tables, assign_folds
from .experts import too_small
from .fused import FEWEST_EVENTS
from .metrics import concordance
from .survival import Floats, Outcome


class Candidate(Protocol):
    """A fitted model before calibration."""

    def parts(self, tables: Tables) -> Floats:
        """Contribution (n, m) of each modality."""


C = TypeVar("C", bound=Candidate)


def crossfit(
    cohort: Cohort, fit_path: Callable[[Cohort], Sequence[C]], seed: int, modalities: int
) -> tuple[C, Floats]:
    """The candidate with the best out-of-fold C, fitted on all rows, and its out-of-fold parts (n, m).

    `fit_path` gives candidates in the same order for any rows; of two equally good ones the first is kept.
    """
    folds = assign_folds(cohort.outcome, INNER_FOLDS, seed)
    parts: dict[int, Floats] = {}
    for number in np.unique(folds):
        held = folds == number
        tables = cohort.rows(held).tables
        for place, candidate in enumerate(fit_path(cohort.rows(~held))):
            parts.setdefault(place, np.zeros((len(cohort), modalities)))[held] = candidate.parts(tables)
    ranked = [concordance(cohort.outcome, found.sum(axis=1)) for found in parts.values()]
    best = int(np.argmax(np.nan_to_num(ranked, nan=0.5)))
    return fit_path(cohort)[best], parts[best]


def usable_modalities(cohort: Cohort) -> tuple[list[str], dict[str, str]]:
    """Modalities with enough patients and deaths, and per other one why not."""
    reasons = {name: too_small(table, cohort.outcome) for name, table in cohort.tables.items()}
    left_out = {name: reason for name, reason in reasons.items() if reason}
    enough = cohort.outcome.events >= FEWEST_EVENTS
    return [name for name in cohort.tables if enough and name not in left_out], left_out


def dropped(cohort: Cohort, usable: Sequence[str], share: float, seed: int) -> Cohort:
    """Each of `usable` taken from a random `share` of patients, but never the last one a patient has."""
    thin = cohort.thinned(share, seed)
    nothing = ~np.column_stack([thin.tables[name].present for name in usable]).any(axis=1)
    tables = {
        name: cohort.tables[name].masked(table.present | nothing) for name, table in thin.tables.items()
    }
    return replace(thin, tables=tables)


def stacked_rows(first: Outcome, second: Outcome) -> Outcome:
    return Outcome(np.concatenate([first.event, second.event]), np.concatenate([first.time, second.time]))
