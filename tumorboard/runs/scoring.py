"""Train the fusion model on the cohort, and score patients with the model in use."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.fusion import saved, scoring
from tumorboard.fusion.model import Model
from tumorboard.fusion.train import train
from tumorboard.governance import gate
from tumorboard.governance.ledger import latest_versions
from tumorboard.governance.permissions import TRAINING
from tumorboard.lake import rows as lake_rows
from tumorboard.lake import tables
from tumorboard.runs.frames import everyone, frames, service_user
from tumorboard.runs.models import TrainedModel
from tumorboard.runs.needs import needs
from tumorboard.runs.version import code_version
from tumorboard.runs.working import Attempt

BLOCK = 1000  # patients a step
INPUTS = ("gold.features", "gold.cohort")


def train_model(*, by: Any, seed: int = 0) -> TrainedModel:
    """Fit on everyone in gold.cohort, keep the model by its version, and put it in use.

    Raises ValueError where there is no cohort to train on.
    """
    inputs = latest_versions(INPUTS)
    data = frames(INPUTS, purpose=TRAINING)
    if not all(name in data and len(data[name]) for name in INPUTS):
        raise ValueError("gold.features and gold.cohort are empty: ingest a cohort before training")
    synthetic = bool(data["gold.cohort"]["synthetic"].fillna(False).all())
    name = "synthetic cohort" if synthetic else "own cohort"
    model, report = train(data["gold.features"], data["gold.cohort"], seed=seed, name=name)
    saved.save(model.state(), _folder(model.name, model.version))
    return _put_in_use(model, report, inputs, by)


@transaction.atomic
def _put_in_use(model: Model, report: dict[str, Any], inputs: dict[str, int], by: Any) -> TrainedModel:
    TrainedModel.objects.filter(name=model.name, in_use=True).update(in_use=False)
    trained, _ = TrainedModel.objects.update_or_create(
        name=model.name,
        version=model.version,
        defaults={
            "in_use": True,
            "inputs": inputs,
            "report": json.loads(json.dumps(report, default=str)),
            "code_version": code_version(),
        },
    )
    record(Event.MODEL_TRAINED, by=by, target=trained, inputs=inputs)
    return trained


def model_in_use() -> Model | None:
    trained = TrainedModel.objects.filter(in_use=True).order_by("-trained_at").first()
    return Model.from_state(saved.load(_folder(trained.name, trained.version))) if trained else None


def _folder(name: str, version: str) -> Path:
    return Path(settings.MODELS_DIR) / name / version


@needs(reads=(*INPUTS, "silver.patients"), writes=("gold.risk_scores",))
def score_patients(attempt: Attempt) -> str:
    """The job `score`: the patients its arguments name, or everyone."""
    model = model_in_use()
    if model is None:
        return "no model in use: train one with `manage.py train_model`"
    patients = attempt.job.arguments.get("patients") or everyone()
    blocks = [patients[start : start + BLOCK] for start in range(0, len(patients), BLOCK)]
    for number, block in enumerate(blocks):
        if number < attempt.resume_at:
            continue
        records = _scores(model, block)
        with attempt.effect(number + 1, len(blocks)):
            _keep(records, block, attempt.job.uuid)
    return f"patients: {len(patients)}, model {model.version}"


def _scores(model: Model, patients: Sequence[str]) -> list[dict[str, Any]]:
    """Rows of gold.risk_scores, each naming the feature rows it was computed from."""
    data = frames(INPUTS, patients)
    features = data.get(
        "gold.features", pd.DataFrame(columns=["patient_key", "modality", "feature", "value"])
    )
    cohort = data.get("gold.cohort", pd.DataFrame(columns=["patient_key", "tumor_type"]))
    types = dict(zip(cohort["patient_key"], cohort["tumor_type"], strict=True))
    scores = scoring.score_all(model, features, list(patients), tumor_types=types)
    used = (
        {key: [f"gold.features/{r}" for r in rows["row_id"]] for key, rows in features.groupby("patient_key")}
        if len(features)
        else {}
    )
    return [
        {
            **row,
            "derived_from": used.get(row["patient_key"], []),
            "origin": "model",
            "method": f"{model.name} {model.version}",
            "system": model.name,
            "recorded_on": row["as_of"],
        }
        for row in scoring.rows(scores, as_of=timezone.localdate()).to_dict("records")
    ]


def _keep(records: Sequence[dict[str, Any]], patients: Sequence[str], run: object) -> None:
    table = tables.get("gold.risk_scores")
    gate.replace_rows(
        by=service_user(),
        table=table.name,
        rows=lake_rows.arrow(_without_nan(records), table, str(run)),
        inputs=latest_versions(INPUTS),
        run_id=str(run),
        code_version=code_version(),
        patients=patients,
    )


def _without_nan(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """pandas writes a missing number as NaN; the lake knows null only."""
    return [{k: None if isinstance(v, float) and v != v else v for k, v in r.items()} for r in records]  # noqa: PLR0124
