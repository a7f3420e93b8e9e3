"""Train a fusion model on a pinned snapshot, measure it, and put it on record and into MLflow.

A new model is in research: it scores nobody until people have signed for it (`scores`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pandas as pd

from tumorboard.fusion import cards, inventory, saved, tracking, validation
from tumorboard.fusion.cohort import Cohort, from_long
from tumorboard.fusion.fused import Fitted
from tumorboard.fusion.model import Model
from tumorboard.fusion.strategies import DEFAULT, STRATEGIES
from tumorboard.fusion.train import OUTER_FOLDS, Report, train_cohort
from tumorboard.governance.actions import pin_snapshot
from tumorboard.governance.models import Snapshot
from tumorboard.governance.permissions import TRAINING
from tumorboard.runs import tracking as mlflow
from tumorboard.runs.frames import frames
from tumorboard.runs.scoring import folder_of, of_kind
from tumorboard.runs.version import code_version
from tumorboard.scores.actions import enter_model
from tumorboard.scores.models import ScoringModel

INPUTS = ("gold.features", "gold.cohort")
RESAMPLES = 1000


@dataclass(frozen=True)
class TrainingSet:
    """What a model is trained on: the rows at one snapshot, and the cohort made of them."""

    snapshot: Snapshot
    features: pd.DataFrame
    rows: pd.DataFrame
    cohort: Cohort

    @property
    def inputs(self) -> dict[str, int]:
        return _versions(self.snapshot)

    @property
    def synthetic(self) -> bool:
        return bool(self.rows["synthetic"].eq(True).all())

    @property
    def named(self) -> str:
        """The data by name and version: equal for equal data, whichever snapshot pins them."""
        return " ".join(f"{table}@{version}" for table, version in sorted(self.inputs.items()))


def train_model(*, by: Any, seed: int = 0, strategy: str = DEFAULT) -> ScoringModel:
    """Fit on everyone in gold.cohort at a snapshot pinned now. The model is entered in research.

    Raises ValueError where there is no cohort to train on.
    """
    data = training_set(pin_snapshot(by=by), seed)
    name = "synthetic cohort" if data.synthetic else "own cohort"
    model, report = train_cohort(
        data.cohort, seed=seed, name=name, resamples=RESAMPLES, snapshot=data.named, strategy=strategy
    )
    known = ScoringModel.objects.filter(name=model.name, version=model.version).first()
    if known is not None:
        return known
    folder = folder_of(model.name, model.version)
    saved.save(model.state(), folder)
    report = _plain(report)
    card = _plain(_card(model, report, data, strategy))
    return _enter(data, model, report, card, by)


def training_set(snapshot: Snapshot, seed: int) -> TrainingSet:
    """The training rows through the gate, for training, at the snapshot's versions."""
    data = frames(INPUTS, purpose=TRAINING, versions=_versions(snapshot))
    if not all(name in data and len(data[name]) for name in INPUTS):
        raise ValueError("gold.features and gold.cohort are empty: ingest a cohort before training")
    features, everyone = data["gold.features"], data["gold.cohort"]
    real = of_kind(everyone, synthetic=False)
    rows = real if len(real) else everyone  # beside real patients, invented ones teach what is not so
    return TrainingSet(snapshot, features, rows, from_long(features, rows, folds=OUTER_FOLDS, seed=seed))


def _versions(snapshot: Snapshot) -> dict[str, int]:
    pinned = {table: snapshot.version(table) for table in INPUTS}
    return {table: version for table, version in pinned.items() if version is not None}


def _enter(data: TrainingSet, model: Model, report: Report, card: Any, by: Any) -> ScoringModel:
    hashes = tracking.fingerprint(data.cohort)
    folder = folder_of(model.name, model.version)
    run_id = mlflow.log_run(
        tags=_tags(data, model, hashes),
        params={
            "strategy": report["strategy"],
            "seed": model.seed,
            "folds": OUTER_FOLDS,
            "resamples": RESAMPLES,
        },
        report=report,
        documents={"report": report, "card": card},
        folder=folder,
    )
    mlflow.register(name=model.name, version=model.version, run_id=run_id, state="research")
    return enter_model(
        name=model.name, version=model.version, by=by, synthetic=data.synthetic, run_id=run_id,
        snapshot=data.snapshot.uuid, inputs=data.inputs, hashes=hashes, seed=model.seed, report=report,
        card=card, code_version=code_version(),
    )  # fmt: skip


def _tags(data: TrainingSet, model: Model, hashes: Mapping[str, str]) -> dict[str, str]:
    """What a training set is rebuilt from, and what it is compared with."""
    return {
        "model": model.name,
        "model_version": model.version,
        "snapshot": str(data.snapshot.uuid),
        "code_version": code_version(),
        "seed": str(model.seed),
        **{f"version.{table}": str(version) for table, version in data.inputs.items()},
        **{f"content.{table}": data.snapshot.entries[table]["hash"] for table in data.inputs},
        **{f"hash.{name}": digest for name, digest in hashes.items()},
    }


def _card(model: Model, report: Report, data: TrainingSet, strategy: str) -> dict[str, Any]:
    """The card, with who had what on the day of training."""
    cohort, seed = data.cohort, model.seed
    stock = inventory.inventory(data.features, data.rows)
    if not model.members.fusions:
        return {**cards.unmeasured(cohort, synthetic=data.synthetic), "inventory": stock}
    times = validation.time_grid(cohort.outcome)
    fits = {fold: Fitted(one, times) for fold, one in model.members.fusions.items()}
    fused = validation.predict(cohort, fits, times)
    simple = cohort.only(["clinical"])
    clinical = validation.cross_validate(
        simple, lambda part: STRATEGIES[strategy].fit(part, seed=seed), times
    )
    card = cards.card(report, cohort, fused, clinical, synthetic=data.synthetic, seed=seed)
    return {**card, "inventory": stock}


def _plain(value: Any) -> Any:
    """As JSON gives it back, so that the page and the artefact hold the same."""
    return json.loads(json.dumps(value, default=str, allow_nan=False))


# ---- rebuilding


@dataclass(frozen=True)
class Rebuilt:
    """A hash of the training set as the run states it, and as it was found now."""

    name: str
    stated: str
    found: str

    @property
    def same(self) -> bool:
        return self.stated == self.found


def rebuild(run_id: str) -> list[Rebuilt]:
    """Read the run's snapshot again and compare the training set with it, bit for bit.

    Raises mlflow.NotTracked, Snapshot.DoesNotExist, ValueError.
    """
    tags = mlflow.find(run_id).tags
    snapshot = Snapshot.objects.get(uuid=UUID(tags["snapshot"]))
    found = tracking.fingerprint(training_set(snapshot, int(tags["seed"])).cohort)
    return [Rebuilt(name, tags.get(f"hash.{name}", ""), digest) for name, digest in found.items()]
