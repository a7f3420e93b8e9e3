"""HANCOCK: 763 head and neck cancer patients, five tabular modalities and H&E embeddings, missing as in care.

Files: `features/` of ankilab/HANCOCK_MultimodalDataset (Doerrich 2025). Two repeats of 5 folds
stratified by the event, seeds 11 and 12; IBS over 30 points from 180 to 1825 days.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tumorboard.fusion import validation
from tumorboard.fusion.cohort import Cohort, Table, assign_folds
from tumorboard.fusion.late import fit_late
from tumorboard.fusion.survival import Outcome
from tumorboard.fusion.validation import Predictions, cross_validate

from . import measuring
from .measuring import Run

TITLE = "HANCOCK head and neck cohort: overall or recurrence-free survival"
SEEDS = (11, 12)
DAYS = np.linspace(180.0, 1825.0, 30)
FILES = {
    "clinical": "clinical.csv",
    "pathological": "pathological.csv",
    "blood": "blood.csv",
    "icd": "icd_codes.csv",
    "tma": "tma_cell_density.csv",
}
NOMINAL = (
    "primary_tumor_site",
    "histologic_type",
    "hpv_association_p16",
    "resection_status",
    "resection_status_carcinoma_in_situ",
    "smoking_status",
)
STAIN = "tma_tile_dtr_256_HE.npz"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--outcome", choices=("os", "rfs"), default="os")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """The table: late fusion, every modality alone, Kaplan-Meier, shuffled labels, every single drop."""
    started = time.monotonic()
    cohort = read(options.data, options.outcome)
    fused = _repeated("late fusion", cohort)
    clinical = _repeated("clinical only", cohort.only(["clinical"]))
    alone = [_repeated(f"{name} only", cohort.only([name])) for name in cohort.tables if name != "clinical"]
    known = [validation.without_a_model(_split(cohort, seed), DAYS) for seed in SEEDS]
    mixed = _repeated("shuffled labels", validation.shuffled(cohort, SEEDS[0]))
    runs = [fused, clinical, *alone, Run("Kaplan-Meier", cohort.outcome, known), mixed]
    return {
        "benchmark": f"hancock {options.outcome}",
        "patients": len(cohort),
        "events": cohort.outcome.events,
        "rows": [measuring.row(one) for one in runs],
        "leads": [measuring.lead(fused, clinical)],
        "regret": [_regret(cohort, name) for name in cohort.tables],
        "seconds": round(time.monotonic() - started),
    }


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
    return Cohort(
        tuple(patients), tables, known, pd.DataFrame(index=patients), assign_folds(known, 5, SEEDS[0])
    )


def _outcome(targets: pd.DataFrame, outcome: str) -> Outcome:
    if outcome == "rfs":  # ten events are dated before day 0, the first treatment: they count on day 0
        return Outcome(targets["rfs_event"].to_numpy(), targets["days_to_rfs_event"].clip(lower=0).to_numpy())
    died = (targets["survival_status"] == "deceased").to_numpy()
    return Outcome(died, targets["days_to_last_information"].to_numpy())


def _tabular(path: Path, patients: pd.Index) -> Table:
    frame = pd.read_csv(path, dtype={"patient_id": str}).set_index("patient_id")
    nominal = [name for name in NOMINAL if name in frame]
    frame = pd.get_dummies(frame, columns=nominal, dtype=float)
    return _table(frame, patients)


def _embedded(path: Path, patients: pd.Index) -> Table:
    with np.load(path, allow_pickle=False) as vectors:
        frame = pd.DataFrame({name: vectors[name] for name in vectors.files}).T
    return _table(frame, patients)


def _table(frame: pd.DataFrame, patients: pd.Index) -> Table:
    aligned = frame.reindex(patients)
    return Table(
        tuple(map(str, frame.columns)), aligned.to_numpy(dtype=np.float64), patients.isin(frame.index)
    )


def _split(cohort: Cohort, seed: int) -> Cohort:
    return replace(cohort, split=assign_folds(cohort.outcome, 5, seed))


def _repeated(name: str, cohort: Cohort) -> Run:
    return Run(name, cohort.outcome, [validation.late(_split(cohort, seed), DAYS, seed) for seed in SEEDS])


def _regret(cohort: Cohort, dropped: str) -> dict[str, Any]:
    """C of a fusion refitted without the modality minus C of the full fusion with it masked."""
    kept = [name for name in cohort.tables if name != dropped]
    refit = _repeated(f"refit without {dropped}", cohort.only(kept))
    masked = Run(
        f"masked {dropped}", cohort.outcome, [_masked(_split(cohort, seed), kept, seed) for seed in SEEDS]
    )
    return measuring.lead(refit, masked)


def _masked(cohort: Cohort, kept: Sequence[str], seed: int) -> Predictions:
    return cross_validate(cohort, lambda part: fit_late(part, seed=seed), DAYS, shown=kept)
