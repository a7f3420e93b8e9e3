"""Has the world moved away from the patients a model was trained on?

A window of newer patients is compared with the training patients in five families of tests. Each family has
its own share of the alarm rate, split over its tests (weighted Bonferroni), so that a window in which nothing
changed raises any alarm at all with a probability of at most ALARM_RATE.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from .cohort import Tables, align
from .fused import Fusion
from .survival import Bools, Floats, Outcome, step

ALARM_RATE = 0.05
SHARES = {"inputs": 0.038, "missingness": 0.004, "score": 0.003, "joint": 0.002, "outcome": 0.003}
WEIGHTS = {"Kolmogorov-Smirnov": 0.25}  # most shifts are of the mean: the rank sum gets the larger part
FEWEST = 20  # patients in a window; below it nothing is tested
FEW_VALUES = 10  # a feature with at most this many distinct values is counted, not ranked
SMALL_CELL = 5.0  # expected counts below it are pooled, or tested exactly
MMD_ROWS, MMD_PERMUTATIONS = 500, 999


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Some patients as a model sees them: `tables` in its layout, its `risk` (n,) for them.

    `outcome` with the `expected` number of deaths (n,) of each by the end of their own follow-up, where the
    outcome is known yet (`known`, n). Patients without a known outcome have 0 in both.
    """

    tables: Tables
    risk: Floats
    outcome: Outcome
    expected: Floats
    known: Bools

    def __len__(self) -> int:
        return len(self.risk)


def window_of(fusion: Fusion, features: pd.DataFrame, cohort: pd.DataFrame) -> Window:
    """The patients in rows of gold.cohort, with their rows of gold.features, as `fusion` sees them."""
    patients = list(cohort["patient_key"].astype(str))
    mine = features[features["patient_key"].astype(str).isin(patients)]
    tables = align(mine, patients, {name: block.features for name, block in fusion.blocks.items()})
    risk = fusion.risk(tables) if tables else np.zeros(len(patients))
    days = cohort["os_days"].to_numpy(dtype=float, na_value=np.nan)
    known = np.asarray((days >= 0) & cohort["died"].notna().to_numpy())
    time = np.where(known, days, 0.0)
    died = known & cohort["died"].fillna(False).to_numpy(dtype=bool)
    baseline = fusion.baseline
    hazard = step(baseline.time, baseline.hazard, np.minimum(time, baseline.follow_up), before=0.0)
    expected = np.where(known, hazard * np.exp(risk), 0.0)
    return Window(tables, risk, Outcome(died, time), expected, known)


@dataclass(frozen=True, slots=True)
class Finding:
    """One test: an alarm when `p` lies below `limit`. `psi` (population stability index) and `before`,
    `after` (means, shares) say how large the change is, where they mean something."""

    family: str
    subject: str
    test: str
    p: float
    before: float | None = None
    after: float | None = None
    psi: float | None = None
    limit: float = 0.0

    @property
    def alarm(self) -> bool:
        return self.p < self.limit


def compare(reference: Window, window: Window, *, seed: int = 0) -> list[Finding]:
    """Every test of `window` against `reference`, alarms first; empty for a window that is too small."""
    if min(len(reference), len(window)) < FEWEST:
        return []
    found = [
        *_inputs(reference, window),
        *_missingness(reference, window),
        *_score(reference, window),
        *_joint(reference, window, seed),
        *_outcome(reference, window),
    ]
    total: dict[str, float] = {}
    for one in found:
        total[one.family] = total.get(one.family, 0.0) + _weight(one)
    limited = [replace(one, limit=SHARES[one.family] * _weight(one) / total[one.family]) for one in found]
    return sorted(limited, key=lambda one: (not one.alarm, one.p, one.family, one.subject))


def _weight(one: Finding) -> float:
    return WEIGHTS.get(one.test, 1.0)


def smallest_shift(reference: int, window: int, tests: int) -> float:
    """The shift of a mean, in standard deviations, that is found four times in five with windows this large
    and this many features tested."""
    each = SHARES["inputs"] / (1 + WEIGHTS["Kolmogorov-Smirnov"]) / max(tests, 1)
    limit = stats.norm.isf(each / 2)
    return float((limit + stats.norm.ppf(0.8)) * np.sqrt(1 / reference + 1 / window))


