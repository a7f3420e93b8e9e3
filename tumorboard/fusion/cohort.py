"""A cohort: one table per modality aligned on the same patients, with a mask, an outcome and groups."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .survival import Bools, Floats, Ints, Outcome

MODALITIES = ("clinical", "genomic", "imaging", "labs", "wearables")
GROUPS = ("tumor_type", "sex", "age", "site")
INNER_FOLDS = 5  # one number for all that is cross-fitted: what a pool lends must be cut at the same folds

Layout = Mapping[str, Sequence[str]]  # modality -> feature names, in column order


class BadFeatures(ValueError):
    """The features or cohort rows cannot be used; the message says what is wrong and where, never a value."""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One modality: `values` (n, p) with NaN for missing, `present` (n,) False where the patient lacks it.

    What lies behind the mask is wiped here, at the door, so nothing after it can depend on a masked value.
    """

    features: tuple[str, ...]
    values: Floats
    present: Bools

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=np.float64)
        present = np.asarray(self.present, dtype=np.bool_)
        if values.shape != (len(present), len(self.features)):
            raise BadFeatures(
                f"{values.shape} values for {len(present)} patients, {len(self.features)} features"
            )
        seen = np.where(present[:, None], values, np.nan)
        if np.isinf(seen).any():
            worst = self.features[int(np.isinf(seen).any(axis=0).argmax())]
            raise BadFeatures(
                f"feature {worst!r} holds an infinite value; leave it out if it was not measured"
            )
        object.__setattr__(self, "values", seen)
        object.__setattr__(self, "present", present & ~np.isnan(seen).all(axis=1))

    def rows(self, chosen: NDArray[Any]) -> Table:
        return Table(self.features, self.values[chosen], self.present[chosen])

    def masked(self, keep: Bools) -> Table:
        """The same table with the modality taken away from patients where `keep` (n,) is False."""
        return Table(self.features, self.values, self.present & keep)


Tables = Mapping[str, Table]


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """`groups` has one row per patient (tumor_type, sex, age, site) for reporting only: no model reads it.

    `split` (n,) is a fold number per patient; `set_aside` counts, by reason, the patients that could not be
    used.
    """

    patients: tuple[str, ...]
    tables: Tables
    outcome: Outcome
    groups: pd.DataFrame
    split: Ints
    set_aside: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        lengths = {
            len(self.outcome),
            len(self.split),
            *(len(table.present) for table in self.tables.values()),
        }
        if lengths != {len(self.patients)}:
            raise BadFeatures(f"{len(self.patients)} patients, but parts of {sorted(lengths)} rows")
        if len(set(self.patients)) != len(self.patients):
            raise BadFeatures("a patient appears twice in the cohort")
        object.__setattr__(self, "tables", dict(sorted(self.tables.items())))

    def __len__(self) -> int:
        return len(self.patients)

    def rows(self, chosen: NDArray[Any]) -> Cohort:
        """The cohort of some patients, by index or mask."""
        index = np.arange(len(self))[chosen]
        return replace(
            self,
            patients=tuple(self.patients[i] for i in index),
            tables={name: table.rows(index) for name, table in self.tables.items()},
            outcome=self.outcome.rows(index),
            groups=self.groups.iloc[index],
            split=self.split[index],
        )

    def only(self, modalities: Collection[str]) -> Cohort:
        """The same patients with just these modalities; the others are taken from everyone."""
        nobody = np.zeros(len(self), dtype=bool)
        tables = {name: t if name in modalities else t.masked(nobody) for name, t in self.tables.items()}
        return replace(self, tables=tables)

    def without(self, *names: str) -> Cohort:
        """The same patients, with no trace of these modalities."""
        return replace(self, tables={name: t for name, t in self.tables.items() if name not in names})

    def with_outcome(self, outcome: Outcome) -> Cohort:
        return replace(self, outcome=outcome)

    def thinned(self, share: float, seed: int) -> Cohort:
        """Each modality taken from a random `share` of patients: what a clinic with less data would have."""
        draw = np.random.default_rng(seed)
        keep = {name: draw.random(len(self)) >= share for name in self.tables}
        return replace(self, tables={name: table.masked(keep[name]) for name, table in self.tables.items()})


def from_long(features: pd.DataFrame, cohort: pd.DataFrame, *, folds: int = 5, seed: int = 0) -> Cohort:
    """The cohort in `gold.features` (long) and `gold.cohort` (one row per patient).

    `os_days` counts from the landmark. Patients without a usable outcome are set aside and counted;
    features of patients outside the cohort are left alone; a feature dated after its patient's landmark is
    refused.
    """
    _check_columns(cohort, ("patient_key", "os_days", "died"), "cohort")
    _check_columns(features, ("patient_key", "modality", "feature", "value"), "features")
    if cohort["patient_key"].duplicated().any():
        raise BadFeatures("cohort: a patient_key appears twice")
    _check_dates(features, cohort)
    known, set_aside = _with_outcome(cohort.sort_values("patient_key", ignore_index=True))
    outcome = Outcome(known["died"].to_numpy(dtype=bool), known["os_days"].to_numpy(dtype=float))
    patients = tuple(known["patient_key"].astype(str))
    rows = features[features["patient_key"].astype(str).isin(patients)]
    tables = align(rows, patients, layout_of(rows))
    groups = known.reindex(columns=list(GROUPS))
    return Cohort(patients, tables, outcome, groups, assign_folds(outcome, folds, seed), set_aside)


