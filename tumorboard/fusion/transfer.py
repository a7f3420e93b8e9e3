"""A pan-cancer expert: one Cox model, stratified by cancer, over columns scaled within each cancer.

Small cohorts borrow its weights. Pooling helps: Wissel 2025 (SurvBoard).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from . import cox
from .blocks import fit_block, principal_axes
from .cohort import Cohort, Layout, assign_folds
from .survival import Floats, Outcome

COMPONENTS = 150
PENALTY = 20.0
INNER_FOLDS = 5
ROTATED_FROM = 40  # columns; a narrower modality keeps its own

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
    parts = {name: {m: np.zeros(len(c)) for m in columns} for name, c in cohorts.items()}
    for number in range(INNER_FOLDS):
        weights = _fit({name: c.rows(folds[name] != number) for name, c in cohorts.items()}, columns)
        for name, cohort in cohorts.items():
            held = folds[name] == number
            for modality, found in _parts(cohort.rows(~held), cohort.rows(held), columns, weights).items():
                parts[name][modality][held] = found
    weights = _fit(cohorts, columns)
    as_names = {m: dict(zip(columns[m], weights[m].tolist(), strict=True)) for m in columns}
    return {name: Transferred(as_names, parts[name]) for name in cohorts}


def _fit(cohorts: Mapping[str, Cohort], columns: Layout) -> dict[str, Floats]:
    """Weights per modality, aligned with `columns`."""
    tables = {m: np.vstack([_scaled(c, c, m, columns[m]) for c in cohorts.values()]) for m in columns}
    axes = {
        m: principal_axes(z, COMPONENTS if z.shape[1] > ROTATED_FROM else z.shape[1])
        for m, z in tables.items()
    }
    prepared = np.hstack([tables[m] @ axes[m].T for m in columns])
    outcome = Outcome(
        np.concatenate([c.outcome.event for c in cohorts.values()]),
        np.concatenate([c.outcome.time for c in cohorts.values()]),
    )
    strata = np.repeat(np.arange(len(cohorts)), [len(c) for c in cohorts.values()])
    coefficients = cox.fit(prepared, outcome, penalty=PENALTY, strata=strata).coefficients
    borders = np.cumsum([len(axes[m]) for m in columns])[:-1]
    return {m: b @ axes[m] for m, b in zip(columns, np.split(coefficients, borders), strict=True)}


def _parts(
    training: Cohort, held: Cohort, columns: Layout, weights: Mapping[str, Floats]
) -> dict[str, Floats]:
    return {m: _scaled(training, held, m, columns[m]) @ weights[m] for m in columns}


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
