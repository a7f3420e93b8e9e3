"""A pan-cancer expert: one ridge Cox model, stratified by cancer, over columns scaled within each cancer.

Small cohorts borrow its weights. Pooling helps: Wissel 2025 (SurvBoard). The penalty of a modality grows
with its width, and how much is chosen by the mean out-of-fold C over the cancers.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from . import cox
from .blocks import fit_block
from .cohort import INNER_FOLDS, Cohort, Layout, assign_folds
from .experts import width_factor
from .metrics import concordance
from .survival import Floats, Outcome

PENALTIES = (160.0, 80.0, 40.0, 20.0)  # of a wide modality, times its width factor; strongest first
NARROW_PENALTY = 5.0

Weights = Mapping[str, Mapping[str, float]]  # modality -> feature -> log hazard per SD within the cancer


@dataclass(frozen=True, slots=True, eq=False)
class Transferred:
    """What the pooled model gives one cohort: its `weights`, and out-of-fold `parts` (n,) per modality."""

    weights: Weights
    parts: Mapping[str, Floats]

    def only(self, modalities: Collection[str]) -> Transferred:
        return replace(
            self,
            weights={name: w for name, w in self.weights.items() if name in modalities},
            parts={name: p for name, p in self.parts.items() if name in modalities},
        )

    def columns(self, names: list[str]) -> Floats:
        """Out-of-fold contribution (n, m) to each of `names`."""
        length = len(next(iter(self.parts.values()), ()))
        return np.column_stack([self.parts.get(name, np.zeros(length)) for name in names])

    def risk(self) -> Floats:
        """Out-of-fold log hazard (n,) of the pooled model alone."""
        risk: Floats = np.sum(list(self.parts.values()), axis=0)
        return risk

    def weights_of(self, modality: str, features: tuple[str, ...]) -> Floats:
        mine = self.weights.get(modality, {})
        return np.array([mine.get(name, 0.0) for name in features])


def shared_columns(cohorts: Mapping[str, Cohort], modalities: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The features of `modalities` that every cohort has."""
    return {
        name: tuple(sorted(set.intersection(*(set(c.tables[name].features) for c in cohorts.values()))))
        for name in sorted(modalities)
    }


def pooled(cohorts: Mapping[str, Cohort], columns: Layout, *, seed: int) -> dict[str, Transferred]:
    """The pooled model of all `cohorts` (training rows only!), as seen by each.

    Inner folds are those `fit_late` makes from the same rows and seed, so out-of-fold stays out of fold.
    """
    folds = {name: assign_folds(c.outcome, INNER_FOLDS, seed) for name, c in cohorts.items()}
    parts = [{name: {m: np.zeros(len(c)) for m in columns} for name, c in cohorts.items()} for _ in PENALTIES]
    for number in range(INNER_FOLDS):
        path = _fit_path({name: c.rows(folds[name] != number) for name, c in cohorts.items()}, columns)
        for name, cohort in cohorts.items():
            held = folds[name] == number
            scaled = _all_scaled(cohort.rows(~held), cohort.rows(held), columns)
            for place, weights in enumerate(path):
                for modality in columns:
                    parts[place][name][modality][held] = scaled[modality] @ weights[modality]
    best = int(np.argmax([_mean_concordance(cohorts, found) for found in parts]))
    weights = _fit_path(cohorts, columns)[best]
    as_names = {m: dict(zip(columns[m], weights[m].tolist(), strict=True)) for m in columns}
    return {name: Transferred(as_names, parts[best][name]) for name in cohorts}


def _mean_concordance(cohorts: Mapping[str, Cohort], parts: Mapping[str, Mapping[str, Floats]]) -> float:
    found = [
        concordance(c.outcome, np.sum(list(parts[name].values()), axis=0)) for name, c in cohorts.items()
    ]
    return float(np.mean(found))


def _fit_path(cohorts: Mapping[str, Cohort], columns: Layout) -> list[dict[str, Floats]]:
    """Weights per modality, aligned with `columns`, for each penalty; each fit starts from the last."""
    scaled = [_all_scaled(c, c, columns) for c in cohorts.values()]
    tables = np.hstack([np.vstack([z[m] for z in scaled]) for m in columns])
    outcome = Outcome(
        np.concatenate([c.outcome.event for c in cohorts.values()]),
        np.concatenate([c.outcome.time for c in cohorts.values()]),
    )
    strata = np.repeat(np.arange(len(cohorts)), [len(c) for c in cohorts.values()])
    borders = np.cumsum([len(columns[m]) for m in columns])[:-1]
    start, path = None, []
    for penalty in PENALTIES:
        shrink = np.concatenate(
            [np.full(len(columns[m]), _shrink(len(columns[m]), penalty)) for m in columns]
        )
        fitted = cox.fit(tables * shrink, outcome, penalty=NARROW_PENALTY, strata=strata, start=start)
        start = fitted.coefficients
        path.append(dict(zip(columns, np.split(start * shrink, borders), strict=True)))
    return path


def _shrink(width: int, penalty: float) -> float:
    """Scale of a modality's columns that gives them their own penalty under one ridge."""
    factor = width_factor(width)
    return float(np.sqrt(NARROW_PENALTY / (penalty * factor))) if factor > 1 else 1.0


def _all_scaled(training: Cohort, cohort: Cohort, columns: Layout) -> dict[str, Floats]:
    return {m: _scaled(training, cohort, m, columns[m]) for m in columns}


def _scaled(training: Cohort, cohort: Cohort, modality: str, columns: Sequence[str]) -> Floats:
    """`columns` (n, p) of `cohort` in training SDs of its cancer; 0 for what is absent or never varies."""
    place = {name: number for number, name in enumerate(training.tables[modality].features)}
    chosen = [place[name] for name in columns]
    table, own = training.tables[modality], cohort.tables[modality]
    block = fit_block(table.values[table.present][:, chosen], tuple(columns))
    kept = np.isin(np.array(columns), np.array(block.features))
    scaled = np.zeros((len(cohort), len(columns)))
    values = own.values[:, chosen][:, kept]
    scaled[:, kept] = np.where(own.present[:, None], block.standardised(values), 0.0)
    return scaled
