"""From gold.features and gold.cohort to a model and an honest report."""

from __future__ import annotations

from typing import Any

import pandas as pd

from . import metrics, validation
from .cohort import Cohort, from_long
from .late import FEWEST_EVENTS, Fitted, LateFusion, fit_late
from .model import STRATEGY, Model, training_cohort
from .validation import Predictions, figures, late, shuffled

OUTER_FOLDS = 5

Report = dict[str, Any]


def train(
    features: pd.DataFrame,
    cohort: pd.DataFrame,
    *,
    seed: int = 0,
    name: str = "training cohort",
    resamples: int = 1000,
) -> tuple[Model, Report]:
    """Fit the late fusion on all patients, and measure it by cross-validation beside its baselines.

    A cohort with too few deaths still gives a model: one that abstains on every patient and says why.
    """
    return train_cohort(
        from_long(features, cohort, folds=OUTER_FOLDS, seed=seed), seed=seed, name=name, resamples=resamples
    )


def train_cohort(cohort: Cohort, *, seed: int, name: str, resamples: int) -> tuple[Model, Report]:
    fitted = fit_late(cohort, seed=seed)
    report = {
        "cohort": name,
        "n": len(cohort),
        "events": cohort.outcome.events,
        "set_aside": dict(cohort.set_aside),
        "seed": seed,
        "method": fitted.fusion.method,
        "modalities": _modalities(cohort, fitted.fusion),
        **_measured(cohort, fitted, seed, resamples),
    }
    model = Model(STRATEGY, fitted.fusion, training_cohort(name, cohort, fitted), _validation(report), seed)
    return model, {"model": model.name, "model_version": model.version, **report}


def _measured(cohort: Cohort, fitted: Fitted, seed: int, resamples: int) -> Report:
    """Cross-validated rows: the fusion, and always clinical only, Kaplan-Meier and shuffled labels."""
    if fitted.fusion.method == "none":
        return {
            "rows": [],
            "patterns": {},
            "note": f"fewer than {FEWEST_EVENTS} deaths or no usable modality",
        }
    times = validation.time_grid(cohort.outcome)
    fused = late(cohort, times, seed)
    clinical = late(cohort.only(["clinical"]), times, seed)
    mixed = shuffled(cohort, seed)
    compared = [
        ("late fusion", cohort, fused),
        ("clinical only", cohort, clinical),
        ("Kaplan-Meier", cohort, validation.without_a_model(cohort, times)),
        ("shuffled labels", mixed, late(mixed, times, seed)),
    ]
    rows = [
        {"row": row, **figures(which.outcome, predicted, resamples=resamples, seed=seed)}
        for row, which, predicted in compared
    ]
    return {
        "rows": rows,
        "lead_over_clinical": _lead(cohort, fused, clinical, resamples, seed),
        "patterns": validation.by_pattern(cohort, fused),
    }


def _lead(cohort: Cohort, fused: Predictions, clinical: Predictions, resamples: int, seed: int) -> Report:
    """Difference in C to the clinical-only row, with its paired bootstrap interval."""
    ours, theirs = (validation.by_fold(cohort.outcome, predicted) for predicted in (fused, clinical))
    low, high = metrics.concordance_interval(
        ours, [risk for _, risk in theirs], resamples=resamples, seed=seed
    )
    difference = validation.mean_concordance(ours) - validation.mean_concordance(theirs)
    return {name: validation.rounded(v) for name, v in (("c", difference), ("low", low), ("high", high))}


def _modalities(cohort: Cohort, fusion: LateFusion) -> list[Report]:
    """Who has each modality, what its expert is, and why it has none."""
    weights = dict(zip(fusion.experts, fusion.spread, strict=True))
    return [
        {
            "modality": name,
            "patients": int(table.present.sum()),
            "events": int(cohort.outcome.event[table.present].sum()),
            "features": len(fusion.experts[name].block.features) if name in fusion.experts else 0,
            "penalty": fusion.experts[name].penalty if name in fusion.experts else None,
            "weight": validation.rounded(weights[name]) if name in weights else None,
            "left_out": fusion.left_out.get(name, ""),
        }
        for name, table in cohort.tables.items()
    ]


def _validation(report: Report) -> Report:
    """What a score repeats: the cross-validated figures of the fusion, the simple rows, and each pattern."""
    rows = {row.pop("row"): row for row in [dict(row) for row in report["rows"]]}
    return {
        "method": f"{OUTER_FOLDS}-fold cross-validation",
        "fusion": rows.get("late fusion", {}),
        "clinical_only": rows.get("clinical only", {}),
        "kaplan_meier": rows.get("Kaplan-Meier", {}),
        "patterns": report["patterns"],
    }
