"""Risk scoring of many patients against the bare arithmetic in NumPy, and of one patient.

    python -m benchmarks.scoring [--patients N] [--json]

The simulated cohort has five modalities and 24 features. Scoring makes whole rows of gold.risk_scores: risk,
curve with interval, bound, contributions, what was used, and the rows it rests on, as Arrow. The reference is
the same model's log hazards alone: matrices times weights.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import pandas as pd

import benchmarks.installation  # noqa: F401 - makes Django ready; nothing is started
from benchmarks.report import Figures, seconds, show
from tests.unit.fusion import simulated
from tumorboard.fusion.cohort import align
from tumorboard.fusion.model import Model
from tumorboard.fusion.train import train
from tumorboard.runs.scoring import Patients, score_block
from tumorboard.scores.models import ScoringModel

TRAINED_ON = 400


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--patients", type=int, default=10_000)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = parser.parse_args(arguments)
    show(f"Risk scoring of {chosen.patients:,} patients", measure(chosen.patients), chosen.json)


def measure(count: int) -> Figures:
    model, _ = train(*simulated.gold(TRAINED_ON, seed=1), seed=1, resamples=10)
    about = ScoringModel(name=model.name, version=model.version, synthetic=True)
    patients = many(count)
    one = patients.of(patients.keys[:1])
    whole = seconds(lambda: score_block([(about, model)], patients, "r"))
    bare = seconds(lambda: plain(model, patients), 3)
    return {
        "patients": count,
        "scored into rows, s": whole,
        "the log hazards alone in NumPy, s": bare,
        "rows to log hazards ratio": whole / bare,
        "100,000 patients at this pace, s": whole * 100_000 / count,
        "one patient, ms": seconds(lambda: score_block([(about, model)], one, "r"), 20) * 1000,
    }


def plain(model: Model, patients: Patients) -> Any:
    """From the long rows to log hazards and nothing else."""
    layout = {name: block.features for name, block in model.fusion.blocks.items()}
    return model.fusion.risk(align(patients.features, patients.keys, layout))


def many(count: int) -> Patients:
    """New patients of the same kind, none of whom was trained on."""
    features, cohort = (frame.copy() for frame in simulated.gold(count, seed=2))
    for frame in (features, cohort):
        frame["patient_key"] = "new" + frame["patient_key"].str.removeprefix("patient-")
        frame["row_id"] = np.char.add("r", np.arange(len(frame)).astype(str))
    features["as_of"], cohort["landmark_on"] = (
        pd.to_datetime(c) for c in (features["as_of"], cohort["landmark_on"])
    )
    return Patients(cohort["patient_key"].tolist(), features, cohort, {})


if __name__ == "__main__":
    main()
