"""What a site may set: the tumour-type release and how long a finding stays current."""

from __future__ import annotations

from dataclasses import dataclass, field

from tumorboard.codes.oncotree import OncoTree


@dataclass(frozen=True, slots=True)
class Rules:
    """Windows in days before the screening date; copies per cell for the two grades of copy gain.

    Six copies is the usual reporting limit for amplification at normal ploidy (FoundationOne CDx
    technical information, P170019); three is the smallest gain.
    """

    oncotree: OncoTree = field(default_factory=OncoTree.builtin)
    performance_days: int = 60
    stage_days: int = 120
    contact_days: int = 180
    lab_days: int = 28
    weight_days: int = 90
    examination_days: int = 42
    amplified_copies: float = 6.0
    gained_copies: float = 2.5
    lost_copies: float = 1.5
    absent_copies: float = 0.5
