"""The three values as small integers, and how the facts of a patient combine into one value.

Kleene's logic becomes arithmetic: and is the minimum, or the maximum, not is 2 - x.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from tumorboard.trials.logic import Value

Column: TypeAlias = npt.NDArray[np.int8]  # one value for each patient of a block, or for each fact
Flags: TypeAlias = npt.NDArray[np.bool_]
Ints: TypeAlias = npt.NDArray[np.int64]
Numbers: TypeAlias = npt.NDArray[np.float64]

NOT_MET, UNKNOWN, MET = np.int8(0), np.int8(1), np.int8(2)
CODES: dict[Value, np.int8] = {Value.NOT_MET: NOT_MET, Value.UNKNOWN: UNKNOWN, Value.MET: MET}
VALUES: tuple[Value, ...] = (Value.NOT_MET, Value.UNKNOWN, Value.MET)


def column(values: Iterable[Value]) -> Column:
    return np.fromiter((CODES[value] for value in values), dtype=np.int8)


def constant(size: int, value: np.int8) -> Column:
    return np.full(size, value, dtype=np.int8)


def of(holds: Flags) -> Column:
    """Met where it holds, else not met."""
    return holds.view(np.int8) * MET


def negated(values: Column) -> Column:
    return MET - values


def flagged(size: int, patient: npt.NDArray[Any]) -> Flags:
    """The patients named at least once."""
    flags = np.zeros(size, dtype=np.bool_)
    flags[patient] = True
    return flags


def any_of(size: int, patient: npt.NDArray[Any], values: Column) -> Column:
    """OR over the facts of each patient; not met where there is no fact."""
    result = np.zeros(size, dtype=np.int8)
    result[patient[values == UNKNOWN]] = UNKNOWN
    result[patient[values == MET]] = MET
    return result


def agreed(size: int, patient: npt.NDArray[Any], values: Column) -> Column:
    """What all facts of a patient that settle it say; unknown where they disagree or none does."""
    met = flagged(size, patient[values == MET])
    return UNKNOWN + met.view(np.int8) - flagged(size, patient[values == NOT_MET]).view(np.int8)


def first_settled(first: Column, other: Column) -> Column:
    return np.where(first == UNKNOWN, other, first)
