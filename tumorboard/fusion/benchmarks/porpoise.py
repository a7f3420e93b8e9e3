"""TCGA cohorts in PORPOISE's format on its fixed 5 folds (Chen 2022), beside MCAT's published risks.

Files: `tcga_<cancer>_all_clean.csv.zip`, `splits/5foldcv/tcga_<cancer>/splits_<k>.csv`. Modalities: clinical
(age, sex, OncoTree code), expression, copy number, mutations. Score: C per validation fold, mean of 5.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tumorboard.fusion import transfer, validation
from tumorboard.fusion.cohort import BadFeatures, Cohort, Table
from tumorboard.fusion.fused import Fitted
from tumorboard.fusion.late import Experts, join, with_fixed
from tumorboard.fusion.strategies import STRATEGIES
from tumorboard.fusion.survival import DAYS_PER_MONTH, Outcome
from tumorboard.fusion.transfer import Transferred
from tumorboard.fusion.validation import Predictions

from . import measuring, registered
from .measuring import Run
from .missing import experts_of
from .published import read as read_published

TITLE = "TCGA cohorts in PORPOISE's format, on its folds"
SETTINGS = registered.SETTINGS["porpoise"]
CANCERS = ",".join(SETTINGS["cancers"])
SEED: int = SETTINGS["seed"]
PRIMARY: str = SETTINGS["primary"]
SLIDE_WEIGHT: float = registered.SETTINGS["late"]["slide_weight"]
FOLDS = 5
ENDINGS = {"expression": "_rnaseq", "copy_number": "_cnv", "mutations": "_mut"}
BAR = "MCATsm_nll_surv_a0.0_5foldcv_gc32_concat"
SLIDES = "AMILsm_nll_surv_a0.0_5foldcv_gc32_sig"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cancers", default=CANCERS, help="comma-separated, as in the file names")
    parser.add_argument(
        "--published", type=Path, help="published risks: a CSV, or the folder of the authors' result pickles"
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Per cancer and as mean: every strategy, with and without the pan-cancer expert, beside the simple rows
    and, with `--published`, MCAT and the slide-only risk as one more modality.
    """
    started = time.monotonic()
    published = read_published(options.published) if options.published else None
    cohorts = {cancer: read(options.data, cancer) for cancer in options.cancers.split(",")}
    if published is not None:
        cohorts = {cancer: _with_slides(cohort, cancer, published) for cancer, cohort in cohorts.items()}
    runs = _runs(cohorts)
    if published is not None:
        for cancer, cohort in cohorts.items():
            for name, model in (("MCAT, published", BAR), ("slides only, published", SLIDES)):
                runs[cancer].append(_published_run(name, cohort, cancer, published, model))
    by_name = _over_cancers(runs)
    rows = [{"cancer": cancer, **measuring.row(one)} for cancer, found in runs.items() for one in found]
    return {
        "benchmark": "porpoise",
        "rows": rows,
        "means": _means(rows),
        "leads": _leads(by_name),
        "against_clinical_only": _against_clinical(rows),
        **measuring.cost(started),
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
    held = [pd.read_csv(folder / f"splits_{number}.csv")["val"].dropna() for number in range(FOLDS)]
    fold = pd.concat([pd.Series(number, index=cases) for number, cases in enumerate(held)])
    if fold.index.duplicated().any():
        raise BadFeatures(f"{folder.name}: a patient is held out in two folds")
    return fold


def _table(frame: pd.DataFrame) -> Table:
    return Table(tuple(frame.columns), frame.to_numpy(dtype=np.float64), np.ones(len(frame), dtype=bool))


def _runs(cohorts: Mapping[str, Cohort]) -> dict[str, list[Run]]:
    """Per cancer the held-out predictions of every model of our own."""
    tabular = {cancer: cohort.without("slides") for cancer, cohort in cohorts.items()}
    mixed = {cancer: validation.shuffled(cohort, SEED) for cancer, cohort in tabular.items()}
    transferred, by_chance = _transferred(tabular), _transferred(mixed)
    runs = {}
    for cancer, cohort in tabular.items():
        times = validation.time_grid(cohort.outcome)
        fits = _fits(cohort, cohorts[cancer], transferred[cancer])
        shuffled = {
            number: join(replace(found, transferred=by_chance[cancer][number]))
            for number, found in experts_of(mixed[cancer], SEED).items()
        }
        runs[cancer] = [
            Run(name, cohort.outcome, [validation.predict(cohorts[cancer], found, times)])
            for name, found in fits.items()
        ]
        runs[cancer] += [
            Run("Kaplan-Meier", cohort.outcome, [validation.without_a_model(cohort, times)]),
            Run(
                "shuffled labels", mixed[cancer].outcome, [validation.predict(mixed[cancer], shuffled, times)]
            ),
        ]
    return runs


def _transferred(cohorts: Mapping[str, Cohort]) -> dict[str, dict[int, Transferred]]:
    """Per cancer and fold, what a pan-cancer model of the other folds of every cancer gives it."""
    columns = transfer.shared_columns(cohorts, ["expression"])
    columns["clinical"] = ("age", "is_female")
    found: dict[str, dict[int, Transferred]] = {cancer: {} for cancer in cohorts}
    for number in range(FOLDS):
        training = {cancer: cohort.rows(cohort.split != number) for cancer, cohort in cohorts.items()}
        for cancer, one in transfer.pooled(training, columns, seed=SEED).items():
            found[cancer][number] = one
    return found


def _fits(
    cohort: Cohort, with_slides: Cohort, transferred: Mapping[int, Transferred]
) -> dict[str, Mapping[int, Fitted]]:
    """Every model's fit per fold."""
    experts = experts_of(cohort, SEED)
    pan = {number: replace(found, transferred=transferred[number]) for number, found in experts.items()}
    fits: dict[str, Mapping[int, Fitted]] = {
        PRIMARY: {number: join(found) for number, found in pan.items()},
        "late": {number: join(found) for number, found in experts.items()},
        "pan-cancer expert only": {number: join(_silenced(found)) for number, found in pan.items()},
    }
    for name in ("early", "intermediate", "attention"):
        fits[name] = validation.fit_folds(cohort, partial(STRATEGIES[name].learn, seed=SEED))
    fits["clinical only"] = {number: join(found.only(["clinical"])) for number, found in experts.items()}
    if "slides" in with_slides.tables:
        fits[f"{PRIMARY} + slides"] = {
            number: join(
                with_fixed(found, with_slides.rows(with_slides.split != number), "slides", SLIDE_WEIGHT)
            )
            for number, found in pan.items()
        }
    return fits


def _silenced(found: Experts) -> Experts:
    """The same experts without a say: only what was transferred is left."""
    return replace(found, raw=np.where(np.isnan(found.raw), np.nan, 0.0))


def _with_slides(cohort: Cohort, cancer: str, published: pd.DataFrame) -> Cohort:
    """The published slide-only risk as one more modality.

    A training patient's risk comes from the fold that held them out; its model saw the fold predicted here.
    Only the centre, the scale and the slope of the calibration are taken from it: none changes a ranking.
    """
    risk = _published(cohort, cancer, published, np.empty(0), SLIDES).risk
    table = Table(("risk",), risk[:, None], np.ones(len(cohort), dtype=bool))
    return replace(cohort, tables={**cohort.tables, "slides": table})


def _published_run(name: str, cohort: Cohort, cancer: str, published: pd.DataFrame, model: str) -> Run:
    times = validation.time_grid(cohort.outcome)
    return Run(name, cohort.outcome, [_published(cohort, cancer, published, times, model)])


def _published(
    cohort: Cohort, cancer: str, published: pd.DataFrame, times: np.ndarray, model: str = BAR
) -> Predictions:
    """A published risk of each patient in the fold that held them out; it has no survival curve, so no
    IBS.
    """
    known = published[(published["model"] == model) & (published["cancer"] == cancer)].set_index("case_id")
    lacking = set(cohort.patients) - set(known.index)
    if lacking:
        raise BadFeatures(f"{cancer}: no published risk of {model} for {len(lacking)} patients")
    known = known.loc[list(cohort.patients)]
    if (known["fold"].to_numpy() != cohort.split).any():
        raise BadFeatures(f"{cancer}: the published risks come from other folds")
    return Predictions(
        known["risk"].to_numpy(), np.full((len(cohort), len(times)), np.nan), times, cohort.split
    )


def _leads(by_name: Mapping[str, Run]) -> list[dict[str, Any]]:
    """Every "better", with the paired bootstrap behind it."""
    slides, bar = f"{PRIMARY} + slides", "MCAT, published"
    pairs = [
        *((PRIMARY, other) for other in (bar, "clinical only", "late", "early", "intermediate", "attention")),
        (slides, bar),
        (slides, PRIMARY),
        ("late", bar),
        ("late", "clinical only"),
    ]
    known = [(ours, theirs) for ours, theirs in pairs if ours in by_name and theirs in by_name]
    return [measuring.lead(by_name[ours], by_name[theirs]) for ours, theirs in known]


def _against_clinical(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The primary model's lead over clinical only, cancer by cancer: the weakest one counts."""
    c = {(row["cancer"], row["row"]): row["c"] for row in rows}
    cancers = dict.fromkeys(row["cancer"] for row in rows)
    return [
        {
            "cancer": cancer,
            "ahead": validation.rounded(c[cancer, PRIMARY] - c[cancer, "clinical only"]),
        }
        for cancer in cancers
    ]


def _over_cancers(runs: Mapping[str, list[Run]]) -> dict[str, Run]:
    """One model's folds of all cancers as one run: each cancer has 5, so the mean C is that over cancers."""
    names = [one.name for one in next(iter(runs.values()))]
    return {
        name: _joined(name, [found[place] for found in runs.values()]) for place, name in enumerate(names)
    }


def _joined(name: str, chosen: list[Run]) -> Run:
    outcome = Outcome(
        np.concatenate([one.outcome.event for one in chosen]),
        np.concatenate([one.outcome.time for one in chosen]),
    )
    risk = np.concatenate([one.repeats[0].risk for one in chosen])
    split = np.concatenate([one.repeats[0].split + FOLDS * number for number, one in enumerate(chosen)])
    return Run(name, outcome, [Predictions(risk, np.empty((len(risk), 0)), np.empty(0), split)])


def _means(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    frame = pd.DataFrame(rows)
    means = frame.groupby("row", sort=False)["c"].mean()
    return [{"row": str(name), "c": validation.rounded(value)} for name, value in means.items()]
