"""The score of one patient: what it rests on, what it lacks; or why none is given, and the cohort's curve."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from .cohort import MODALITIES, Tables, align
from .late import FEWEST_EVENTS
from .model import PERCENTILES, Model
from .survival import DAYS_PER_MONTH, Bools, Floats, Ints

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
    """Log-hazard share of one feature. Without a `value` the training median stood in for it."""

    feature: str
    share: float
    value: float | None


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
    batch = _prepare(model, features[~features["modality"].isin(masked)], patients)
    types = tumor_types or {}
    return {patient: _score_of(batch, row, types.get(patient)) for row, patient in enumerate(patients)}


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


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """What is computed once for many patients; every array has one row per patient."""

    model: Model
    tables: Tables
    present: dict[str, Bools]  # every modality; for one without an expert: has any value
    parts: dict[str, Floats]
    risk: Floats
    percentile: Floats
    outside: dict[str, Bools]
    shares: dict[str, Floats]
    spread: dict[str, float]
    months: Ints
    bands: tuple[Floats, Floats, Floats]
    cohort_curve: Curve


def _prepare(model: Model, features: pd.DataFrame, patients: Sequence[str]) -> _Batch:
    fusion, names = model.fusion, list(model.fusion.experts)
    tables = align(features, patients, {name: fusion.experts[name].block.features for name in names})
    parts = fusion.parts(tables) if names else np.zeros((len(patients), 0))
    risk = parts.sum(axis=1)
    months = np.arange(min(LONGEST_CURVE, int(model.cohort.horizon // DAYS_PER_MONTH)) + 1)
    return _Batch(
        model=model,
        tables=tables,
        present={
            **_having(features, patients, [name for name in MODALITIES if name not in names]),
            **{name: tables[name].present for name in names},
        },
        parts={name: parts[:, number] for number, name in enumerate(names)},
        risk=risk,
        percentile=np.interp(risk, model.cohort.risk_quantiles, PERCENTILES),
        outside={name: fusion.experts[name].block.outside(tables[name].values) for name in names},
        shares={name: fusion.feature_parts(tables, name) for name in names},
        spread=dict(zip(names, fusion.spread.tolist(), strict=True)),
        months=months,
        bands=_bands(model, tables, months),
        cohort_curve=_cohort_curve(model, months),
    )


def _score_of(batch: _Batch, row: int, tumor_type: str | None) -> Score:
    model = batch.model
    used, absent, set_aside = _sorted_out(batch, row)
    reason = _reason_to_abstain(batch, row, used, set_aside, tumor_type)
    result = Score(
        model=model.name,
        model_version=model.version,
        cohort=model.cohort.name,
        abstained=bool(reason),
        reason=reason,
        curve=batch.cohort_curve,
        used=[] if reason else used,
        absent=absent,
        set_aside=set_aside,
        validation=_validation(model.validation, sorted([*used, *set_aside])),
    )
    if reason:
        return result
    return replace(
        result,
        curve=_curve(batch.months, *(band[row] for band in batch.bands)),
        risk=float(batch.risk[row]),
        percentile=round(float(batch.percentile[row]), 1),
        contributions={name: _contribution(batch, row, name) for name in used},
        narrows_most=_widest(batch, absent),
    )


def _sorted_out(batch: _Batch, row: int) -> tuple[list[str], list[str], dict[str, str]]:
    """Modalities used, absent, and present but not used with the reason."""
    used: list[str] = []
    absent: list[str] = []
    set_aside: dict[str, str] = {}
    for name in MODALITIES:
        if not batch.present[name][row]:
            absent.append(name)
        elif name not in batch.spread:
            set_aside[name] = batch.model.fusion.left_out.get(name, "no training patient had it")
        elif batch.spread[name] == 0:
            set_aside[name] = "added nothing in the training cohort"
        else:
            used.append(name)
    return used, absent, set_aside


def _reason_to_abstain(
    batch: _Batch, row: int, used: list[str], set_aside: Mapping[str, str], tumor_type: str | None
) -> str:
    cohort = batch.model.cohort
    if cohort.events < FEWEST_EVENTS:
        return f"too few events: {cohort.events} deaths in the training cohort, {FEWEST_EVENTS} are needed"
    if tumor_type and cohort.tumor_types and tumor_type not in cohort.tumor_types:
        return f"outside training range: no training patient had tumour type {tumor_type}"
    if not used:
        present = "; ".join(f"{name}: {why}" for name, why in set_aside.items()) or "none is present"
        return f"no usable modality ({present})"
    return _range_reason(batch, row, used)


def _range_reason(batch: _Batch, row: int, used: list[str]) -> str:
    strange = [
        f"{name}/{feature}"
        for name in used
        for feature, out in zip(batch.tables[name].features, batch.outside[name][row], strict=True)
        if out
    ]
    if not strange:
        return ""
    more = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
    return f"outside training range: {strange[0]}{more}; check value and unit at the source"


def _contribution(batch: _Batch, row: int, name: str) -> Contribution:
    shares, table = batch.shares[name][row], batch.tables[name]
    order = np.argsort(-np.abs(shares), kind="stable")[:MAIN_FEATURES]
    features = [
        FeatureShare(table.features[place], float(shares[place]), _known(table.values[row, place]))
        for place in order
        if shares[place] != 0
    ]
    return Contribution(float(batch.parts[name][row]), features)


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _widest(batch: _Batch, absent: list[str]) -> str:
    """The absent modality whose contribution varies most between patients."""
    open_ = {name: batch.spread[name] for name in absent if batch.spread.get(name)}
    return max(open_, key=lambda name: open_[name], default="")


def _bands(model: Model, tables: Tables, months: Ints) -> tuple[Floats, Floats, Floats]:
    """Survival, low and high (n, t); empty for a model without experts, which never scores."""
    if not tables:
        return np.empty((0, 0)), np.empty((0, 0)), np.empty((0, 0))
    days = months * DAYS_PER_MONTH
    low, high = model.fusion.interval(tables, days)
    return model.fusion.survival(tables, days), low, high


def _cohort_curve(model: Model, months: Ints) -> Curve:
    known, days = model.cohort.curve, months * DAYS_PER_MONTH
    return _curve(months, known.at(days), *known.interval_at(days))


def _curve(months: np.ndarray, survival: Floats, low: Floats, high: Floats) -> Curve:
    return Curve([int(month) for month in months], survival.tolist(), low.tolist(), high.tolist())


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
    about = {"cohort": one.cohort, "set_aside": one.set_aside, "narrows_most": one.narrows_most}
    as_json = {
        "contributions": plain["contributions"],
        "curve": plain["curve"],
        "validation": {**one.validation, **about},
    }
    return {
        **{name: plain[name] for name in COLUMNS if name in plain},
        "patient_key": patient,
        "as_of": as_of,
        **{name: json.dumps(value, sort_keys=True, allow_nan=False) for name, value in as_json.items()},
    }
