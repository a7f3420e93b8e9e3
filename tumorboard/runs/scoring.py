"""Score patients with every model that is silent or approved; who sees which score, the gate says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from django.conf import settings
from django.utils import timezone

from tumorboard.fusion import saved, scoring
from tumorboard.fusion.model import Model, version_of
from tumorboard.governance import gate
from tumorboard.governance.ledger import latest_versions
from tumorboard.governance.permissions import OPERATIONS
from tumorboard.lake import rows as lake_rows
from tumorboard.lake import tables
from tumorboard.runs.frames import PATIENTS, everyone, frames, service_user
from tumorboard.runs.needs import needs
from tumorboard.runs.version import code_version
from tumorboard.runs.working import Attempt
from tumorboard.scores.actions import note_scored
from tumorboard.scores.models import ScoringModel

BLOCK = 25_000  # patients a step: each step rewrites the table, so steps are few
AT_ONCE = 2_000  # patients unpacked to rows at a time, to bound memory
TABLE = "gold.risk_scores"
INPUTS = ("gold.features", "gold.cohort", "gold.modalities")
# What gold.modalities calls the kinds of data that a model knows by another name.
MODALITY = {"genomics": "genomic"}
NO_FEATURES = ["patient_key", "modality", "feature", "value", "as_of", "row_id"]
NO_COHORT = ["patient_key", "tumor_type", "landmark_on", "synthetic", "row_id"]


@dataclass(frozen=True)
class Patients:
    """What is known of the patients of one step."""

    keys: list[str]
    features: pd.DataFrame
    cohort: pd.DataFrame
    not_permitted: dict[str, set[str]]

    def of(self, keys: Sequence[str]) -> Patients:
        chosen = set(keys)
        return Patients(
            list(keys),
            self.features[self.features["patient_key"].isin(chosen)],
            self.cohort[self.cohort["patient_key"].isin(chosen)],
            {key: names for key, names in self.not_permitted.items() if key in chosen},
        )


def folder_of(name: str, version: str) -> Path:
    """Where a model's files are, by its content."""
    return Path(settings.MODELS_DIR) / name / version


def load(model: ScoringModel) -> Model:
    """The model's files, checked against their hash. Raises saved.UnreadableModel."""
    state = saved.load(folder_of(model.name, model.version))
    if version_of(state) != model.version:  # before anything is made of it
        raise saved.UnreadableModel(f"the files of {model} are those of another version")
    return Model.from_state(state)


@needs(reads=(*INPUTS, "silver.patients", TABLE), writes=(TABLE,))
def score_patients(attempt: Attempt) -> str:
    """The job `score`: the patients its arguments name, or everyone."""
    known = list(ScoringModel.objects.scoring())
    if not known:
        return "no model scores: train one with `manage.py train_model` and sign for it on its page"
    models = [(one, load(one)) for one in known]
    named = attempt.job.arguments.get("patients")
    patients = named or everyone(attempt.pinned(PATIENTS))
    blocks = [patients[start : start + BLOCK] for start in range(0, len(patients), BLOCK)]
    for number, block in enumerate(blocks):
        if number < attempt.resume_at:
            continue
        inputs = latest_versions(INPUTS)
        new = score_block(models, read(block, inputs), str(attempt.job.uuid))
        with attempt.effect(number + 1, len(blocks)):
            _keep(new, block, inputs, str(attempt.job.uuid))
    if not named:
        counts = _rows_by_version()
        for one, _ in models:
            note_scored(model=one, patients=counts.get(one.version, 0))
    return f"patients: {len(patients)}, models: {', '.join(one.version for one in known)}"


def _rows_by_version() -> dict[str, int]:
    """How many patients have a row of each model: not all who were asked for do (see `_may_score`)."""
    if not latest_versions([TABLE]):
        return {}
    asked = gate.Request(by=service_user(), purpose=OPERATIONS, table=TABLE, columns=["model_version"])
    return Counter(gate.read(asked)["model_version"].to_pylist())  # the gate's own counts hide small ones


