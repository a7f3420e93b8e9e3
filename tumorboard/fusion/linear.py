"""A fusion that is linear in each modality's prepared columns: late, early and intermediate end as one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from . import cox
from .blocks import Block
from .cohort import Cohort, Tables
from .conformal import Bounds
from .cox import Baseline
from .experts import Expert
from .fused import Fitted, Fusion, patients_in
from .survival import Floats


@dataclass(frozen=True, slots=True, eq=False)
class LinearFusion(Fusion):
    """`experts` in the order of their names; `scale` (m,) is log hazard per unit of each expert's own risk.

    `shift` (m, 2) is the contribution of lacking (column 0) and of having (column 1) the modality at all; 0
    in late fusion. `method` is "stack", "weighted mean", "early", "intermediate" or "none".
    """

    experts: Mapping[str, Expert]
    scale: Floats
    spread: Floats
    baseline: Baseline
    method: str
    left_out: Mapping[str, str]
    bounds: Bounds = field(default_factory=Bounds)
    shift: Floats | None = None

    @property
    def blocks(self) -> Mapping[str, Block]:
        return {name: expert.block for name, expert in self.experts.items()}

    def parts(self, tables: Tables) -> Floats:
        """Contribution (n, m); in late fusion exactly 0 where the modality is absent."""
        parts = np.zeros((patients_in(tables), len(self.experts)))
        present = self.present(tables)
        for number, (name, expert) in enumerate(self.experts.items()):
            rows = np.flatnonzero(present[:, number])
            if len(rows):
                parts[rows, number] = expert.risk(expert.columns(tables[name])[rows]) * self.scale[number]
        if self.shift is None:
            return parts
        shifted: Floats = parts + np.where(present, self.shift[:, 1], self.shift[:, 0])
        return shifted

    def feature_parts(self, tables: Tables, modality: str) -> Floats:
        number, expert = list(self.experts).index(modality), self.experts[modality]
        shares = expert.shares(expert.columns(tables[modality])) * self.scale[number]
        return np.where(tables[modality].present[:, None], shares, np.nan)

    def state(self) -> dict[str, Any]:
        shift = {} if self.shift is None else {"shift": self.shift}
        return {
            "kind": "linear",
            "experts": {name: asdict(expert) for name, expert in self.experts.items()},
            "scale": self.scale,
            "spread": self.spread,
            "method": self.method,
            "left_out": dict(self.left_out),
            **shift,
        }


def untrained(cohort: Cohort, left_out: Mapping[str, str]) -> Fitted:
    """A fusion of nothing: everyone has the cohort's curve."""
    nothing = np.zeros(len(cohort))
    baseline = cox.breslow(nothing, cohort.outcome)
    return Fitted(LinearFusion({}, np.empty(0), np.empty(0), baseline, "none", left_out), nothing)
