"""What a model must show before each step of its life: written down as data, measured, pass or fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SILENT, APPROVED = "silent", "approved"  # the steps that are signed


@dataclass(frozen=True, slots=True)
class Criterion:
    """`measure` names a measured fact. `must`: nobody may sign past it; the others may be signed past with
    a written reason. One that is not `for_synthetic` does not apply to a model of invented patients."""

    code: str
    step: str
    words: str
    measure: str
    at_least: float | None = None
    at_most: float | None = None
    must: bool = False
    for_synthetic: bool = True

    @property
    def threshold(self) -> str:
        parts = [f"at least {self.at_least:g}"] if self.at_least is not None else []
        return " and ".join(parts + ([f"at most {self.at_most:g}"] if self.at_most is not None else []))


CRITERIA: tuple[Criterion, ...] = (
    Criterion("files", SILENT, "The model's files are those that were trained", "files_match", 1, must=True),
    Criterion("traced", SILENT, "The run names its snapshot and hashes", "traced", 1, must=True),
    Criterion(
        "shuffled",
        SILENT,
        "Trained on shuffled outcomes it finds nothing: distance of .5 from the interval of C",
        "shuffled_off",
        at_most=0,
        must=True,
    ),
    Criterion("better_than_none", SILENT, "Lower end of C", "c_low", 0.5, must=True),
    Criterion("deaths", SILENT, "Deaths in the training cohort", "deaths", 100),
    Criterion("scored", APPROVED, "Patients scored in silence", "scored", 1, must=True),
    Criterion(
        "alerts", APPROVED, "Alerts of the watch that nobody has settled", "open_alerts", None, 0, True
    ),
    Criterion("silent_days", APPROVED, "Days of scoring in silence", "silent_days", 28, for_synthetic=False),
    Criterion("baseline", APPROVED, "Lower end of the lead in C over clinical data alone", "lead_low", -0.02),
    Criterion("slope", APPROVED, "Calibration slope", "slope", 0.9, 1.1),
    Criterion("gap", APPROVED, "Calibration gap at three years, either way", "gap", None, 0.03),
    Criterion(
        "groups", APPROVED, "Largest C below everyone's in a group of 100 or more", "group_gap", None, 0.05
    ),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A criterion with what was measured. `passed` is None where it does not apply."""

    criterion: Criterion
    value: float | None
    passed: bool | None

    @property
    def stops(self) -> bool:
        return self.passed is False and self.criterion.must

    @property
    def deviates(self) -> bool:
        return self.passed is False and not self.criterion.must


def marks(step: str, facts: Mapping[str, float | None], *, synthetic: bool) -> list[Mark]:
    """Every criterion of a step. What was not measured has not passed."""
    return [_mark(one, facts.get(one.measure), synthetic) for one in CRITERIA if one.step == step]


def _mark(criterion: Criterion, value: float | None, synthetic: bool) -> Mark:
    if synthetic and not criterion.for_synthetic:
        return Mark(criterion, value, None)
    if value is None:
        return Mark(criterion, None, False)
    low = criterion.at_least is None or value >= criterion.at_least
    high = criterion.at_most is None or value <= criterion.at_most
    return Mark(criterion, value, low and high)


def as_rows(found: Sequence[Mark]) -> list[dict[str, Any]]:
    """Plain values: what a signature keeps."""
    return [
        {
            "code": mark.criterion.code,
            "words": mark.criterion.words,
            "threshold": mark.criterion.threshold,
            "value": mark.value,
            "passed": mark.passed,
            "must": mark.criterion.must,
        }
        for mark in found
    ]
