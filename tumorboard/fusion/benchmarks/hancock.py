"""HANCOCK: 763 head and neck cancer patients, five tabular modalities and H&E embeddings, missing as in care.

Files: `features/` of ankilab/HANCOCK_MultimodalDataset (Doerrich 2025). Folds, seed and grid:
registered.toml.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tumorboard.fusion import validation
from tumorboard.fusion.cohort import Cohort, Table, repeated_folds
from tumorboard.fusion.late import join
from tumorboard.fusion.strategies import STRATEGIES
from tumorboard.fusion.survival import Outcome

from . import measuring, missing, registered
from .measuring import Run
from .missing import Repeat

TITLE = "HANCOCK head and neck cohort: overall or recurrence-free survival"
SETTINGS = registered.SETTINGS["hancock"]
SEED: int = SETTINGS["seed"]
REPEATS = 2
DAYS = np.linspace(*SETTINGS["days"])
FILES = {
    "clinical": "clinical.csv",
    "pathological": "pathological.csv",
    "blood": "blood.csv",
    "icd": "icd_codes.csv",
    "tma": "tma_cell_density.csv",
}
STAIN = "tma_tile_dtr_256_HE.npz"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--outcome", choices=("os", "rfs"), default="os")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """All strategies beside the simple rows, each modality alone, and everything about missing modalities."""
    started = time.monotonic()
    cohort = read(options.data, options.outcome)
    repeats = [_fitted(replace(cohort, split=split)) for split in _splits(cohort.outcome)]
    runs = {run.name: run for run in _runs(cohort, repeats)}
    late, groups = runs["late"], groups_of(cohort)
    subset_rows = missing.regrets(repeats, DAYS)
    return {
        "benchmark": f"hancock {options.outcome}",
        "patients": len(cohort),
        "events": cohort.outcome.events,
        "rows": [measuring.row(one) for one in runs.values()],
        "leads": [
            measuring.lead(late, runs[name])
            for name in ("clinical only", "early", "intermediate", "attention")
        ],
        "regret": missing.regret_summary(subset_rows),
        "single_drops": missing.single_drops(repeats, DAYS),
        "random_loss": missing.random_loss(repeats, SETTINGS["random_loss"], DAYS),
        "informative_loss": missing.informative_loss(repeats, SEED, DAYS),
        "coverage_of_90_percent_bound": missing.coverage(repeats, groups, DAYS),
        "coverage_masked_patterns": _worst_and_mean(missing.masked_coverage(repeats, DAYS)),
        "groups": missing.group_figures(repeats, groups, DAYS),
        "subsets": subset_rows,
        **measuring.cost(started),
    }


def _splits(outcome: Outcome) -> list[np.ndarray]:
    return list(repeated_folds(outcome, 5, REPEATS, SEED))


def _fitted(cohort: Cohort) -> Repeat:
    experts = missing.experts_of(cohort, SEED)
    fits = {"late": {number: join(found) for number, found in experts.items()}}
    for name in ("early", "intermediate", "attention"):
        learn = STRATEGIES[name].learn
        fits[name] = validation.fit_folds(cohort, partial(learn, seed=SEED))
    return Repeat(cohort, experts, fits)


def _runs(cohort: Cohort, repeats: list[Repeat]) -> list[Run]:
    mixed = validation.shuffled(cohort, SEED)
    known = [validation.without_a_model(one.cohort, DAYS) for one in repeats]
    by_chance = [validation.late(replace(mixed, split=split), DAYS, SEED) for split in _splits(mixed.outcome)]
    strategies = [
        Run(name, cohort.outcome, [validation.predict(one.cohort, one.fits[name], DAYS) for one in repeats])
        for name in STRATEGIES
    ]
    return [
        *strategies,
        _alone("clinical", repeats),
        *(_alone(name, repeats) for name in cohort.tables if name != "clinical"),
        Run("Kaplan-Meier", cohort.outcome, known),
        Run("shuffled labels", mixed.outcome, by_chance),
    ]


def _alone(name: str, repeats: list[Repeat]) -> Run:
    """The late fusion of one modality: its expert."""
    found = []
    for one in repeats:
        fits = {number: join(experts.only([name]), bounds=False) for number, experts in one.experts.items()}
        found.append(validation.predict(one.cohort.only([name]), fits, DAYS))
    return Run(f"{name} only", repeats[0].cohort.outcome, found)


def groups_of(cohort: Cohort) -> dict[str, np.ndarray]:
    """Sex and age bands; the codes of the sexes are the data set's."""
    sex, age = cohort.groups["sex"].to_numpy(), cohort.groups["age"].to_numpy()
    return {
        **{f"sex code {code:.0f}": sex == code for code in np.unique(sex)},
        "age under 60": age < 60,
        "age 60 and over": age >= 60,
        "age 70 and over": age >= 70,
    }


def _worst_and_mean(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not rows:
        return []
    mean = validation.rounded(float(np.mean([row["covered"] for row in rows])))
    lowest = sorted(rows, key=lambda row: row["covered"])[:3]
    return [{"who": f"mean of {len(rows)} patterns", "covered": mean}, *lowest]


def read(folder: Path, outcome: str = "os") -> Cohort:
    """The cohort of `folder`; each modality is present for the patients its file lists."""
    features = folder / "features" if (folder / "features").is_dir() else folder
    targets = (
        pd.read_csv(features / "targets.csv", dtype={"patient_id": str}).set_index("patient_id").sort_index()
    )
    patients = targets.index
    tables = {name: _tabular(features / file, patients) for name, file in FILES.items()}
    tables["he"] = _embedded(features / STAIN, patients)
    known = _outcome(targets, outcome)
    return Cohort(tuple(patients), tables, known, _groups(features, patients), _splits(known)[0])


def _groups(features: Path, patients: pd.Index) -> pd.DataFrame:
    frame = pd.read_csv(features / FILES["clinical"], dtype={"patient_id": str}).set_index("patient_id")
    return frame.reindex(patients)[["sex", "age_at_initial_diagnosis"]].set_axis(["sex", "age"], axis=1)


def _outcome(targets: pd.DataFrame, outcome: str) -> Outcome:
    if outcome == "rfs":  # ten events are dated before day 0, the first treatment: they count on day 0
        return Outcome(targets["rfs_event"].to_numpy(), targets["days_to_rfs_event"].clip(lower=0).to_numpy())
    died = (targets["survival_status"] == "deceased").to_numpy()
    return Outcome(died, targets["days_to_last_information"].to_numpy())


def _tabular(path: Path, patients: pd.Index) -> Table:
    """The columns as they are: the folder gives every fact as a number, coded ones too."""
    return _table(pd.read_csv(path, dtype={"patient_id": str}).set_index("patient_id"), patients)


def _embedded(path: Path, patients: pd.Index) -> Table:
    with np.load(path, allow_pickle=False) as vectors:
        frame = pd.DataFrame({name: vectors[name] for name in vectors.files}).T
    return _table(frame, patients)


def _table(frame: pd.DataFrame, patients: pd.Index) -> Table:
    aligned = frame.reindex(patients)
    return Table(
        tuple(map(str, frame.columns)), aligned.to_numpy(dtype=np.float64), patients.isin(frame.index)
    )
