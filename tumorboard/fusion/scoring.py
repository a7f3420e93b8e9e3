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
from .conformal import LEVEL, pattern
from .fused import FEWEST_EVENTS, Fusion
from .model import PERCENTILES, Model
from .survival import DAYS_PER_MONTH, Bools, Floats, Ints

LONGEST_CURVE = 60  # months
MAIN_FEATURES = 5
LARGEST = float(np.finfo(np.float64).max)
ONE = "patient"
FRESH_DAYS = {"labs": 90, "wearables": 60, "imaging": 180}  # older than this at the landmark is called stale


@dataclass(frozen=True, slots=True)
class Curve:
    """Survival from the landmark with its pointwise 95 % interval; each list has one entry per month."""

    months: list[int]
    survival: list[float]
    low: list[float]
    high: list[float]


@dataclass(frozen=True, slots=True)
class Bound:
    """`months` that a share `level` of patients with the same modalities outlive (conformal, one-sided).

    `patients` were used to set it; `masked` when they had more modalities, which were hidden for it.
    """

    months: float
    level: float
    patients: int
    masked: bool


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

    The shares of `contributions` sum to `risk`. In late and attention fusion an absent modality has none; in
    early and intermediate fusion that it is absent may say something itself, and then it has a share.
    `set_aside` says per modality why it was present but not used; `narrows_most` is the absent modality
    that leaves the most open, in the unit of `risk`. When `abstained`, there is no risk and `curve` is that
    of the whole cohort. `stale` gives per modality the days between its newest value and the landmark, where
    that is more than FRESH_DAYS; it is used all the same. `not_permitted` modalities were not looked at.
    `out_of_fold`: the patient was trained on, and is scored by the fusion that never saw them.
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
    bound: Bound | None = None
    stale: dict[str, int] = field(default_factory=dict)
    not_permitted: list[str] = field(default_factory=list)
    out_of_fold: bool = False
    snapshot: str = ""


def score(
    model: Model,
    features: pd.DataFrame,
    *,
    masked: Collection[str] = (),
    tumor_type: str | None = None,
    landmark: date | None = None,
) -> Score:
    """The score of the one patient whose long rows (modality, feature, value) are `features`.

    `masked` names modalities that may not be used: the result is as if the patient had none of their rows.
    """
    keys = features["patient_key"].unique() if "patient_key" in features.columns else np.array([])
    if len(keys) > 1:
        raise ValueError("features of more than one patient: use score_all")
    key = str(keys[0]) if len(keys) else ONE
    return score_all(
        model,
        features.assign(patient_key=key),
        [key],
        masked=masked,
        tumor_types={key: tumor_type},
        landmarks={key: landmark},
    )[key]


def score_all(
    model: Model,
    features: pd.DataFrame,
    patients: Sequence[str],
    *,
    masked: Collection[str] = (),
    tumor_types: Mapping[str, str | None] | None = None,
    not_permitted: Mapping[str, Collection[str]] | None = None,
    landmarks: Mapping[str, date | None] | None = None,
) -> dict[str, Score]:
    """A score for each of `patients` from rows of gold.features: as scoring each alone, only faster.

    `masked` is hidden for everyone, `not_permitted` per patient. In `tumor_types` "" says that none is
    recorded; a patient who is not named is not asked for one. `landmarks` (the day of the decision) lets
    old values be called stale. A patient of the training cohort is scored by the fusion that never saw them.
    """
    patients = list(dict.fromkeys(patients))
    hidden = {patient: {*masked, *(not_permitted or {}).get(patient, ())} for patient in patients}
    seen = _finite(_permitted(features, hidden))
    ages = _ages(seen, landmarks or {})
    types, found = tumor_types or {}, {}
    for fold, mine in _by_fusion(model, patients).items():
        batch = _prepare(model, fold, seen, mine)
        for row, patient in enumerate(mine):
            one = _score_of(batch, row, types.get(patient), hidden[patient])
            found[patient] = replace(one, stale=_stale(ages.get(patient, {}), one.used))
    return {patient: found[patient] for patient in patients}


