"""Numbers against limits, for columns of numbers."""

from __future__ import annotations

import numpy as np

from tumorboard.trials.columns.values import Flags, Ints, Numbers
from tumorboard.trials.criteria import Comparison, Sign
from tumorboard.trials.organs import rounded

_COMPARED = {
    ">=": np.greater_equal, ">": np.greater, "<=": np.less_equal, "<": np.less, "==": np.equal,
}  # fmt: skip


def compared(comparison: Comparison, numbers: Numbers) -> Flags:
    return against(comparison.sign, numbers, comparison.number)


def against(sign: Sign, numbers: Numbers | Ints, limits: Numbers | float) -> Flags:
    """As `Comparison.holds`; NaN on either side holds never."""
    flags: Flags = _COMPARED[sign](numbers, limits)
    return flags


def all_rounded(numbers: Numbers) -> Numbers:
    """As `organs.rounded`, for every different number once."""
    different, which = np.unique(numbers, return_inverse=True)
    return np.array([rounded(float(number)) for number in different], dtype=np.float64)[which]
