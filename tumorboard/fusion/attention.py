"""Attention fusion: one token per modality, weighed against each other by a masked softmax.

Token h = W x + e from the modality's whitened components x; logit l = w . tanh(h) + b; attention a = softmax
of l over the modalities that are there; risk = sum of a * (v . h), so the contribution of each modality is
exact. Trained by Adam on the Cox loss, modalities dropped at random each step. Gradients by hand: at most 8
tokens of 8 numbers need no library (after Ilse, Tomczak and Welling 2018; Adam: Kingma and Ba 2015).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import numpy as np

from . import cox
from .blocks import Block, fit_block, principal_axes
from .cohort import Cohort, Tables
from .conformal import Bounds
from .cox import Baseline, RiskSets
from .crossfit import crossfit, usable_modalities
from .fused import Fitted, Fusion, calibrated, patients_in
from .linear import untrained
from .survival import Bools, Floats

COMPONENTS = 10
WIDTH = 8
STEPS = 300
RATE = 0.01
DECAY = 0.03
DROP = 0.25
MOMENTS = (0.9, 0.999)

Weights = dict[str, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """Per modality its block and encoder (k, p), padded side by side; the shared weights of the network.

    `weights`: W (m, d, k), e (m, d), w (d,), b (m,), v (d,).
    """

    block_of: Mapping[str, Block]
    encoders: Mapping[str, Floats]
    weights: Weights

    def codes(self, tables: Tables) -> tuple[Floats, Bools]:
        """Whitened components (n, m, k), 0 behind the mask, and what is present (n, m)."""
        count = patients_in(tables)
        x, present = (
            np.zeros((count, len(self.encoders), COMPONENTS)),
            np.zeros((count, len(self.encoders)), bool),
        )
        for number, (name, encoder) in enumerate(self.encoders.items()):
            if name in tables:
                present[:, number] = tables[name].present
                x[:, number, : len(encoder)] = np.where(
                    present[:, number, None], _times(self.standardised(tables, name), encoder), 0.0
                )
        return x, present

    def standardised(self, tables: Tables, name: str) -> Floats:
        block, table = self.block_of[name], tables[name]
        place = {feature: number for number, feature in enumerate(table.features)}
        chosen = [place.get(feature, -1) for feature in block.features]
        padded = np.column_stack([table.values, np.full(len(table.values), np.nan)])
        return block.standardised(padded[:, chosen])

    def parts(self, tables: Tables) -> Floats:
        x, present = self.codes(tables)
        attention, value, _ = _forward(self.weights, x, present)
        parts: Floats = attention * value
        return parts

    def shares(self, tables: Tables, name: str) -> Floats:
        """Contribution (n, p) of each feature: the attention taken as given, the value is linear in them."""
        x, present = self.codes(tables)
        attention, _, _ = _forward(self.weights, x, present)
        number, encoder = list(self.encoders).index(name), self.encoders[name]
        per_code = self.weights["v"] @ self.weights["W"][number][:, : len(encoder)]
        shares: Floats = attention[:, number, None] * self.standardised(tables, name) * (per_code @ encoder)
        return shares


@dataclass(frozen=True, slots=True, eq=False)
class AttentionFusion(Fusion):
    tokens: Tokens
    slope: float
    spread: Floats
    baseline: Baseline
    method: str
    left_out: Mapping[str, str]
    bounds: Bounds = field(default_factory=Bounds)

    @property
    def blocks(self) -> Mapping[str, Block]:
        return self.tokens.block_of

    def parts(self, tables: Tables) -> Floats:
        return self.slope * self.tokens.parts(tables)

    def feature_parts(self, tables: Tables, modality: str) -> Floats:
        shares = self.slope * self.tokens.shares(tables, modality)
        return np.where(tables[modality].present[:, None], shares, np.nan)

    def state(self) -> dict[str, Any]:
        return {
            "kind": "attention",
            "blocks": {name: asdict(block) for name, block in self.tokens.block_of.items()},
            "encoders": dict(self.tokens.encoders),
            "weights": dict(self.tokens.weights),
            "slope": self.slope,
            "spread": self.spread,
            "method": self.method,
            "left_out": dict(self.left_out),
        }


def fit_attention(cohort: Cohort, *, seed: int = 0) -> Fitted:
    usable, left_out = usable_modalities(cohort)
    if not usable:
        return untrained(cohort, left_out)
    tokens, parts = crossfit(cohort, partial(_trained, usable=usable, seed=seed), seed, len(usable))
    present = np.column_stack([cohort.tables[name].present for name in usable])
    fit = calibrated(parts, present, cohort.outcome, usable)
    fusion = AttentionFusion(tokens, fit.slope, fit.spread, fit.baseline, "attention", left_out, fit.bounds)
    return Fitted(fusion, fit.fused)


def _trained(cohort: Cohort, *, usable: Sequence[str], seed: int) -> list[Tokens]:
    blocks, encoders = {}, {}
    for name in usable:
        table = cohort.tables[name]
        blocks[name] = fit_block(table.values[table.present], table.features)
        encoders[name] = _whitening(blocks[name], table.values[table.present], table.features)
    draw = np.random.default_rng(seed)
    start = Tokens(blocks, encoders, _initial(len(usable), draw))
    x, present = start.codes(cohort.tables)
    sets = cox.risk_sets(cohort.outcome)
    weights = _adam(start.weights, x[sets.order], present[sets.order], sets, draw)
    return [Tokens(blocks, encoders, weights)]


def _whitening(block: Block, values: Floats, features: tuple[str, ...]) -> Floats:
    """Components (k, p) that turn standardised columns into codes of unit variance."""
    place = {feature: number for number, feature in enumerate(features)}
    z = block.standardised(values[:, [place[feature] for feature in block.features]])
    axes = principal_axes(z, COMPONENTS)
    deviation = (z @ axes.T).std(axis=0)
    return axes / np.where(deviation > 0, deviation, np.inf)[:, None]


def _initial(modalities: int, draw: np.random.Generator) -> Weights:
    return {
        "W": draw.normal(scale=0.1, size=(modalities, WIDTH, COMPONENTS)),
        "e": np.zeros((modalities, WIDTH)),
        "w": draw.normal(scale=0.1, size=WIDTH),
        "b": np.zeros(modalities),
        "v": draw.normal(scale=0.5, size=WIDTH),
    }


def _adam(weights: Weights, x: Floats, present: Bools, sets: RiskSets, draw: np.random.Generator) -> Weights:
    """Rows are in the order of `sets`."""
    first = {name: np.zeros_like(value) for name, value in weights.items()}
    second = {name: np.zeros_like(value) for name, value in weights.items()}
    for number in range(1, STEPS + 1):
        kept = present & (draw.random(present.shape) >= DROP)
        kept = np.where(kept.any(axis=1, keepdims=True), kept, present)
        gradient = _gradient(weights, x, kept, sets)
        weights = dict(weights)
        for name, slope in gradient.items():
            first[name] = MOMENTS[0] * first[name] + (1 - MOMENTS[0]) * slope
            second[name] = MOMENTS[1] * second[name] + (1 - MOMENTS[1]) * slope**2
            mean, square = first[name] / (1 - MOMENTS[0] ** number), second[name] / (1 - MOMENTS[1] ** number)
            weights[name] = weights[name] - RATE * mean / (np.sqrt(square) + 1e-8)
    return weights


def _loss(weights: Weights, x: Floats, present: Bools, sets: RiskSets) -> float:
    """Mean Cox loss per death plus the decay; what `_gradient` is the gradient of."""
    attention, value, _ = _forward(weights, x, present)
    loss, _ = cox.loss((attention * value).sum(axis=1), sets)
    return loss / float(sets.event.sum()) + DECAY / 2 * sum(float((w**2).sum()) for w in weights.values())


def _gradient(weights: Weights, x: Floats, present: Bools, sets: RiskSets) -> Weights:
    attention, value, tokens = _forward(weights, x, present)
    risk = (attention * value).sum(axis=1)
    slope = cox.loss(risk, sets)[1] / sets.event.sum()
    of_value = slope[:, None] * attention
    of_logit = of_value * (value - risk[:, None])
    bent = np.tanh(tokens)
    of_token = of_value[:, :, None] * weights["v"] + of_logit[:, :, None] * weights["w"] * (1 - bent**2)
    found = {
        "W": np.stack([of_token[:, m].T @ x[:, m] for m in range(x.shape[1])]),
        "e": of_token.sum(axis=0),
        "w": np.tensordot(of_logit, bent, axes=2),
        "b": of_logit.sum(axis=0),
        "v": np.tensordot(of_value, tokens, axes=2),
    }
    return {name: value + DECAY * weights[name] for name, value in found.items()}


def _forward(weights: Weights, x: Floats, present: Bools) -> tuple[Floats, Floats, Floats]:
    """Attention (n, m), exactly 0 behind the mask, value (n, m) and tokens (n, m, d)."""
    columns = [_times(x[:, m], weights["W"][m]) + weights["e"][m] for m in range(x.shape[1])]
    tokens = np.stack(columns, axis=1)
    logits = np.where(present, (np.tanh(tokens) * weights["w"]).sum(axis=2) + weights["b"], -np.inf)
    top = np.where(present.any(axis=1), logits.max(axis=1), 0.0)
    raised = np.exp(logits - top[:, None])
    total = raised.sum(axis=1, keepdims=True)
    attention = np.divide(raised, total, out=np.zeros_like(raised), where=total > 0)
    return attention, (tokens * weights["v"]).sum(axis=2), tokens


def _times(x: Floats, matrix: Floats) -> Floats:
    """x @ matrix.T, summed row by row: a patient scores alike in any batch."""
    product: Floats = np.einsum("np,kp->nk", x, matrix, optimize=False)
    return product
