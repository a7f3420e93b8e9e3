"""Training runs in MLflow: parameters, figures, artefacts, the registry and its aliases.

Only what trains and what registers imports this: MLflow takes seconds to load. Models are logged as files
(npz and JSON), never by flavour, so nothing in the store is ever unpickled. No patient's row is logged:
the training set stands in the lake, and the run names the snapshot and the hashes it is rebuilt by.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")

from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

EXPERIMENT = "fusion"
LONGEST = 500  # characters of a parameter
logging.getLogger("mlflow").setLevel(logging.WARNING)
logging.getLogger("alembic").setLevel(logging.WARNING)


class NotTracked(LookupError):
    """The store has no such run, or cannot be reached; the message says which store was asked."""


@dataclass(frozen=True)
class Run:
    """What a training run left: its tags, parameters and figures."""

    run_id: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, float]


def log_run(
    *,
    tags: Mapping[str, str],
    params: Mapping[str, Any],
    report: Mapping[str, Any],
    documents: Mapping[str, Any],
    folder: Path,
) -> str:
    """Log one training run; its id. `documents` become JSON artefacts, `folder` holds the model's files."""
    client = _client()
    run = client.create_run(_experiment(client), run_name=tags["model_version"])
    number = run.info.run_id
    client.log_batch(
        number,
        metrics=[Metric(name, value, 0, 0) for name, value in _metrics(report)],
        params=[Param(name, str(value)[:LONGEST]) for name, value in sorted(params.items())],
        tags=[RunTag(name, str(value)) for name, value in sorted(tags.items())],
    )
    with tempfile.TemporaryDirectory() as place:
        for name, content in documents.items():
            path = Path(place) / f"{name}.json"
            path.write_text(json.dumps(content, indent=1, sort_keys=True, allow_nan=False))
            client.log_artifact(number, str(path))
    client.log_artifacts(number, str(folder), "model")
    client.set_terminated(number)
    return str(number)


def find(run_id: str) -> Run:
    """A run by its id. Raises NotTracked."""
    try:
        data = _client().get_run(run_id).data
    except MlflowException as error:
        raise NotTracked(f"no run {run_id} in {_address()}: {error.error_code}") from None
    return Run(run_id, dict(data.tags), dict(data.params), dict(data.metrics))


def document(run_id: str, name: str) -> Any:
    """A JSON artefact of a run."""
    with tempfile.TemporaryDirectory() as place:
        path = _client().download_artifacts(run_id, f"{name}.json", place)
        return json.loads(Path(path).read_bytes())


def register(
    *, name: str, version: str, run_id: str, state: str, aliases: Mapping[str, str] | None = None
) -> None:
    """Note a model's state in the registry. `aliases` maps silent and approved to the version each now means;
    an alias that no version has is taken away. None leaves them as they are."""
    client = _client()
    known = _versions(client, name)
    if version not in known:
        source = f"{client.get_run(run_id).info.artifact_uri}/model"
        made = client.create_model_version(name, source=source, run_id=run_id, tags={"version": version})
        known[version] = str(made.version)
    client.set_model_version_tag(name, known[version], "state", state)
    for alias in ("silent", "approved") if aliases is not None else ():
        if aliases.get(alias) in known:
            client.set_registered_model_alias(name, alias, known[aliases[alias]])
        else:
            client.delete_registered_model_alias(name, alias)


def aliases_of(name: str) -> dict[str, str]:
    """Alias -> our version of the model it points at."""
    client = _client()
    found = client.get_registered_model(name).aliases
    return {
        alias: client.get_model_version(name, str(number)).tags.get("version", "")
        for alias, number in found.items()
    }


def _versions(client: MlflowClient, name: str) -> dict[str, str]:
    """Our version -> MLflow's number; the registered model is made where it is missing."""
    try:
        client.get_registered_model(name)
    except MlflowException:
        client.create_registered_model(name)
    return {
        one.tags.get("version", ""): str(one.version)
        for one in client.search_model_versions(f"name = '{name}'")
    }


def _metrics(report: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The figures of every row of the report, such as `late_fusion.c`."""
    for row in report.get("rows", []):
        for name, value in row.items():
            if isinstance(value, (int, float)):
                yield f"{row['row'].replace(' ', '_').replace('-', '_')}.{name}", float(value)


def _experiment(client: MlflowClient) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    place = settings.MLFLOW_ARTEFACTS if settings.MLFLOW_TRACKING_URI.startswith("sqlite") else None
    return str(client.create_experiment(EXPERIMENT, artifact_location=place and Path(place).as_uri()))


def _client() -> MlflowClient:
    """The store of the settings: a SQLite file of this installation, or a server."""
    address = settings.MLFLOW_TRACKING_URI
    if address.startswith("sqlite:///"):
        Path(address.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    return MlflowClient(tracking_uri=address, registry_uri=address)


def _address() -> str:
    """The store in words, without a password that its address may hold."""
    return settings.MLFLOW_TRACKING_URI.rpartition("@")[2]