# ---- single tests


def stability_index(before: Floats, after: Floats, bins: int = 10) -> float:
    """Population stability index over the deciles of `before`: below .1 stable, above .25 shifted.

    Shares are smoothed by half a patient, so that an empty bin gives no infinity.
    """
    edges = np.unique(np.quantile(before, np.linspace(0, 1, bins + 1)[1:-1]))
    shares = []
    for values in (before, after):
        counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
        shares.append((counts + 0.5) / (counts + 0.5).sum())
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def same_counts(before: Mapping[Any, int], after: Mapping[Any, int]) -> float:
    """p of the chi-square test that two sets of counts come from one distribution; rare kinds are pooled.

    Two kinds with small counts are tested by Fisher's exact test.
    """
    table = _pooled(before, after)
    if table.shape[1] < 2:
        return 1.0
    small = np.outer(table.sum(axis=1), table.sum(axis=0)).min() / table.sum() < SMALL_CELL
    if small and table.shape[1] == 2:
        return float(stats.fisher_exact(table).pvalue)
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def _pooled(before: Mapping[Any, int], after: Mapping[Any, int]) -> np.ndarray:
    kinds = sorted({*before, *after}, key=lambda kind: (-(before.get(kind, 0) + after.get(kind, 0)), kind))
    table = np.array([[side.get(kind, 0) for kind in kinds] for side in (before, after)], dtype=float)
    table = table.reshape(2, len(kinds))
    rare = table.sum(axis=0) * table.sum(axis=1).min() / max(table.sum(), 1.0) < SMALL_CELL
    if rare.sum() > 1:
        table = np.column_stack([table[:, ~rare], table[:, rare].sum(axis=1)])
    return table[:, table.sum(axis=0) > 0]


def mean_discrepancy(before: Floats, after: Floats, *, seed: int = 0) -> float:
    """p of the kernel two-sample test on rows (n, p): maximum mean discrepancy with a Gaussian kernel of
    median width, by permutation (Gretton 2012). Longer samples are thinned to MMD_ROWS."""
    draw = np.random.default_rng(seed)
    before, after = (_thinned(rows, draw) for rows in (before, after))
    rows = np.vstack([before, after])
    squares = (rows**2).sum(axis=1)
    distance = np.maximum(squares[:, None] + squares[None, :] - 2 * rows @ rows.T, 0.0)
    middle = float(np.median(distance[np.triu_indices(len(rows), 1)]))
    if middle == 0:
        return 1.0
    kernel = np.exp(-distance / middle)
    signs = np.concatenate([np.full(len(before), 1 / len(before)), np.full(len(after), -1 / len(after))])
    weights = np.array([signs, *(draw.permutation(signs) for _ in range(MMD_PERMUTATIONS))])
    discrepancy = ((weights @ kernel) * weights).sum(axis=1)
    return float((discrepancy >= discrepancy[0] - 1e-12).mean())


def _thinned(rows: Floats, draw: np.random.Generator) -> Floats:
    if len(rows) <= MMD_ROWS:
        return rows
    return rows[np.sort(draw.choice(len(rows), MMD_ROWS, replace=False))]


# ---- the families


def _inputs(reference: Window, window: Window) -> Iterator[Finding]:
    """Each feature, among the patients in whom it was measured."""
    for name, table in reference.tables.items():
        for column, feature in enumerate(table.features):
            before, after = (w.tables[name].values[:, column] for w in (reference, window))
            yield from _values(f"{name}/{feature}", before[~np.isnan(before)], after[~np.isnan(after)])