def _permitted(features: pd.DataFrame, hidden: Mapping[str, set[str]]) -> pd.DataFrame:
    """The rows that may be looked at."""
    banned = pd.MultiIndex.from_tuples(
        [(patient, name) for patient, names in hidden.items() for name in names],
        names=["patient", "modality"],
    )
    if not len(banned):
        return features
    rows = pd.MultiIndex.from_arrays([features["patient_key"].astype(str), features["modality"]])
    return features[~rows.isin(banned)]


def _finite(features: pd.DataFrame) -> pd.DataFrame:
    """An infinite value as the largest number: it lies outside every training range, so that its patient gets
    no score, while the others of the batch get theirs."""
    return features.assign(value=features["value"].astype(float).clip(-LARGEST, LARGEST))


def _by_fusion(model: Model, patients: Sequence[str]) -> dict[int, list[str]]:
    """Patients by the fold that held them out in training; -1 for those who were not in it."""
    folds = model.members.folds(patients)
    return {
        int(fold): [patient for patient, own in zip(patients, folds, strict=True) if own == fold]
        for fold in np.unique(folds)
    }


def _ages(features: pd.DataFrame, landmarks: Mapping[str, date | None]) -> dict[str, dict[str, int]]:
    """Days between each patient's newest value of a modality and their landmark."""
    known = {patient: day for patient, day in landmarks.items() if day is not None}
    if not known or "as_of" not in features.columns:
        return {}
    newest = pd.to_datetime(features["as_of"]).groupby([features["patient_key"], features["modality"]]).max()
    ages: dict[str, dict[str, int]] = {}
    for (patient, modality), day in newest.items():
        if patient in known and pd.notna(day):
            ages.setdefault(patient, {})[modality] = (pd.Timestamp(known[patient]) - day).days
    return ages


def _stale(ages: Mapping[str, int], used: Collection[str]) -> dict[str, int]:
    return {name: ages[name] for name in used if ages.get(name, 0) > FRESH_DAYS.get(name, 10**6)}


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

ABOUT = ("cohort", "set_aside", "narrows_most", "stale", "not_permitted", "out_of_fold", "snapshot")


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """What is computed once for many patients; every array has one row per patient."""

    model: Model
    fusion: Fusion
    out_of_fold: bool
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
    bound: Floats
    cohort_curve: Curve


