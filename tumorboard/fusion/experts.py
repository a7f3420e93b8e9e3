"""One expert per modality: a ridge Cox model on that modality's prepared columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import cox
from .blocks import WIDEST, Block, fit_block, principal_axes
from .cohort import Table
from .metrics import concordance
from .survival import Floats, Ints, Outcome

PENALTIES = (80.0, 20.0, 5.0, 1.0)  # falling: of two equally good ones the stronger is kept
CLINICAL = "clinical"
CLINICAL_PENALTIES = (10.0, 1.0)  # few strong columns: shrunk less, and never rotated
FEWEST_EVENTS = 10


def width_factor(columns: int) -> float:
    """What a penalty is multiplied by for a modality of so many columns.

    Standardised columns add up: without it a modality of 1,500 columns would be shrunk 40 times less than
    one of 40 with the same penalty.
    """
    return max(columns / WIDEST, 1.0)


FEWEST_PATIENTS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Expert:
    """`weights` (p,): log hazard per training standard deviation of each kept feature.

    The mean risk over the training patients is 0, because the prepared columns have mean 0.
    """

    block: Block
    weights: Floats
    penalty: float

    def shares(self, values: Floats) -> Floats:
        """Log-hazard share (n, p) of each kept feature of `values` (n, p); exact: a row sums to its risk."""
        return self.block.standardised(values) * self.weights

    def risk(self, values: Floats) -> Floats:
        """Log hazard (n,) against the average training patient.

        Row by row: a patient scores alike in any batch.
        """
        risk: Floats = self.shares(values).sum(axis=1)
        return risk

    def columns(self, table: Table) -> Floats:
        """The expert's features (n, p) from a table of any layout; NaN for a feature the table lacks."""
        place = {name: number for number, name in enumerate(table.features)}
        chosen = np.array([place.get(name, -1) for name in self.block.features], dtype=np.int64)
        padded = np.column_stack([table.values, np.full(len(table.values), np.nan)])
        return padded[:, chosen]


def too_small(table: Table, outcome: Outcome) -> str:
    """Why no expert can be trained on this table; empty when one can."""
    patients, events = int(table.present.sum()), int(outcome.event[table.present].sum())
    if patients < FEWEST_PATIENTS or events < FEWEST_EVENTS:
        return f"only {patients} patients with {events} deaths had it in training"
    return ""


def fit_expert(
    table: Table, outcome: Outcome, folds: Ints, modality: str = "", *, penalties: tuple[float, ...] = ()
) -> tuple[Expert, Floats]:
    """The expert and its out-of-fold risk (n,), NaN where the modality is absent.

    `folds` (n,) numbers the inner folds; the penalty with the best out-of-fold C is kept, all inside these
    rows.
    """
    penalties = penalties or (CLINICAL_PENALTIES if modality == CLINICAL else PENALTIES)
    widest = len(table.features) if modality == CLINICAL else WIDEST
    rows = np.flatnonzero(table.present)
    values, own, fold = table.values[rows], outcome.rows(rows), folds[rows]
    by_penalty = np.zeros((len(rows), len(penalties)))
    for number in np.unique(fold):
        held, kept = fold == number, fold != number
        path = _fit_path(values[kept], table.features, own.rows(kept), penalties, widest)
        for place, expert in enumerate(path):
            by_penalty[held, place] = expert.risk(
                values[held][:, _chosen(table.features, expert.block.features)]
            )
    best = int(np.argmax(np.nan_to_num([concordance(own, risk) for risk in by_penalty.T], nan=0.5)))
    out_of_fold = np.full(len(outcome), np.nan)
    out_of_fold[rows] = by_penalty[:, best]
    return _fit_path(values, table.features, own, penalties[: best + 1], widest)[-1], out_of_fold


def _fit_path(
    values: Floats, features: tuple[str, ...], outcome: Outcome, penalties: tuple[float, ...], widest: int
) -> list[Expert]:
    """One expert per penalty, each started from the last: the block is prepared once."""
    block = fit_block(values, features)
    standardised = block.standardised(values[:, _chosen(features, block.features)])
    axes = principal_axes(standardised, widest)
    prepared = standardised @ axes.T
    coefficients = np.zeros(prepared.shape[1])
    factor = width_factor(standardised.shape[1])
    experts = []
    for penalty in penalties:
        coefficients = cox.fit(prepared, outcome, penalty=penalty * factor, start=coefficients).coefficients
        experts.append(Expert(block, coefficients @ axes, penalty))
    return experts


def _chosen(features: tuple[str, ...], wanted: tuple[str, ...]) -> Ints:
    place = {name: number for number, name in enumerate(features)}
    return np.array([place[name] for name in wanted], dtype=np.int64)
