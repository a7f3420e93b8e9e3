"""What missing modalities cost: every subset, random and informative loss, and whether bounds still hold."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from tumorboard.fusion import conformal, metrics, validation
from tumorboard.fusion.cohort import Cohort
from tumorboard.fusion.fused import Fitted
from tumorboard.fusion.late import Experts, fit_experts, fit_late, join
from tumorboard.fusion.survival import Bools, Floats
from tumorboard.fusion.validation import Predictions

from .measuring import Run, lead

FEWEST = 100  # patients of a group or pattern for a figure
DRAWS = 3
HARDEST_LOSS = 0.8  # the sickest patient lacks a modality this often, the fittest never


@dataclass(frozen=True, slots=True, eq=False)
class Repeat:
    """One repeat of the folds: the cohort with its split, the late experts and fits, and challengers'
    fits.
    """

    cohort: Cohort
    experts: Mapping[int, Experts]
    fits: Mapping[str, Mapping[int, Fitted]]


def subsets(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Every proper subset that is not empty, large ones first."""
    for size in range(len(names) - 1, 0, -1):
        yield from combinations(names, size)


def regrets(repeats: Sequence[Repeat], times: Floats) -> list[dict[str, Any]]:
    """Per subset kept: C of the late fusion refitted on it, of the full ones with the rest masked."""
    rows = []
    for kept in subsets(list(repeats[0].cohort.tables)):
        refit = [_refit(one, kept, times) for one in repeats]
        masked = {name: _masked(repeats, kept, name, times).concordance() for name in repeats[0].fits}
        best = Run("refit", repeats[0].cohort.outcome, refit).concordance()
        rows.append(
            {
                "kept": "+".join(kept),
                "size": len(kept),
                "refit": validation.rounded(best),
                **{name: validation.rounded(c) for name, c in masked.items()},
                "regret": validation.rounded(best - masked["late"]),
            }
        )
    return rows