def _prepare(model: Model, fold: int, features: pd.DataFrame, patients: Sequence[str]) -> _Batch:
    fusion = model.fusion if fold < 0 else model.members.fusions[fold]
    names = list(fusion.blocks)
    tables = align(features, patients, {name: fusion.blocks[name].features for name in names})
    parts = fusion.parts(tables) if names else np.zeros((len(patients), 0))
    risk = parts.sum(axis=1)
    months = np.arange(min(LONGEST_CURVE, int(model.cohort.horizon // DAYS_PER_MONTH)) + 1)
    return _Batch(
        model=model,
        fusion=fusion,
        out_of_fold=fold >= 0,
        tables=tables,
        present={
            **_having(features, patients, [name for name in MODALITIES if name not in names]),
            **{name: tables[name].present for name in names},
        },
        parts={name: parts[:, number] for number, name in enumerate(names)},
        risk=risk,
        percentile=np.interp(risk, model.cohort.risk_quantiles, PERCENTILES),
        outside={name: fusion.blocks[name].outside(tables[name].values) for name in names},
        shares={name: fusion.feature_parts(tables, name) for name in names},
        spread=dict(zip(names, fusion.spread.tolist(), strict=True)),
        months=months,
        bands=_bands(fusion, tables, months),
        bound=fusion.lower_bound(tables) if names else np.empty(0),
        cohort_curve=_cohort_curve(model, months),
    )


def _score_of(batch: _Batch, row: int, tumor_type: str | None, hidden: Collection[str]) -> Score:
    model = batch.model
    used, absent, set_aside = _sorted_out(batch, row, hidden)
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
        validation=_validation(model.validation, sorted([*used, *set_aside]), tumor_type),
        not_permitted=[name for name in MODALITIES if name in hidden],
        out_of_fold=batch.out_of_fold,
        snapshot=model.snapshot,
    )
    if reason:
        return result
    return replace(
        result,
        curve=_curve(batch.months, *(band[row] for band in batch.bands)),
        risk=float(batch.risk[row]),
        percentile=round(float(batch.percentile[row]), 1),
        contributions={
            name: _contribution(batch, row, name)
            for name, parts in batch.parts.items()
            if name in used or parts[row] != 0
        },
        narrows_most=_widest(batch, absent),
        bound=_bound(batch, row),
    )


def _bound(batch: _Batch, row: int) -> Bound | None:
    names = [name for name, table in batch.tables.items() if table.present[row]]
    cut = batch.fusion.bounds.cut(names)
    if cut is None:
        return None
    return Bound(round(float(batch.bound[row]) / DAYS_PER_MONTH, 1), LEVEL, cut.patients, cut.masked)


def _sorted_out(
    batch: _Batch, row: int, hidden: Collection[str]
) -> tuple[list[str], list[str], dict[str, str]]:
    """Modalities used, absent, and present but not used with the reason."""
    used: list[str] = []
    absent: list[str] = []
    set_aside: dict[str, str] = {}
    for name in MODALITIES:
        if name in hidden:
            continue
        if not batch.present[name][row]:
            absent.append(name)
        elif name not in batch.spread:
            set_aside[name] = batch.fusion.left_out.get(name, "no training patient had it")
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
    if tumor_type is not None and cohort.tumor_types and tumor_type not in cohort.tumor_types:
        return _tumor_reason(tumor_type)
    if not used:
        present = "; ".join(f"{name}: {why}" for name, why in set_aside.items()) or "none is present"
        return f"no usable modality ({present})"
    return _range_reason(batch, row, used)


def _tumor_reason(tumor_type: str) -> str:
    if not tumor_type:
        return "no tumour type is recorded: nobody can tell whether the training patients are like this one"
    return f"outside training range: no training patient had tumour type {tumor_type}"


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
    shares, table = np.nan_to_num(batch.shares[name][row]), batch.tables[name]
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


def _bands(fusion: Fusion, tables: Tables, months: Ints) -> tuple[Floats, Floats, Floats]:
    """Survival, low and high (n, t); empty for a model without experts, which never scores."""
    if not tables:
        return np.empty((0, 0)), np.empty((0, 0)), np.empty((0, 0))
    days = months * DAYS_PER_MONTH
    days = np.minimum(days, fusion.baseline.follow_up)
    low, high = fusion.interval(tables, days)
    return fusion.survival(tables, days), low, high


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


def _validation(validation: Mapping[str, Any], present: list[str], tumor_type: str | None) -> dict[str, Any]:
    """The model's figures, and those of training patients like this one (None: too few died for a figure)."""
    kept = {name: value for name, value in validation.items() if name not in ("patterns", "tumors", "alike")}
    name, tumor = pattern(present), tumor_type or ""
    return {
        **kept,
        "same_modalities": validation.get("patterns", {}).get(name),
        "same_tumor": validation.get("tumors", {}).get(tumor),
        "alike": validation.get("alike", {}).get(f"{tumor} {name}"),
    }


def _row(patient: str, one: Score, as_of: date) -> dict[str, Any]:
    plain = asdict(one)
    about = {name: plain[name] for name in ABOUT}
    as_json = {
        "contributions": plain["contributions"],
        "curve": {**plain["curve"], "bound": plain["bound"]},
        "validation": {**one.validation, **about},
    }
    return {
        **{name: plain[name] for name in COLUMNS if name in plain},
        "patient_key": patient,
        "as_of": as_of,
        **{name: json.dumps(value, sort_keys=True, allow_nan=False) for name, value in as_json.items()},
    }
