"""Who has which modality: by pattern, site and year; and what each pattern does to a model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from .bias import figures
from .cohort import MODALITIES, Cohort
from .survival import Bools
from .validation import Predictions, rows_of

SMALL = 5  # patients; smaller cells are not told apart
PATTERNS_SHOWN = 12

Row = dict[str, Any]


def inventory(features: pd.DataFrame, cohort: pd.DataFrame) -> dict[str, Any]:
    """Counts from gold.features and gold.cohort.

    `patterns` (most frequent first), `by_site` and `by_year` (of the landmark): patients, and per modality
    how many have it. A count from 1 to SMALL - 1 is None: it could point at a person.
    """
    patients = cohort["patient_key"].astype(str).drop_duplicates()
    known = features[features["value"].notna()]
    present = pd.DataFrame(
        {
            name: patients.isin(known.loc[known["modality"] == name, "patient_key"].astype(str))
            for name in MODALITIES
        }
    ).set_axis(patients.to_numpy())
    about = cohort.drop_duplicates("patient_key").set_axis(patients.to_numpy())
    return {
        "patients": len(patients),
        "modalities": {name: _shown(int(present[name].sum())) for name in MODALITIES},
        "patterns": _patterns(present),
        "by_site": _by(present, about.get("site")),
        "by_year": _by(present, _years(about)),
        "smallest": SMALL,
    }


def _patterns(present: pd.DataFrame) -> list[Row]:
    counts = present.value_counts()
    rows: list[Row] = [
        {"has": [m for m, has in zip(present.columns, key, strict=True) if has], "n": int(count)}
        for key, count in counts.items()
    ]
    rows.sort(key=lambda row: (-row["n"], row["has"]))
    kept = [row for row in rows if row["n"] >= SMALL][:PATTERNS_SHOWN]
    rest = len(present) - sum(row["n"] for row in kept)
    return [*kept, {"has": None, "n": _shown(rest), "kinds": len(rows) - len(kept)}] if rest else kept


def _by(present: pd.DataFrame, names: pd.Series | None) -> list[Row]:
    """A row per value of `names`, and one for patients without it."""
    if names is None:
        return []
    named = names.astype(object).where(names.notna(), "not known").astype(str)
    rows = []
    for name in sorted(named.unique()):
        mine = present[(named == name).to_numpy()]
        counts = {modality: _shown(int(mine[modality].sum())) for modality in present.columns}
        rows.append({"group": name, "n": _shown(len(mine)), **counts})
    return rows


def _years(about: pd.DataFrame) -> pd.Series | None:
    if "landmark_on" not in about:
        return None
    years = pd.to_datetime(about["landmark_on"]).dt.year
    return years.map(lambda year: None if pd.isna(year) else str(int(year)))


def _shown(count: int) -> int | None:
    return None if 0 < count < SMALL else count


def performance(cohort: Cohort, predicted: Predictions, *, seed: int = 0) -> list[Row]:
    """Held-out figures of the patients with exactly the same modalities, the most frequent pattern first."""
    names = list(cohort.tables)
    present = np.column_stack([cohort.tables[name].present for name in names]) if names else _nobody(cohort)
    rows = []
    for key in np.unique(present, axis=0):
        mine: Bools = (present == key).all(axis=1)
        if mine.sum() < SMALL:
            continue
        part = rows_of(predicted, mine)
        has = [name for name, there in zip(names, key, strict=True) if there]
        rows.append({"has": has, **figures(cohort.outcome.rows(mine), part, seed=seed)})
    return sorted(rows, key=lambda row: (-row["n"], row["has"]))


def _nobody(cohort: Cohort) -> Bools:
    return np.zeros((len(cohort), 0), dtype=np.bool_)


def in_words(has: Sequence[str] | None) -> str:
    if has is None:
        return "other patterns"
    return " + ".join(has) if has else "no modality"
