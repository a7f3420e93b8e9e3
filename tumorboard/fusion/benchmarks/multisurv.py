"""MultiSurv's clinical table of 33 TCGA cancers on its fixed split (Vale-Silva and Rohr 2021).

Files: `clinical_data.tsv` (covariates, time in years, event, group), with the split in `group`. The bars
publish no risks per patient, so there is no paired comparison: only our own interval.
"""

from __future__ import annotations

import argparse
import time
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from tumorboard.fusion import cox, validation
from tumorboard.fusion.cohort import BadFeatures, Cohort, Table, assign_folds
from tumorboard.fusion.experts import fit_expert
from tumorboard.fusion.fused import Fitted, calibrated
from tumorboard.fusion.linear import LinearFusion
from tumorboard.fusion.strategies import STRATEGIES
from tumorboard.fusion.survival import Outcome
from tumorboard.fusion.validation import Predictions

from . import measuring, registered
from .measuring import Run

TITLE = "MultiSurv's clinical table of 33 cancers, on its split"
SETTINGS = registered.SETTINGS["multisurv"]
SEED: int = SETTINGS["seed"]
SHUFFLES: int = SETTINGS["shuffles"]
DAYS_PER_YEAR = 365.25
AGE_KNOTS = (45.0, 55.0, 65.0, 75.0)
BARS = (
    {"row": "MultiSurv, published", "c": 0.806, "ibs": 0.143},
    {"row": "Nnet-survival, published", "c": 0.805, "ibs": 0.132},
    {"row": "Cox, published", "c": 0.796, "ibs": 0.143},
)
NUMERALS = {"0": 0.0, "is": 0.0, "i": 1.0, "ii": 2.0, "iii": 3.0, "iv": 4.0}
MODALITIES = {
    "clinical": ("age", "sex", "race", "project"),
    "stage": ("stage",),
    "treatment": ("given", "prior"),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Nothing beyond the folder."""


def run(options: argparse.Namespace) -> dict[str, Any]:
    """The clinical model on the test group, beside four strategies on its parts and the simple rows."""
    started = time.monotonic()
    frame = pd.read_csv(options.data / "clinical_data.tsv", sep="\t").sort_values("submitter_id")
    test = (frame["group"] == "test").to_numpy()
    train = (frame["group"] == "train").to_numpy()
    whole, parts = read(frame), in_parts(frame)
    days = grid(whole.rows(test).outcome)
    runs = [
        _held("clinical", whole, ~test, test=test, fit=fit_clinical, days=days),
        _held("clinical, fitted on train alone", whole, train, test=test, fit=fit_clinical, days=days),
        *(
            _held(
                f"{name}, three parts", parts, ~test, test=test, fit=partial(one.learn, seed=SEED), days=days
            )
            for name, one in STRATEGIES.items()
        ),
        _held("age and sex only", _simple(whole), ~test, test=test, fit=fit_clinical, days=days),
        _nothing(whole, ~test, test, days),
        _by_chance(whole, ~test, test, days),
    ]
    return {
        "benchmark": "multisurv",
        "patients": len(frame),
        "events": int(frame["event"].sum()),
        "test": int(test.sum()),
        "last_day": round(float(days[-1])),
        "rows": [measuring.row(one) for one in runs] + [dict(bar) for bar in BARS],
        "leads": [measuring.lead(runs[0], other) for other in runs[1:-2]],
        **measuring.cost(started),
    }


def read(frame: pd.DataFrame) -> Cohort:
    """One modality of all registered columns; a value that is not recorded stays missing."""
    return _cohort(
        frame, {"clinical": pd.concat([columns(frame), _recorded(frame), _by_project(frame)], axis=1)}
    )


def in_parts(frame: pd.DataFrame) -> Cohort:
    """The same facts as three modalities; stage and treatment are absent where nothing is recorded."""
    found = columns(frame)
    return _cohort(
        frame,
        {
            name: found[[column for column in found if column.startswith(starts)]]
            for name, starts in MODALITIES.items()
        },
    )


def columns(frame: pd.DataFrame) -> pd.DataFrame:
    """The registered covariates as numbers."""
    age = frame["age_at_diagnosis"] / DAYS_PER_YEAR
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "age": age,
                    **{f"age above {knot:.0f}": (age - knot).clip(lower=0) for knot in AGE_KNOTS},
                    "sex female": (frame["gender"] == "female").astype(float),
                    "stage ordered": frame["tumor_stage"].map(_ordered),
                    **{f"prior {name}": _yes(frame[name]) for name in PRIOR},
                    **{f"given {name}": _yes(frame[name]) for name in GIVEN},
                },
                index=frame.index,
            ),
            pd.get_dummies(frame["tumor_stage"], prefix="stage", dtype=float).where(
                frame["tumor_stage"].notna()
            ),
            pd.get_dummies(frame["race"], prefix="race", dtype=float),
            pd.get_dummies(frame["project_id"], prefix="project", dtype=float),
        ],
        axis=1,
    )


PRIOR = ("prior_treatment", "prior_malignancy", "synchronous_malignancy")
GIVEN = (
    "treatments_pharmaceutical_treatment_or_therapy",
    "treatments_radiation_treatment_or_therapy",
)


def grid(outcome: Outcome) -> np.ndarray:
    """The time points the paper's evaluation code integrates over."""
    return np.linspace(outcome.time.min(), outcome.time.max(), 100)[:-25]


def fit_clinical(cohort: Cohort) -> Fitted:
    """A ridge Cox model of the one modality, its penalty chosen by inner folds."""
    folds = assign_folds(cohort.outcome, SETTINGS["inner_folds"], SEED)
    penalties = tuple(map(float, SETTINGS["penalties"]))
    table = cohort.tables["clinical"]
    expert, raw = fit_expert(table, cohort.outcome, folds, "clinical", penalties=penalties)
    fit = calibrated(raw[:, None], table.present[:, None], cohort.outcome, ["clinical"])
    fusion = LinearFusion(
        {"clinical": expert}, np.array([fit.slope]), fit.spread, fit.baseline, "stack", {}, fit.bounds
    )
    return Fitted(fusion, fit.fused)


def _cohort(frame: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> Cohort:
    if frame["submitter_id"].duplicated().any():
        raise BadFeatures("clinical_data.tsv: a patient is listed twice")
    return Cohort(
        tuple(frame["submitter_id"]),
        {
            name: Table(
                tuple(found.columns), found.to_numpy(dtype=np.float64), np.ones(len(found), dtype=bool)
            )
            for name, found in tables.items()
        },
        Outcome(frame["event"].to_numpy(), frame["time"].to_numpy() * DAYS_PER_YEAR),
        pd.DataFrame({"tumor_type": frame["project_id"].to_numpy()}),
        np.zeros(len(frame), dtype=np.int64),
    )


def _by_project(frame: pd.DataFrame) -> pd.DataFrame:
    """Age and ordered stage within each project: their weight differs between cancers."""
    age = (frame["age_at_diagnosis"] / DAYS_PER_YEAR).fillna(60.0) - 60.0
    stage = frame["tumor_stage"].map(_ordered)
    stage = (stage - stage.mean()).fillna(0.0)
    projects = pd.get_dummies(frame["project_id"], dtype=float)
    return pd.concat(
        [
            projects.mul(age, axis=0).add_prefix("age in "),
            projects.mul(stage, axis=0).add_prefix("stage in "),
        ],
        axis=1,
    )


def _recorded(frame: pd.DataFrame) -> pd.DataFrame:
    """1 where a fact is not recorded: in TCGA what is missing goes with project and year."""
    facts = ["age_at_diagnosis", "tumor_stage", "race", *PRIOR, *GIVEN]
    return frame[facts].isna().astype(float).add_prefix("not recorded ")


def _ordered(stage: object) -> float:
    """Stage as a number, a third of a step per letter; NaN where none is recorded."""
    words = str(stage).removeprefix("stage ").rstrip("abc")
    letter = str(stage)[-1:]
    if words not in NUMERALS:
        return float("nan")
    return NUMERALS[words] + {"a": -0.3, "b": 0.0, "c": 0.3}.get(letter, 0.0)


def _yes(column: pd.Series) -> pd.Series:
    return column.str.lower().map({"yes": 1.0, "no": 0.0})


def _simple(cohort: Cohort) -> Cohort:
    table = cohort.tables["clinical"]
    kept = [n for n, name in enumerate(table.features) if name == "sex female" or name.startswith("age")]
    kept = [n for n in kept if " in " not in table.features[n]]
    small = Table(tuple(table.features[n] for n in kept), table.values[:, kept], table.present)
    return Cohort(cohort.patients, {"clinical": small}, cohort.outcome, cohort.groups, cohort.split)


def _held(
    name: str, cohort: Cohort, rows: np.ndarray, *, test: np.ndarray, fit: Any, days: np.ndarray
) -> Run:
    held = cohort.rows(test)
    return Run(name, held.outcome, [validation.predict(held, {0: fit(cohort.rows(rows))}, days)])


def _nothing(cohort: Cohort, rows: np.ndarray, test: np.ndarray, days: np.ndarray) -> Run:
    held, nothing = cohort.rows(test), np.zeros(int(rows.sum()))
    curve = cox.breslow(nothing, cohort.rows(rows).outcome).survival(np.zeros(1), days)
    survival = np.repeat(curve, len(held), axis=0)
    return Run("Kaplan-Meier", held.outcome, [Predictions(np.zeros(len(held)), survival, days, held.split)])


def _by_chance(cohort: Cohort, rows: np.ndarray, test: np.ndarray, days: np.ndarray) -> Run:
    """Several shuffles: with one test set and 33 projects a single one lands far from a half by luck."""
    found = [
        _held("shuffled labels", _shuffled(cohort, rows, seed), rows, test=test, fit=fit_clinical, days=days)
        for seed in range(SHUFFLES)
    ]
    return Run("shuffled labels", found[0].outcome, [one.repeats[0] for one in found])


def _shuffled(cohort: Cohort, rows: np.ndarray, seed: int) -> Cohort:
    """Training outcomes dealt out anew; the test outcomes stay."""
    order = np.arange(len(cohort))
    order[rows] = np.random.default_rng(seed).permutation(order[rows])
    return cohort.with_outcome(cohort.outcome.rows(order))
