"""What a training set is, as hashes: enough to tell, bit for bit, whether it was rebuilt."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from .cohort import Cohort


def fingerprint(cohort: Cohort) -> dict[str, str]:
    """SHA-256 of the features, of the outcome and of the split. Nothing of a patient can be read from them:
    each covers the whole cohort."""
    keys = "\n".join(cohort.patients)
    features = (
        part
        for name, table in cohort.tables.items()
        for part in (name, "\n".join(table.features), table.values, table.present)
    )
    return {
        "features": _digest([keys, *features]),
        "outcome": _digest([keys, cohort.outcome.event, cohort.outcome.time]),
        "split": _digest([keys, cohort.split]),
    }


def _digest(parts: Iterable[Any]) -> str:
    """Over text and arrays; every NaN is written the same way."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            content, kind = part.encode(), "text"
        else:
            array = np.ascontiguousarray(part)
            content, kind = _canonical(array).tobytes(), f"{array.dtype.str}{array.shape}"
        digest.update(f"{kind} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _canonical(array: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(array), np.nan, array) + 0.0 if array.dtype.kind == "f" else array