def read(patients: Sequence[str], versions: Mapping[str, int]) -> Patients:
    """Features, cohort and permissions of these patients, at these versions."""
    data = frames([table for table in INPUTS if table in versions], patients, versions=versions)
    modalities = data.get("gold.modalities", pd.DataFrame(columns=["patient_key", "modality", "status"]))
    refused = modalities[modalities["status"] == "not_permitted"]
    not_permitted: dict[str, set[str]] = {}
    for key, name in zip(refused["patient_key"], refused["modality"], strict=True):
        not_permitted.setdefault(key, set()).add(MODALITY.get(name, name))
    return Patients(
        list(patients),
        data.get("gold.features", pd.DataFrame(columns=NO_FEATURES)),
        data.get("gold.cohort", pd.DataFrame(columns=NO_COHORT)),
        not_permitted,
    )


def score_block(models: Sequence[tuple[ScoringModel, Model]], patients: Patients, run: str) -> pa.Table:
    """Rows of gold.risk_scores by every model, each naming the rows it was computed from."""
    table = tables.get(TABLE)
    parts = [
        lake_rows.arrow(list(_records(about, model, some)), table, run)
        for about, model in models
        for some in _parts(patients)
    ]
    return pa.concat_tables(parts) if parts else table.arrow_schema.empty_table()


def _parts(patients: Patients) -> Iterator[Patients]:
    if len(patients.keys) <= AT_ONCE:
        yield patients
        return
    for start in range(0, len(patients.keys), AT_ONCE):
        yield patients.of(patients.keys[start : start + AT_ONCE])


def _records(about: ScoringModel, model: Model, patients: Patients) -> Iterator[dict[str, Any]]:
    cohort = patients.cohort.set_index("patient_key")
    keys = [key for key in patients.keys if _may_score(about, cohort, key)]
    types = cohort["tumor_type"].dropna().to_dict()
    scores = scoring.score_all(
        model,
        patients.features,
        keys,
        tumor_types={key: types.get(key, "") for key in keys},
        landmarks=cohort["landmark_on"].to_dict(),
        not_permitted=patients.not_permitted,
    )
    origins = _origins(patients)
    for row in scoring.rows(scores, as_of=timezone.localdate()).to_dict("records"):
        yield {
            **{name: None if _is_nan(value) else value for name, value in row.items()},
            "derived_from": origins.get(row["patient_key"], []),
            "origin": "model",
            "method": f"{model.name} {model.version}",
            "system": model.name,
            "recorded_on": row["as_of"],
        }


def _may_score(about: ScoringModel, cohort: pd.DataFrame, key: str) -> bool:
    """What was learnt from invented patients says nothing about a real one."""
    return not about.synthetic or (key in cohort.index and bool(cohort.at[key, "synthetic"]))


def of_kind(rows: pd.DataFrame, *, synthetic: bool) -> pd.DataFrame:
    """The invented patients of gold.cohort, or the real ones: a model learns from one kind only."""
    return rows[rows["synthetic"].eq(True) == synthetic]


def _origins(patients: Patients) -> dict[str, list[str]]:
    """Per patient the rows a score rests on: permitted features, then the cohort row."""
    features = patients.features
    if patients.not_permitted:
        hidden = [
            modality in patients.not_permitted.get(key, ())
            for key, modality in zip(features["patient_key"], features["modality"], strict=True)
        ]
        features = features[~pd.Series(hidden, index=features.index, dtype=bool)]
    found: dict[str, list[str]] = {}
    for table, rows in (("gold.features", features), ("gold.cohort", patients.cohort)):
        for key, row_id in zip(rows["patient_key"], rows["row_id"], strict=True):
            found.setdefault(key, []).append(f"{table}/{row_id}")
    return found


def _keep(new: pa.Table, patients: Sequence[str], inputs: Mapping[str, int], run: str) -> None:
    gate.replace_rows(
        by=service_user(),
        table=TABLE,
        rows=new,
        inputs=inputs,
        run_id=run,
        code_version=code_version(),
        patients=patients,
    )


def _is_nan(value: Any) -> bool:
    """pandas writes a missing number as NaN; the lake knows null only."""
    return isinstance(value, float) and value != value  # noqa: PLR0124