def layout_of(features: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Sorted feature names per modality, so that row order never matters."""
    names = features.groupby("modality", observed=True)["feature"].unique()
    return {str(modality): tuple(sorted(map(str, found))) for modality, found in names.items()}


def align(features: pd.DataFrame, patients: Sequence[str], layout: Layout) -> dict[str, Table]:
    """Long rows as one table per modality of `layout`; features outside the layout are not used."""
    _check_long(features)
    row = pd.Index(patients).get_indexer(features["patient_key"].astype(str))
    modality = features["modality"].to_numpy()
    tables = {}
    for name, wanted in layout.items():
        mine = modality == name
        tables[name] = _spread(features[mine], row[mine], tuple(wanted), len(patients))
    return tables


def assign_folds(outcome: Outcome, count: int, seed: int) -> Ints:
    """A fold number per patient, deaths and survivors dealt out evenly; at most one fold per patient."""
    draw = np.random.default_rng(seed)
    order = draw.permutation(len(outcome))
    order = order[np.argsort(outcome.event[order], kind="stable")]
    fold = np.empty(len(outcome), dtype=np.int64)
    fold[order] = np.arange(len(outcome)) % count
    return fold


def repeated_folds(outcome: Outcome, count: int, repeats: int, seed: int) -> list[Ints]:
    """Fold numbers (n,) of each repeat, dealt as scikit-learn's RepeatedStratifiedKFold deals them.

    So that a figure can be compared with one published for those folds.
    """
    draw = np.random.RandomState(seed)
    return [_stratified(outcome.event, count, draw) for _ in range(repeats)]


def _stratified(event: Bools, count: int, draw: np.random.RandomState) -> Ints:
    _, first, kind = np.unique(event, return_index=True, return_inverse=True)
    kind = np.argsort(np.argsort(first))[kind]  # classes are numbered in order of appearance
    dealt = np.sort(kind)
    share = np.array([np.bincount(dealt[start::count], minlength=len(first)) for start in range(count)])
    fold = np.empty(len(event), dtype=np.int64)
    for number in range(len(first)):
        numbers = np.arange(count).repeat(share[:, number])
        draw.shuffle(numbers)
        fold[kind == number] = numbers
    return fold


def _spread(rows: pd.DataFrame, place: Ints, names: tuple[str, ...], patients: int) -> Table:
    column = pd.Index(names).get_indexer(rows["feature"])
    known = (column >= 0) & (place >= 0)
    values = np.full((patients, len(names)), np.nan)
    values[place[known], column[known]] = rows["value"].to_numpy(dtype=np.float64)[known]
    return Table(names, values, np.ones(patients, dtype=bool))


def _check_columns(frame: pd.DataFrame, needed: Sequence[str], name: str) -> None:
    lacking = [column for column in needed if column not in frame.columns]
    if lacking:
        raise BadFeatures(f"{name}: column(s) {', '.join(lacking)} missing")


def _check_long(features: pd.DataFrame) -> None:
    unknown = sorted(set(features["modality"]) - set(MODALITIES))
    if unknown:
        raise BadFeatures(f"features: unknown modality {unknown[0]!r}; known are {', '.join(MODALITIES)}")
    twice = features.duplicated(["patient_key", "modality", "feature"])
    if twice.any():
        which = features.loc[twice].iloc[0]
        raise BadFeatures(f"features: {which['modality']}/{which['feature']} appears twice for one patient")


def _check_dates(features: pd.DataFrame, cohort: pd.DataFrame) -> None:
    """A fact from after the landmark would let the model see the future."""
    if "as_of" not in features.columns or "landmark_on" not in cohort.columns:
        return
    landmark = features["patient_key"].map(pd.to_datetime(cohort.set_index("patient_key")["landmark_on"]))
    late = pd.to_datetime(features["as_of"]) > landmark
    if late.any():
        first = "/".join(features.loc[late, ["modality", "feature"]].iloc[0])
        raise BadFeatures(f"features: {int(late.sum())} dated after the patient's landmark, first {first}")


def _with_outcome(cohort: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    unknown = cohort["os_days"].isna() | cohort["died"].isna()
    early = ~unknown & (cohort["os_days"] < 0)
    counts = {"outcome unknown": int(unknown.sum()), "outcome before the landmark": int(early.sum())}
    return cohort[~unknown & ~early], {reason: count for reason, count in counts.items() if count}
