"""Early and intermediate fusion: one Cox model over all modalities at once.

Early puts the standardised blocks side by side, each scaled so that a wide one does not drown a narrow one.
Intermediate first encodes each modality by its own principal components. Both see per modality whether it is
there, and train on every patient twice: as seen, and with modalities taken away, to mimic deployment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from . import cox
from .blocks import WIDEST, Block, fit_block, principal_axes
from .cohort import Cohort, Tables
from .crossfit import crossfit, dropped, stacked_rows, usable_modalities
from .experts import Expert
from .fused import Fitted, calibrated
from .linear import LinearFusion, untrained
from .survival import Bools, Floats

PENALTIES = (80.0, 20.0, 5.0, 1.0)
DROP = 0.25
EARLY_COMPONENTS = 100
INTERMEDIATE_COMPONENTS = 10


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A joint model before calibration: an expert and the shares of lacking and having it per modality."""

    experts: Mapping[str, Expert]
    shift: Floats

    def parts(self, tables: Tables) -> Floats:
        count = len(self.experts)
        whole = LinearFusion(
            self.experts, np.ones(count), np.ones(count), _NO_CURVE, "", {}, shift=self.shift
        )
        return whole.parts(tables)


def fit_early(cohort: Cohort, *, seed: int = 0) -> Fitted:
    return _fit(cohort, seed, "early")


def fit_intermediate(cohort: Cohort, *, seed: int = 0) -> Fitted:
    return _fit(cohort, seed, "intermediate")


def _fit(cohort: Cohort, seed: int, method: str) -> Fitted:
    usable, left_out = usable_modalities(cohort)
    if not usable:
        return untrained(cohort, left_out)
    draft, parts = crossfit(
        cohort, partial(_path, usable=usable, method=method, seed=seed), seed, len(usable)
    )
    present = np.column_stack([cohort.tables[name].present for name in usable])
    fit = calibrated(parts, present, cohort.outcome, usable)
    fusion = LinearFusion(
        draft.experts,
        np.full(len(usable), fit.slope),
        fit.spread,
        fit.baseline,
        method,
        left_out,
        fit.bounds,
        draft.shift * fit.slope,
    )
    return Fitted(fusion, fit.fused)


def _path(cohort: Cohort, *, usable: Sequence[str], method: str, seed: int) -> list[Draft]:
    """One draft per penalty, each started from the last."""
    blocks = [fit_block(t.values[t.present], t.features) for t in (cohort.tables[name] for name in usable)]
    thin = dropped(cohort, usable, DROP, seed)
    outcome = stacked_rows(cohort.outcome, cohort.outcome)
    z = [
        np.vstack([_prepared(part, name, block) for part in (cohort, thin)])
        for name, block in zip(usable, blocks, strict=True)
    ]
    present = np.vstack(
        [np.column_stack([part.tables[name].present for name in usable]) for part in (cohort, thin)]
    )
    axes = _early_axes(z, len(cohort)) if method == "early" else _own_axes(z, len(cohort))
    codes = sum(
        (block @ axis.T for block, axis in zip(z, axes, strict=True)),
        np.zeros((len(present), axes[0].shape[0])),
    )
    mask, centre, scale = _mask_columns(present)
    design = np.hstack([codes, mask])
    coefficients = np.zeros(design.shape[1])
    drafts = []
    for penalty in PENALTIES:
        coefficients = cox.fit(design, outcome, penalty=2 * penalty, start=coefficients).coefficients
        weights = [coefficients[: codes.shape[1]] @ axis for axis in axes]
        experts = {n: Expert(b, w, penalty) for n, b, w in zip(usable, blocks, weights, strict=True)}
        having = coefficients[codes.shape[1] :] / scale
        drafts.append(Draft(experts, np.column_stack([-having * centre, having * (1 - centre)])))
    return drafts


def _prepared(cohort: Cohort, name: str, block: Block) -> Floats:
    """Standardised kept columns (n, p); 0, the training mean, where the modality is absent."""
    table = cohort.tables[name]
    place = {feature: number for number, feature in enumerate(table.features)}
    values = table.values[:, [place[feature] for feature in block.features]]
    return np.where(table.present[:, None], block.standardised(values), 0.0)


def _early_axes(blocks: Sequence[Floats], seen: int) -> list[Floats]:
    """Joint components, cut into one (k, p) piece per block; learned from the rows as seen."""
    weight = [np.sqrt(min(z.shape[1], WIDEST) / max(z.shape[1], 1)) for z in blocks]
    joint = np.hstack([z[:seen] * w for z, w in zip(blocks, weight, strict=True)])
    axes = principal_axes(joint, EARLY_COMPONENTS)
    pieces = np.split(axes, np.cumsum([z.shape[1] for z in blocks])[:-1], axis=1)
    return [piece * w for piece, w in zip(pieces, weight, strict=True)]


def _own_axes(blocks: Sequence[Floats], seen: int) -> list[Floats]:
    """Each block's own components, on rows of their own in one (k, p) piece per block."""
    axes = [principal_axes(z[:seen], INTERMEDIATE_COMPONENTS) for z in blocks]
    total, start, pieces = sum(len(a) for a in axes), 0, []
    for axis in axes:
        piece = np.zeros((total, axis.shape[1]))
        piece[start : start + len(axis)] = axis
        pieces.append(piece)
        start += len(axis)
    return pieces


def _mask_columns(present: Bools) -> tuple[Floats, Floats, Floats]:
    """Presence as unit-variance columns, with the centre and scale they were made by."""
    centre = present.mean(axis=0)
    scale = np.where(present.std(axis=0) > 0, present.std(axis=0), np.inf)
    return (present - centre) / scale, centre, scale


_NO_CURVE = cox.Baseline(np.empty(0), np.empty(0), np.empty(0), np.empty(0), slope_error=0.0, follow_up=0.0)