def _values(subject: str, before: Floats, after: Floats, family: str = "inputs") -> Iterator[Finding]:
    if min(len(before), len(after)) < FEWEST:
        return
    size = (float(before.mean()), float(after.mean()), stability_index(before, after))
    if len(np.unique(np.concatenate([before, after]))) <= FEW_VALUES:
        p = same_counts(Counter(before.tolist()), Counter(after.tolist()))
        yield Finding(family, subject, "chi-square of values", p, *size)
        return
    ks = stats.ks_2samp(before, after, method="asymp").pvalue
    ranks = stats.mannwhitneyu(before, after, method="asymptotic").pvalue
    yield Finding(family, subject, "Kolmogorov-Smirnov", float(ks), *size)
    yield Finding(family, subject, "rank sum", float(ranks), *size)


def _missingness(reference: Window, window: Window) -> Iterator[Finding]:
    """Each modality, each feature among those who have its modality, and the pattern as a whole."""
    for name, table in reference.tables.items():
        now = window.tables[name]
        yield _presence(f"{name} present", table.present, now.present)
        for column, feature in enumerate(table.features):
            measured = [~np.isnan(t.values[t.present, column]) for t in (table, now)]
            if min(len(one) for one in measured) >= FEWEST:
                yield _presence(f"{name}/{feature} measured", measured[0], measured[1])
    p = same_counts(_patterns(reference.tables), _patterns(window.tables))
    yield Finding("missingness", "pattern of modalities", "chi-square", p)


def _presence(subject: str, before: Bools, after: Bools) -> Finding:
    p = same_counts(_yes_no(before), _yes_no(after))
    return Finding("missingness", subject, "chi-square", p, float(before.mean()), float(after.mean()))


def _yes_no(values: Bools) -> dict[bool, int]:
    return {True: int(values.sum()), False: int((~values).sum())}


def _patterns(tables: Tables) -> Counter[tuple[bool, ...]]:
    return Counter(zip(*(table.present.tolist() for table in tables.values()), strict=True))


def _score(reference: Window, window: Window) -> Iterator[Finding]:
    yield from _values("risk", reference.risk, window.risk, "score")


def _joint(reference: Window, window: Window, seed: int) -> Iterator[Finding]:
    """All features at once, in training standard deviations, an absent one at the training mean."""
    scale = [_constants(table.values) for table in reference.tables.values()]
    sides = [
        np.column_stack([_standard(t.values, *s) for t, s in zip(w.tables.values(), scale, strict=True)])
        for w in (reference, window)
        if w.tables
    ]
    if len(sides) == 2 and sides[0].shape[1]:
        p = mean_discrepancy(sides[0], sides[1], seed=seed)
        yield Finding("joint", "all features together", "maximum mean discrepancy", p)


def _constants(values: Floats) -> tuple[Floats, Floats]:
    known = ~np.isnan(values)
    count = np.maximum(known.sum(axis=0), 1)
    centre = np.where(known, values, 0.0).sum(axis=0) / count
    scale = np.sqrt((np.where(known, values - centre, 0.0) ** 2).sum(axis=0) / count)
    return centre, np.where(scale > 0, scale, 1.0)


def _standard(values: Floats, centre: Floats, scale: Floats) -> Floats:
    return np.asarray(np.clip(np.nan_to_num((values - centre) / scale), -5, 5))


def _outcome(reference: Window, window: Window) -> Iterator[Finding]:
    """Deaths seen against deaths expected, once outcomes are known: calibration in the large.

    The expectation itself was estimated from the training deaths, which adds its share of variance.
    """
    learnt = float(reference.outcome.event[reference.known].sum())
    seen = float(window.outcome.event[window.known].sum())
    expected = float(window.expected[window.known].sum())
    if window.known.sum() < FEWEST or expected <= 0 or learnt <= 0:
        return
    z = (seen - expected) / np.sqrt(expected + expected**2 / learnt)
    p = float(2 * stats.norm.sf(abs(z)))
    yield Finding("outcome", "deaths against expected", "observed to expected", p, expected, seen)


def as_rows(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Plain values for JSON, rounded."""
    return [
        {
            "family": one.family,
            "subject": one.subject,
            "test": one.test,
            "p": float(f"{one.p:.3g}"),
            "limit": float(f"{one.limit:.3g}"),
            "alarm": one.alarm,
            **{name: _rounded(getattr(one, name)) for name in ("before", "after", "psi")},
        }
        for one in findings
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
