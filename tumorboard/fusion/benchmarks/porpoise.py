"""TCGA cohorts in PORPOISE's format on its fixed 5 folds (Chen 2022), beside MCAT's published risks.

Files: `tcga_<cancer>_all_clean.csv.zip`, `splits/5foldcv/tcga_<cancer>/splits_<k>.csv`. Modalities: clinical
(age, sex, OncoTree code), expression, copy number, mutations. Score: C per validation fold, mean of 5.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tumorboard.fusion import validation
from tumorboard.fusion.cohort import BadFeatures, Cohort, Table
from tumorboard.fusion.survival import DAYS_PER_MONTH, Outcome
from tumorboard.fusion.validation import Predictions

from . import measuring
from .measuring import Run

TITLE = "TCGA cohorts in PORPOISE's format, on its folds"
CANCERS = "blca,brca,gbmlgg,luad"
SEED = 11
ENDINGS = {"expression": "_rnaseq", "copy_number": "_cnv", "mutations": "_mut"}
BAR = "MCATsm_nll_surv_a0.0_5foldcv_gc32_concat"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cancers", default=CANCERS, help="comma-separated, as in the file names")
    parser.add_argument(
        "--published", type=Path, help="CSV of published risks per model, cancer, fold and patient"
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Per cancer and as mean: late fusion, clinical only, Kaplan-Meier, shuffled labels, published bar."""
    started = time.monotonic()
    published = pd.read_csv(options.published) if options.published else None
    runs = {
        cancer: _runs(read(options.data, cancer), cancer, published) for cancer in options.cancers.split(",")
    }
    rows = [{"cancer": cancer, **measuring.row(one)} for cancer, found in runs.items() for one in found]
    return {
        "benchmark": "porpoise",
        "rows": rows,
        "means": _means(rows),
        "leads": [
            measuring.lead(_over_cancers(runs, 0), _over_cancers(runs, place))
            for place in range(1, len(next(iter(runs.values()))))
            if next(iter(runs.values()))[place].name in ("clinical only", "MCAT, published")
        ],
        "seconds": round(time.monotonic() - started),
    }


def read(folder: Path, cancer: str) -> Cohort:
    """One cancer's patients of the folds, one row each, with the number of the fold that holds them out."""
    frame = (
        pd.read_csv(folder / f"tcga_{cancer}_all_clean.csv.zip")
        .drop_duplicates("case_id")
        .set_index("case_id")
    )
    fold = _folds(folder / "splits" / "5foldcv" / f"tcga_{cancer}")
    frame = frame.loc[sorted(fold.index)]
    outcome = Outcome(
        1 - frame["censorship"].to_numpy(), frame["survival_months"].to_numpy() * DAYS_PER_MONTH
    )
    tables = {name: _table(frame.filter(regex=f"{ending}$")) for name, ending in ENDINGS.items()}
    tables["clinical"] = _table(pd.get_dummies(frame[["age", "is_female", "oncotree_code"]], dtype=float))
    return Cohort(
        tuple(frame.index), tables, outcome, pd.DataFrame(index=frame.index), fold[frame.index].to_numpy()
    )


def _folds(folder: Path) -> pd.Series:
    held = [pd.read_csv(folder / f"splits_{number}.csv")["val"].dropna() for number in range(5)]
    fold = pd.concat([pd.Series(number, index=cases) for number, cases in enumerate(held)])
    if fold.index.duplicated().any():
        raise BadFeatures(f"{folder.name}: a patient is held out in two folds")
    return fold


def _table(frame: pd.DataFrame) -> Table:
    return Table(tuple(frame.columns), frame.to_numpy(dtype=np.float64), np.ones(len(frame), dtype=bool))


def _runs(cohort: Cohort, cancer: str, published: pd.DataFrame | None) -> list[Run]:
    times = validation.time_grid(cohort.outcome)
    mixed = validation.shuffled(cohort, SEED)
    runs = [
        Run("late fusion", cohort.outcome, [validation.late(cohort, times, SEED)]),
        Run("clinical only", cohort.outcome, [validation.late(cohort.only(["clinical"]), times, SEED)]),
        Run("Kaplan-Meier", cohort.outcome, [validation.without_a_model(cohort, times)]),
        Run("shuffled labels", mixed.outcome, [validation.late(mixed, times, SEED)]),
    ]
    if published is not None:
        runs.append(Run("MCAT, published", cohort.outcome, [_published(cohort, cancer, published, times)]))
    return runs


def _published(cohort: Cohort, cancer: str, published: pd.DataFrame, times: np.ndarray) -> Predictions:
    """MCAT's own risk of each patient in the fold that held them out; it has no survival curve, so no IBS."""
    known = published[(published["model"] == BAR) & (published["cancer"] == cancer)].set_index("case_id")
    known = known.loc[list(cohort.patients)]
    if (known["fold"].to_numpy() != cohort.split).any():
        raise BadFeatures(f"{cancer}: the published risks come from other folds")
    return Predictions(
        known["risk"].to_numpy(), np.full((len(cohort), len(times)), np.nan), times, cohort.split
    )


def _over_cancers(runs: dict[str, list[Run]], place: int) -> Run:
    """One model's folds of all cancers as one run: each cancer has 5, so the mean C is that over cancers."""
    chosen = [found[place] for found in runs.values()]
    outcome = Outcome(
        np.concatenate([one.outcome.event for one in chosen]),
        np.concatenate([one.outcome.time for one in chosen]),
    )
    risk = np.concatenate([one.repeats[0].risk for one in chosen])
    split = np.concatenate([one.repeats[0].split + 5 * number for number, one in enumerate(chosen)])
    nothing = np.empty((len(risk), 0))
    return Run(chosen[0].name, outcome, [Predictions(risk, nothing, np.empty(0), split)])


def _means(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    frame = pd.DataFrame(rows)
    means = frame.groupby("row", sort=False)["c"].mean()
    return [{"row": str(name), "c": validation.rounded(value)} for name, value in means.items()]
