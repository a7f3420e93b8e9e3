"""Late fusion, the default: one expert per modality, joined by a non-negative stack of their own risks.

The stack sees out-of-fold risks only. On the centred scale an absent modality contributes exactly 0, so
nothing is imputed and every contribution is exact. What a pan-cancer expert transfers is linear in the same
columns and is added to the experts, so contributions stay exact with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from . import cox
from .blocks import fit_block
from .cohort import INNER_FOLDS, Cohort, assign_folds
from .experts import Expert, fit_expert, too_small
from .fused import FEWEST_EVENTS, Fitted, calibrated
from .linear import LinearFusion, untrained
from .metrics import concordance
from .survival import Bools, Floats, Ints, Outcome
from .transfer import Transferred

STACK_PENALTY = 5.0
EVENTS_PER_WEIGHT = 20  # below this the stack would overfit; the C-weighted mean has nothing to overfit


@dataclass(frozen=True, slots=True, eq=False)
class Experts:
    """The experts of a cohort before they are joined; `raw` (n, m) are their out-of-fold risks, NaN if
    absent.

    An expert depends on its own modality only, so one set serves every subset of modalities. `fixed` names
    modalities that are not stacked but added at a given weight.
    """

    experts: Mapping[str, Expert]
    raw: Floats
    outcome: Outcome
    folds: Ints
    left_out: Mapping[str, str]
    fixed: Mapping[str, float]
    transferred: Transferred | None

    def only(self, modalities: Collection[str]) -> Experts:
        """As if the cohort had these modalities only."""
        kept = [number for number, name in enumerate(self.experts) if name in modalities]
        return replace(
            self,
            experts={name: e for name, e in self.experts.items() if name in modalities},
            raw=self.raw[:, kept],
            transferred=self.transferred.only(modalities) if self.transferred else None,
        )


def fit_late(
    cohort: Cohort,
    *,
    seed: int = 0,
    transferred: Transferred | None = None,
    fixed: Mapping[str, float] | None = None,
) -> Fitted:
    """Train on every row of `cohort`; everything that is chosen is chosen by folds inside it.

    `transferred` is what a pan-cancer model, pooled over the same inner folds, says of these rows.
    """
    found = fit_experts(cohort, seed=seed, transferred=transferred, fixed=fixed)
    return join(found) if found.experts else untrained(cohort, found.left_out)


def fit_experts(
    cohort: Cohort,
    *,
    seed: int = 0,
    transferred: Transferred | None = None,
    fixed: Mapping[str, float] | None = None,
) -> Experts:
    """An expert of each modality with enough patients; none in a cohort with too few deaths."""
    left_out = {name: too_small(table, cohort.outcome) for name, table in cohort.tables.items()}
    left_out = {name: why for name, why in left_out.items() if why and name not in (fixed or {})}
    folds = assign_folds(cohort.outcome, INNER_FOLDS, seed)
    enough = cohort.outcome.events >= FEWEST_EVENTS
    skipped = {*left_out, *(fixed or {})}
    usable = [name for name in cohort.tables if name not in skipped] if enough else []
    pairs = {name: fit_expert(cohort.tables[name], cohort.outcome, folds, name) for name in usable}
    raw = np.column_stack([np.zeros((len(cohort), 0)), *(risk for _, risk in pairs.values())])
    experts = {name: expert for name, (expert, _) in pairs.items()}
    found = Experts(experts, raw, cohort.outcome, folds, left_out, {}, transferred)
    for name, weight in (fixed or {}).items():
        found = with_fixed(found, cohort, name, weight) if experts else found
    return found


def with_fixed(found: Experts, cohort: Cohort, name: str, weight: float) -> Experts:
    """`found` with one more modality of `cohort` that is a risk already and is added at a given weight."""
    expert, raw = _ready_made(cohort, name)
    experts = {**found.experts, name: expert}
    order = sorted(experts)
    columns = np.column_stack([found.raw, raw])[:, [list(experts).index(one) for one in order]]
    return replace(
        found, experts={one: experts[one] for one in order}, raw=columns, fixed={**found.fixed, name: weight}
    )


def join(found: Experts, *, bounds: bool = True) -> Fitted:
    """Stack the experts and what was transferred, add the fixed modalities, calibrate."""
    names, borrowed = list(found.experts), found.transferred
    present = ~np.isnan(found.raw)
    columns = np.nan_to_num(found.raw)
    unit = _inverse_deviation(found.raw)
    z = columns * unit
    lent = borrowed.columns(names) * _inverse_deviation(borrowed.risk()) if borrowed else np.zeros_like(z)
    stacked = np.array([name not in found.fixed for name in names])
    wanted = stacked.sum() + bool(borrowed)
    method = "stack" if found.outcome.events >= EVENTS_PER_WEIGHT * wanted else "weighted mean"
    seen = _Columns(z, present, lent, stacked, method)
    crossed = np.zeros_like(z)
    for number in np.unique(found.folds):
        held = found.folds == number
        crossed[held] = seen.rows(held).parts(seen.rows(~held).weights(found.outcome.rows(~held)))
    weights = seen.weights(found.outcome)
    deviation = crossed.sum(axis=1).std()
    shrink = 1 / deviation if found.fixed and deviation > 0 else 1.0
    extra = np.array([found.fixed.get(name, 0.0) for name in names])
    parts = crossed * shrink + z * extra
    fit = calibrated(parts, present, found.outcome, names, bounds=bounds)
    own = (weights[:-1] * shrink + extra) * unit * fit.slope
    share = weights[-1] * shrink * fit.slope * (_inverse_deviation(borrowed.risk()) if borrowed else 0.0)
    experts, scale = _with_transfer(found, own, float(share))
    says = [bool(s) and bool(e.weights.any()) for s, e in zip(scale, experts.values(), strict=True)]
    spread = np.where(np.array(says, dtype=bool), fit.spread, 0.0)
    fusion = LinearFusion(experts, scale, spread, fit.baseline, method, found.left_out, fit.bounds)
    return Fitted(fusion, fit.fused)


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """Unit-variance out-of-fold risks `z` (n, m) of the experts, and what a pooled model adds to each
    `lent`.
    """

    z: Floats
    present: Bools
    lent: Floats
    stacked: Bools
    method: str

    def rows(self, chosen: Bools) -> _Columns:
        return replace(self, z=self.z[chosen], present=self.present[chosen], lent=self.lent[chosen])

    def parts(self, weights: Floats) -> Floats:
        """Contribution (n, m) of each modality under `weights` (m + 1,)."""
        parts: Floats = self.z * weights[:-1] + self.lent * weights[-1]
        return parts

    def weights(self, outcome: Outcome) -> Floats:
        """Non-negative weight of each expert, 0 if it is not stacked, and last that of what was lent."""
        pooled = self.lent.sum(axis=1)
        columns = np.column_stack([self.z, pooled])
        used = np.append(self.stacked, pooled.any())
        weights = np.zeros(len(used))
        if self.method == "stack":
            fitted = cox.fit(columns[:, used], outcome, penalty=STACK_PENALTY, nonnegative=True)
            weights[used] = fitted.coefficients
            return weights
        having = np.column_stack([self.present, np.ones(len(pooled), dtype=bool)])
        return np.where(used, _lead_over_chance(columns, having, outcome), 0.0)


def _lead_over_chance(columns: Floats, having: Bools, outcome: Outcome) -> Floats:
    """C minus a half of each column among those who have it; never negative, summing to 1."""
    ranked = [concordance(outcome.rows(h), c[h]) for c, h in zip(columns.T, having.T, strict=True)]
    lead = np.maximum(np.nan_to_num(ranked, nan=0.5) - 0.5, 0.0)
    share: Floats = lead / lead.sum() if lead.sum() else lead
    return share


def _inverse_deviation(values: Floats) -> Floats:
    """1 / SD of each column, ignoring NaN; 0 where nothing varies."""
    deviation = np.nanstd(values, axis=0)
    inverse: Floats = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > 0)
    return inverse


def _with_transfer(found: Experts, scale: Floats, share: float) -> tuple[Mapping[str, Expert], Floats]:
    """Each expert with the transferred weights added to its own; as they are when nothing was transferred."""
    if found.transferred is None:
        return found.experts, scale
    experts = {
        name: replace(
            expert,
            weights=expert.weights * own + share * found.transferred.weights_of(name, expert.block.features),
        )
        for (name, expert), own in zip(found.experts.items(), scale, strict=True)
    }
    return experts, np.ones_like(scale)


def _ready_made(cohort: Cohort, name: str) -> tuple[Expert, Floats]:
    """A modality of one column that is a risk already, made elsewhere."""
    table = cohort.tables[name]
    block = fit_block(table.values[table.present], table.features)
    expert = Expert(block, np.ones(len(block.features)), 0.0)
    return expert, np.where(table.present, expert.risk(expert.columns(table)), np.nan)
