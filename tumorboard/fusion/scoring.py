"""The score of one patient: what it rests on, what it lacks; or why none is given, and the cohort's curve."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from .cohort import MODALITIES, Table, Tables, align
from .late import FEWEST_EVENTS
from .model import PERCENTILES, Model
from .survival import DAYS_PER_MONTH, Bools, Floats

LONGEST_CURVE = 60  # months
MAIN_FEATURES = 5
ONE = "patient"


@dataclass(frozen=True, slots=True)
class Curve:
    """Survival from the landmark with its pointwise 95 % interval; each list has one entry per month."""

    months: list[int]
    survival: list[float]
    low: list[float]
    high: list[float]


@dataclass(frozen=True, slots=True)
class FeatureShare:
    """Log-hazard share of one feature. Not measured: the training median stood in for it."""

    feature: str
    share: float
    measured: bool


@dataclass(frozen=True, slots=True)
class Contribution:
    """Log-hazard share of one modality, and the features that make up most of it."""

    share: float
    features: list[FeatureShare]


@dataclass(frozen=True, slots=True)
class Score:
    """`risk` is the log hazard against the average training patient, `percentile` its place among them.

    `set_aside` says per modality why it was present but not used; `narrows_most` is the absent modality
    that leaves the most open, in the unit of `risk`. When `abstained`, there is no risk and `curve` is that
    of the whole cohort.
    """

    model: str
    model_version: str
    cohort: str
    abstained: bool
    reason: str
    curve: Curve
    used: list[str]
    absent: list[str]
    set_aside: dict[str, str]
    validation: dict[str, Any]
    risk: float | None = None
    percentile: float | None = None
    contributions: dict[str, Contribution] = field(default_factory=dict)
    narrows_most: str = ""


def score(
    model: Model, features: pd.DataFrame, *, masked: Collection[str] = (), tumor_type: str | None = None
) -> Score:
    """The score of the one patient whose long rows (modality, feature, value) are `features`.

    `masked` names modalities that may not be used: the result is as if the patient had none of their rows.
    """
    if "patient_key" in features.columns and features["patient_key"].nunique() > 1:
        raise ValueError("features of more than one patient: use score_all")
    return score_all(
        model, features.assign(patient_key=ONE), [ONE], masked=masked, tumor_types={ONE: tumor_type}
    )[ONE]


def score_all(
    model: Model,
    features: pd.DataFrame,
    patients: Sequence[str],
    *,
    masked: Collection[str] = (),
    tumor_types: Mapping[str, str | None] | None = None,
) -> dict[str, Score]:
    """A score for each of `patients` from rows of gold.features: as scoring each alone, only faster."""
    work = _Work(model, features[~features["modality"].isin(masked)], patients)
    types = tumor_types or {}
    return {patient: work.score_of(row, types.get(patient)) for row, patient in enumerate(patients)}


def rows(scores: Mapping[str, Score], *, as_of: date) -> pd.DataFrame:
    """The scores, by patient_key, in the shape of gold.risk_scores."""
    return pd.DataFrame([_row(patient, one, as_of) for patient, one in scores.items()], columns=list(COLUMNS))


COLUMNS = (
    "patient_key",
    "model",
    "model_version",
    "as_of",
    "abstained",
    "reason",
    "risk",
    "percentile",
    "used",
    "absent",
    "contributions",
    "curve",
    "validation",
)


class _Work:
    """Everything about a batch that is computed once, as arrays over its patients."""

    def __init__(self, model: Model, features: pd.DataFrame, patients: Sequence[str]) -> None:
        fusion = model.fusion
        self.model, self.names = model, list(fusion.experts)
        layout = {name: expert.block.features for name, expert in fusion.experts.items()}
        self.tables = align(features, patients, layout)
        self.present = _by_name(self.names, fusion.present(self.tables))
        self.parts = fusion.parts(self.tables)
        self.risk = self.parts.sum(axis=1)
        self.percentile = np.interp(self.risk, model.cohort.risk_quantiles, PERCENTILES)
        self.outside = {
            name: _outside(fusion.experts[name].block.outside, self.tables[name]) for name in self.names
        }
        self.shares = {name: fusion.feature_parts(self.tables, name) for name in self.names}
        self.others = _having(features, patients, [name for name in MODALITIES if name not in self.names])
        self.months = np.arange(min(LONGEST_CURVE, int(model.cohort.horizon // DAYS_PER_MONTH)) + 1)
        self.bands = self._bands(self.tables)
        self.cohort_curve = self._cohort_curve()

    def score_of(self, row: int, tumor_type: str | None) -> Score:
        used, absent, set_aside = self._sorted_out(row)
        reason = self._reason_to_abstain(row, used, set_aside, tumor_type)
        scored: dict[str, Any] = {} if reason else self._scored(row, used, absent)
        return Score(
            model=self.model.name,
            model_version=self.model.version,
            cohort=self.model.cohort.name,
            abstained=bool(reason),
            reason=reason,
            curve=scored.pop("curve", self.cohort_curve),
            used=[] if reason else used,
            absent=absent,
            set_aside=set_aside,
            validation=_validation(self.model.validation, sorted([*used, *set_aside])),
            **scored,
        )

    def _scored(self, row: int, used: list[str], absent: list[str]) -> dict[str, Any]:
        return {
            "curve": _curve(self.months, *(band[row] for band in self.bands)),
            "risk": float(self.risk[row]),
            "percentile": round(float(self.percentile[row]), 1),
            "contributions": {name: self._contribution(row, name) for name in used},
            "narrows_most": self._widest(absent),
        }

    def _sorted_out(self, row: int) -> tuple[list[str], list[str], dict[str, str]]:
        """Modalities used, absent, and present but not used with the reason."""
        fusion = self.model.fusion
        spread = dict(zip(self.names, fusion.spread, strict=True))
        used: list[str] = []
        absent: list[str] = []
        set_aside: dict[str, str] = {}
        for name in MODALITIES:
            has = self.present[name][row] if name in self.present else self.others[name][row]
            if not has:
                absent.append(name)
            elif name not in spread:
                set_aside[name] = fusion.left_out.get(name, "no training patient had it")
            elif spread[name] == 0:
                set_aside[name] = "added nothing in the training cohort"
            else:
                used.append(name)
        return used, absent, set_aside

    def _reason_to_abstain(
        self, row: int, used: list[str], set_aside: Mapping[str, str], tumor_type: str | None
    ) -> str:
        cohort = self.model.cohort
        if cohort.events < FEWEST_EVENTS:
            return (
                f"too few events: {cohort.events} deaths in the training cohort, {FEWEST_EVENTS} are needed"
            )
        if tumor_type and cohort.tumor_types and tumor_type not in cohort.tumor_types:
            return f"outside training range: no training patient had tumour type {tumor_type}"
        if not used:
            present = "; ".join(f"{name}: {why}" for name, why in set_aside.items()) or "none is present"
            return f"no usable modality ({present})"
        return self._range_reason(row, used)

    def _range_reason(self, row: int, used: list[str]) -> str:
        strange = [
            f"{name}/{feature}"
            for name in used
            for feature, out in zip(self.tables[name].features, self.outside[name][row], strict=True)
            if out
        ]
        if not strange:
            return ""
        more = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
        return f"outside training range: {strange[0]}{more}; check value and unit at the source"

    def _contribution(self, row: int, name: str) -> Contribution:
        shares = self.shares[name][row]
        order = np.argsort(-np.abs(shares), kind="stable")[:MAIN_FEATURES]
        table = self.tables[name]
        features = [
            FeatureShare(table.features[i], float(shares[i]), bool(~np.isnan(table.values[row, i])))
            for i in order
            if shares[i] != 0
        ]
        return Contribution(float(self.parts[row, self.names.index(name)]), features)

    def _widest(self, absent: list[str]) -> str:
        spread = {
            name: s for name, s in zip(self.names, self.model.fusion.spread, strict=True) if name in absent
        }
        return max(spread, key=lambda name: spread[name], default="") if any(spread.values()) else ""

    def _bands(self, tables: Tables) -> tuple[Floats, Floats, Floats]:
        if not self.names:
            return (np.empty((0, 0)),) * 3
        days = self.months * DAYS_PER_MONTH
        low, high = self.model.fusion.interval(tables, days)
        return self.model.fusion.survival(tables, days), low, high

    def _cohort_curve(self) -> Curve:
        days = self.months * DAYS_PER_MONTH
        known = self.model.cohort.curve
        return _curve(self.months, known.at(days), *known.interval_at(days))


def _curve(months: np.ndarray, survival: Floats, low: Floats, high: Floats) -> Curve:
    return Curve([int(month) for month in months], survival.tolist(), low.tolist(), high.tolist())


def _by_name(names: list[str], columns: Bools) -> dict[str, Bools]:
    return {name: columns[:, number] for number, name in enumerate(names)}


def _outside(check: Any, table: Table) -> Bools:
    return np.asarray(check(table.values), dtype=np.bool_)


def _having(features: pd.DataFrame, patients: Sequence[str], modalities: list[str]) -> dict[str, Bools]:
    """Per modality, which patients have at least one value of it."""
    known = features[features["value"].notna()]
    return {
        name: np.isin(list(patients), known.loc[known["modality"] == name, "patient_key"].astype(str))
        for name in modalities
    }


def _validation(validation: Mapping[str, Any], present: list[str]) -> dict[str, Any]:
    """The model's figures, and those of training patients with just these modalities (None: too few)."""
    kept = {name: value for name, value in validation.items() if name != "patterns"}
    return {**kept, "same_modalities": validation.get("patterns", {}).get("+".join(present))}


def _row(patient: str, one: Score, as_of: date) -> dict[str, Any]:
    plain = asdict(one)
    contributions = {
        "modalities": plain["contributions"],
        "set_aside": one.set_aside,
        "narrows_most": one.narrows_most,
        "cohort": one.cohort,
    }
    as_json = {"contributions": contributions, "curve": plain["curve"], "validation": one.validation}
    return {
        "patient_key": patient,
        "as_of": as_of,
        **{name: plain[name] for name in COLUMNS if name in plain},
        **{name: json.dumps(value, sort_keys=True, allow_nan=False) for name, value in as_json.items()},
    }