def regret_summary(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Mean and worst regret of the late fusion by number of modalities kept, and what early fusion loses."""
    found = []
    for size in sorted({row["size"] for row in rows}, reverse=True):
        mine = [row for row in rows if row["size"] == size]
        worst = max(mine, key=lambda row: row["regret"])
        found.append(
            {
                "kept": size,
                "subsets": len(mine),
                "mean_regret": _mean(mine, "regret"),
                "worst_regret": worst["regret"],
                "worst_subset": worst["kept"],
                **{
                    f"{name}_mean_regret": validation.rounded(
                        float(np.mean([row["refit"] - row[name] for row in mine]))
                    )
                    for name in ("early", "intermediate", "attention")
                },
                "early_better_in": sum(row["early"] > row["late"] for row in mine),
            }
        )
    overall = {"kept": "all", "subsets": len(rows), "mean_regret": _mean(rows, "regret")}
    return [*found, overall]


def single_drops(repeats: Sequence[Repeat], times: Floats) -> list[dict[str, Any]]:
    """Refit without one modality against the full fusion with it masked, with the paired interval."""
    rows = []
    names = list(repeats[0].cohort.tables)
    for dropped in names:
        kept = [name for name in names if name != dropped]
        refit = Run(
            f"refit without {dropped}",
            repeats[0].cohort.outcome,
            [_refit(one, kept, times) for one in repeats],
        )
        rows.append(lead(refit, replace(_masked(repeats, kept, "late", times), name="masked")))
    return rows


def random_loss(repeats: Sequence[Repeat], shares: Sequence[float], times: Floats) -> list[dict[str, Any]]:
    """C when each modality is taken from a random share of patients at prediction, mean of three draws."""
    rows = []
    for share in shares:
        row: dict[str, Any] = {"lost": share}
        for name in repeats[0].fits:
            found = [
                Run(name, one.cohort.outcome, [validation.predict(thin, one.fits[name], times)]).concordance()
                for one in repeats
                for thin in (one.cohort.thinned(share, seed) for seed in range(DRAWS))
            ]
            row[name] = validation.rounded(float(np.mean(found)))
        rows.append(row)
    return rows


def informative_loss(repeats: Sequence[Repeat], seed: int, times: Floats) -> list[dict[str, Any]]:
    """The sicker (by held-out risk) lack modalities more often, in training and in prediction.

    Regret: a fusion trained on the thinned cohort against the one that had everything in training.
    """
    thinned = [_informatively(one, seed, times) for one in repeats]
    outcome = repeats[0].cohort.outcome
    refit = Run(
        "trained on what is left",
        outcome,
        [validation.cross_validate(part, lambda rows: fit_late(rows, seed=seed), times) for part in thinned],
    )
    masked = Run(
        "trained on everything",
        outcome,
        [
            validation.predict(part, one.fits["late"], times)
            for part, one in zip(thinned, repeats, strict=True)
        ],
    )
    rows = [{"row": run.name, "c": validation.rounded(run.concordance())} for run in (refit, masked)]
    return [*rows, lead(refit, masked)]


def coverage(repeats: Sequence[Repeat], groups: Mapping[str, Bools], times: Floats) -> list[dict[str, Any]]:
    """Share of held-out patients who outlive their 90 % bound: all, per group, per pattern as it occurs."""
    cohort = repeats[0].cohort
    whole = [validation.predict(one.cohort, one.fits["late"], times) for one in repeats]
    everyone = np.ones(len(cohort), dtype=bool)
    patterns = np.array(["+".join(names) for names in validation.patterns_of(cohort)])
    chosen = {"all": everyone, **groups}
    chosen |= {f"pattern {name}": patterns == name for name in np.unique(patterns)}
    return [
        {"who": name, **_covered(cohort, whole, rows)}
        for name, rows in chosen.items()
        if rows.sum() >= FEWEST
    ]


def masked_coverage(repeats: Sequence[Repeat], times: Floats) -> list[dict[str, Any]]:
    """The same for every pattern there could be: patients who have at least it, the rest hidden."""
    rows = []
    cohort = repeats[0].cohort
    for kept in subsets(list(cohort.tables)):
        having: Bools = np.asarray(
            np.column_stack([cohort.tables[name].present for name in kept]).all(axis=1)
        )
        shown = [validation.predict(one.cohort.only(kept), one.fits["late"], times) for one in repeats]
        if having.sum() >= FEWEST:
            rows.append({"who": "+".join(kept), **_covered(cohort, shown, having)})
    return rows


def _covered(cohort: Cohort, predicted: Sequence[Predictions], rows: Bools) -> dict[str, Any]:
    weight = conformal.observation_weights(cohort.outcome, np.zeros((len(cohort), 1)))
    outcome = cohort.outcome.rows(rows)
    bounds = [one.bound[rows] for one in predicted if one.bound is not None]
    given = [~np.isnan(bound) for bound in bounds]
    found = [
        conformal.covered(outcome.rows(has), bound[has], weight[rows][has])
        for bound, has in zip(bounds, given, strict=True)
    ]
    return {
        "n": int(rows.sum()),
        "with_bound": int(np.mean([has.sum() for has in given])),
        "covered": validation.rounded(float(np.mean(found))),
        "median_bound_days": round(float(np.median(np.concatenate(bounds)[np.concatenate(given)]))),
    }


def group_figures(
    repeats: Sequence[Repeat], groups: Mapping[str, Bools], times: Floats
) -> list[dict[str, Any]]:
    """C within each group with its interval, and its three-year gap; "too few" is said."""
    rows = []
    for name, mine in groups.items():
        outcome = repeats[0].cohort.outcome.rows(mine)
        if mine.sum() < FEWEST:
            rows.append({"group": name, "n": int(mine.sum()), "note": "too few"})
            continue
        parts = [
            validation.rows_of(validation.predict(one.cohort, one.fits["late"], times), mine)
            for one in repeats
        ]
        run = Run(name, outcome, parts)
        low, high = metrics.concordance_interval(run.folds())
        gaps = [validation.figures(outcome, part, resamples=1)["gap"] for part in parts]
        rows.append(
            {
                "group": name,
                "n": int(mine.sum()),
                "deaths": outcome.events,
                "c": validation.rounded(run.concordance()),
                "low": validation.rounded(low),
                "high": validation.rounded(high),
                "gap": validation.rounded(float(np.mean(gaps))),
            }
        )
    return rows


def _refit(one: Repeat, kept: Collection[str], times: Floats) -> Predictions:
    fits = {number: join(found.only(kept), bounds=False) for number, found in one.experts.items()}
    return validation.predict(one.cohort.only(kept), fits, times)


def _masked(repeats: Sequence[Repeat], kept: Collection[str], name: str, times: Floats) -> Run:
    shown = [validation.predict(one.cohort.only(kept), one.fits[name], times) for one in repeats]
    return Run(name, repeats[0].cohort.outcome, shown)


def _informatively(one: Repeat, seed: int, times: Floats) -> Cohort:
    risk = validation.predict(one.cohort, one.fits["late"], times).risk
    place = np.argsort(np.argsort(risk)) / max(len(risk) - 1, 1)
    draw = np.random.default_rng(seed)
    keep = {name: draw.random(len(risk)) >= HARDEST_LOSS * place for name in one.cohort.tables}
    tables = {name: table.masked(keep[name]) for name, table in one.cohort.tables.items()}
    return replace(one.cohort, tables=tables)


def experts_of(cohort: Cohort, seed: int) -> dict[int, Experts]:
    """Per fold, the late experts of the other folds: every subset is joined from them."""
    return {
        int(number): fit_experts(cohort.rows(cohort.split != number), seed=seed)
        for number in np.unique(cohort.split)
    }


def _mean(rows: Sequence[Mapping[str, Any]], name: str) -> float | None:
    return validation.rounded(float(np.mean([row[name] for row in rows])))
