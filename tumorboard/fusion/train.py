"""From gold.features and gold.cohort to a model and an honest report."""

from __future__ import annotations

from typing import Any

import pandas as pd

from . import metrics, validation
from .cohort import Cohort, from_long
from .fused import FEWEST_EVENTS, Fitted, Fusion
from .linear import LinearFusion
from .model import STRATEGY, Members, Model, members, training_cohort
from .strategies import DEFAULT, STRATEGIES
from .validation import Predictions, figures, fit_folds, predict, shuffled

OUTER_FOLDS = 5

Report = dict[str, Any]


def train(
    features: pd.DataFrame,
    cohort: pd.DataFrame,
    *,
    seed: int = 0,
    name: str = "training cohort",
    resamples: int = 1000,
    snapshot: str = "",
    strategy: str = DEFAULT,
) -> tuple[Model, Report]:
    """Fit a strategy on all patients, and measure it by cross-validation beside its baselines.

    `snapshot` names the data it was read from; every score repeats it. A cohort with too few deaths still
    gives a model: one that abstains on every patient and says why.
    """
    found = from_long(features, cohort, folds=OUTER_FOLDS, seed=seed)
    return train_cohort(
        found, seed=seed, name=name, resamples=resamples, snapshot=snapshot, strategy=strategy
    )


def train_cohort(
    cohort: Cohort,
    *,
    seed: int,
    name: str,
    resamples: int,
    snapshot: str = "",
    strategy: str = DEFAULT,
) -> tuple[Model, Report]:
    fitted = STRATEGIES[strategy].fit(cohort, seed=seed)
    fits = _fold_fits(cohort, fitted, seed, strategy)
    report = {
        "cohort": name,
        "n": len(cohort),
        "events": cohort.outcome.events,
        "set_aside": dict(cohort.set_aside),
        "seed": seed,
        "strategy": strategy,
        "snapshot": snapshot,
        "method": fitted.fusion.method,
        "modalities": _modalities(cohort, fitted.fusion),
        **_measured(cohort, fits, seed, resamples, strategy),
    }
    known = members(cohort.patients, cohort.split, fits) if fits else Members()
    summary = training_cohort(name, cohort, fitted)
    model_name = STRATEGY if strategy == DEFAULT else f"{strategy}-fusion-os"
    model = Model(model_name, fitted.fusion, summary, _validation(report), seed, snapshot, known)
    return model, {"model": model.name, "model_version": model.version, **report}


def _fold_fits(cohort: Cohort, fitted: Fitted, seed: int, strategy: str) -> dict[int, Fitted]:
    """A fusion per fold, trained on the others; none where the whole cohort is too small for one."""
    if fitted.fusion.method == "none":
        return {}
    return fit_folds(cohort, lambda part: STRATEGIES[strategy].fit(part, seed=seed))


def _measured(cohort: Cohort, fits: dict[int, Fitted], seed: int, resamples: int, strategy: str) -> Report:
    """Cross-validated rows: the fusion, and always clinical only, Kaplan-Meier and shuffled labels."""
    if not fits:
        return {
            "rows": [],
            "patterns": {},
            "tumors": {},
            "alike": {},
            "note": f"fewer than {FEWEST_EVENTS} deaths or no usable modality",
        }
    times = validation.time_grid(cohort.outcome)
    fused = predict(cohort, fits, times)
    clinical = _crossed(cohort.only(["clinical"]), times, seed, strategy)
    mixed = shuffled(cohort, seed)
    compared = [
        (f"{strategy} fusion", cohort, fused),
        ("clinical only", cohort, clinical),
        ("Kaplan-Meier", cohort, validation.without_a_model(cohort, times)),
        ("shuffled labels", mixed, _crossed(mixed, times, seed, strategy)),
    ]
    rows = [
        {"row": row, **figures(which.outcome, predicted, resamples=resamples, seed=seed)}
        for row, which, predicted in compared
    ]
    return {
        "rows": rows,
        "lead_over_clinical": _lead(cohort, fused, clinical, resamples, seed),
        **validation.by_likeness(cohort, fused),
    }


def _crossed(cohort: Cohort, times: Any, seed: int, strategy: str) -> Predictions:
    return validation.cross_validate(cohort, lambda part: STRATEGIES[strategy].fit(part, seed=seed), times)


def _lead(cohort: Cohort, fused: Predictions, clinical: Predictions, resamples: int, seed: int) -> Report:
    """Difference in C to the clinical-only row, with its paired bootstrap interval."""
    ours, theirs = (validation.by_fold(cohort.outcome, predicted) for predicted in (fused, clinical))
    low, high = metrics.concordance_interval(
        ours, [risk for _, risk in theirs], resamples=resamples, seed=seed
    )
    difference = validation.mean_concordance(ours) - validation.mean_concordance(theirs)
    return {name: validation.rounded(v) for name, v in (("c", difference), ("low", low), ("high", high))}


def _modalities(cohort: Cohort, fusion: Fusion) -> list[Report]:
    """Who has each modality, how far it moves the score, and why it has no part in it."""
    weights = dict(zip(fusion.blocks, fusion.spread, strict=True))
    return [
        {
            "modality": name,
            "patients": int(table.present.sum()),
            "events": int(cohort.outcome.event[table.present].sum()),
            "features": len(fusion.blocks[name].features) if name in fusion.blocks else 0,
            "penalty": _penalty(fusion, name),
            "weight": validation.rounded(weights[name]) if name in weights else None,
            "left_out": fusion.left_out.get(name, ""),
        }
        for name, table in cohort.tables.items()
    ]


def _penalty(fusion: Fusion, name: str) -> float | None:
    """The ridge penalty of a modality's expert; a model without experts has none."""
    known = isinstance(fusion, LinearFusion) and name in fusion.experts
    return fusion.experts[name].penalty if known else None  # type: ignore[attr-defined]


def _validation(report: Report) -> Report:
    """What a score repeats: the cross-validated figures of the fusion, the simple rows, and each pattern."""
    rows = {row.pop("row"): row for row in [dict(row) for row in report["rows"]]}
    return {
        "method": f"{OUTER_FOLDS}-fold cross-validation",
        "fusion": rows.get(f"{report['strategy']} fusion", {}),
        "clinical_only": rows.get("clinical only", {}),
        "kaplan_meier": rows.get("Kaplan-Meier", {}),
        "patterns": report["patterns"],
        "tumors": report["tumors"],
        "alike": report["alike"],
    }
