"""Small made-up cohorts whose truth is known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from tumorboard.fusion.survival import Outcome

SIZES = {"clinical": 4, "genomic": 6, "imaging": 5, "labs": 6, "wearables": 3}
SHARE = {"clinical": 1.0, "genomic": 0.7, "imaging": 0.6, "labs": 0.8, "wearables": 0.4}
LANDMARK = date(2025, 3, 1)


def outcome_of(log_hazard: np.ndarray, draw: np.random.Generator, *, mean_days: float = 900.0) -> Outcome:
    """Exponential survival under `log_hazard`, censored at a random time independent of it."""
    death = draw.exponential(mean_days / np.exp(log_hazard))
    lost = draw.uniform(200, 2500, len(log_hazard))
    return Outcome(death <= lost, np.minimum(death, lost))


def gold(patients: int = 160, seed: int = 3) -> tuple[pd.DataFrame, pd.DataFrame]:
    """gold.features and gold.cohort: two features of each modality matter, modalities are missing."""
    draw = np.random.default_rng(seed)
    keys = np.array([f"patient-{number:04d}" for number in range(patients)])
    log_hazard, parts = np.zeros(patients), []
    for modality, size in SIZES.items():
        values = draw.normal(size=(patients, size))
        log_hazard += 0.6 * values[:, 0] - 0.4 * values[:, 1]
        parts.append(long_rows(modality, keys, values, draw.random(patients) < SHARE[modality], draw))
    outcome = outcome_of(log_hazard, draw)
    cohort = pd.DataFrame(
        {
            "patient_key": keys,
            "tumor_type": draw.choice(["LUAD", "COAD"], patients),
            "age": draw.uniform(40, 80, patients),
            "sex": draw.choice(["female", "male"], patients),
            "stage_group": "IV",
            "site": "A",
            "diagnosed_on": date(2025, 1, 1),
            "landmark_on": LANDMARK,
            "os_days": outcome.time,
            "died": outcome.event,
            "synthetic": True,
        }
    )
    return pd.concat(parts, ignore_index=True), cohort


def long_rows(
    modality: str, keys: np.ndarray, values: np.ndarray, present: np.ndarray, draw: np.random.Generator
) -> pd.DataFrame:
    """The rows of one modality, one value in twenty not measured."""
    row, column = np.nonzero(present[:, None] & (draw.random(values.shape) > 0.05))
    return pd.DataFrame(
        {
            "patient_key": keys[row],
            "modality": modality,
            "feature": [f"{modality}_{number}" for number in column],
            "value": values[row, column],
            "as_of": LANDMARK,
        }
    )


def of_patient(features: pd.DataFrame, patient: str) -> pd.DataFrame:
    return features[features["patient_key"] == patient].reset_index(drop=True)
