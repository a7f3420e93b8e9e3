"""Preparing one modality's numbers for a linear model; every fitted constant is a plain array."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh

from .survival import Bools, Floats

WIDEST = 40  # columns a Cox model gets; wider blocks are first turned into as many principal components
OUTLIER_SD = 5.0
RANGE_MARGIN = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Impute by the median, cut outliers, standardise.

    Arrays have one entry per kept feature (p,). `low` and `high` are the training range, `floor` and
    `ceiling` where outliers are cut.
    """

    features: tuple[str, ...]
    fill: Floats
    low: Floats
    high: Floats
    floor: Floats
    ceiling: Floats
    centre: Floats
    scale: Floats

    def standardised(self, values: Floats) -> Floats:
        """`values` (n, p), NaN for missing, as training standard deviations from the training mean."""
        filled = np.where(np.isnan(values), self.fill, values)
        return (np.clip(filled, self.floor, self.ceiling) - self.centre) / self.scale

    def outside(self, values: Floats) -> Bools:
        """(n, p): True where a value lies more than half the training range outside it. NaN never does."""
        margin = RANGE_MARGIN * (self.high - self.low)
        below, above = values < self.low - margin, values > self.high + margin
        return np.asarray(below | above)


def usable_columns(values: Floats) -> Bools:
    """Columns that were measured and vary; constant or empty ones can teach nothing."""
    measured = ~np.isnan(values)
    lowest = np.where(measured, values, np.inf).min(axis=0, initial=np.inf)
    highest = np.where(measured, values, -np.inf).max(axis=0, initial=-np.inf)
    return np.asarray(highest > lowest)


def fit_block(values: Floats, features: tuple[str, ...]) -> Block:
    """Learn the constants from the training rows `values` (n, p), features without use left out."""
    kept = usable_columns(values)
    values = values[:, kept] if kept.any() else np.empty((1, 0))
    fill = np.nanmedian(values, axis=0)
    filled = np.where(np.isnan(values), fill, values)
    middle, reach = filled.mean(axis=0), OUTLIER_SD * filled.std(axis=0)
    floor, ceiling = middle - reach, middle + reach
    cut = np.clip(filled, floor, ceiling)
    centre, scale = cut.mean(axis=0), cut.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    return Block(
        features=tuple(name for name, keep in zip(features, kept, strict=True) if keep),
        fill=fill,
        low=filled.min(axis=0, initial=np.inf),
        high=filled.max(axis=0, initial=-np.inf),
        floor=floor,
        ceiling=ceiling,
        centre=centre,
        scale=scale,
    )


def principal_axes(z: Floats, widest: int = WIDEST) -> Floats:
    """Axes (k, p) to rotate standardised columns `z` (n, p) by: identity, or the first ones of a wide block.

    Each axis points to its strongest feature, so that the sign does not depend on the solver.
    """
    rows, columns = z.shape
    if columns <= widest:
        return np.eye(columns)
    count = min(widest, rows - 1)
    if count < 1:
        return np.zeros((0, columns))
    axes = _leading_axes(z, count)
    strongest = axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)]
    return np.asarray(axes * np.sign(strongest)[:, None])


def _leading_axes(z: Floats, count: int) -> Floats:
    """Principal axes by the smaller of the two Gram matrices: patients are usually fewer than features."""
    rows, columns = z.shape
    gram = z @ z.T if rows < columns else z.T @ z
    values, vectors = eigh(gram, subset_by_index=[len(gram) - count, len(gram) - 1])
    order = np.argsort(values)[::-1]
    order = order[values[order] > values.max() * 1e-10]
    if rows >= columns:
        return np.asarray(vectors[:, order].T)
    return np.asarray((z.T @ vectors[:, order] / np.sqrt(values[order])).T)
