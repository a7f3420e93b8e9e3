"""From a lake to a model on record, in MLflow, rebuilt, scored and watched."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.factories.review import publish
from tests.unit.fusion import simulated
from tumorboard.audit.models import AuditEvent
from tumorboard.fusion import saved
from tumorboard.fusion.model import Model
from tumorboard.fusion.tracking import fingerprint as tracking_of
from tumorboard.governance.actions import pin_snapshot, record_consents, register_securables
from tumorboard.governance.ledger import latest_versions
from tumorboard.governance.models import Consent, PublishedVersion, Snapshot
from tumorboard.governance.opening import lake
from tumorboard.lake import tables
from tumorboard.runs import actions as jobs
from tumorboard.runs import registering, rescoring, scoring, tasks, tracking, training, watching, working
from tumorboard.runs.frames import frames
from tumorboard.runs.kinds import KINDS, SCORE, WATCH
from tumorboard.runs.models import Job
from tumorboard.runs.status import JobState
from tumorboard.scores.models import ScoringModel
from tumorboard.scores.status import ModelState

pytestmark = pytest.mark.django_db
PATIENTS = 90


REMEMBERED: dict[Any, Any] = {}


def remembered(work: Any) -> Any:
    """Training takes seconds, and most tests are about what comes after it: the same set is trained once."""

    def once(*arguments: Any, **named: Any) -> Any:
        cohort = next(
            a.cohort if hasattr(a, "cohort") else a for a in arguments if not isinstance(a, (dict, Model))
        )
        key = (work.__name__, tracking_of(cohort)["features"], tracking_of(cohort)["split"])
        if key not in REMEMBERED:
            REMEMBERED[key] = work(*arguments, **named)
        return REMEMBERED[key]

    return once


@pytest.fixture(autouse=True)
def places(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.LAKE_URL = str(tmp_path / "lake")
    settings.MODELS_DIR = tmp_path / "models"
    monkeypatch.setattr(jobs, "send", lambda uuid: False)
    monkeypatch.setattr(training, "RESAMPLES", 20)
    monkeypatch.setattr(training, "train_cohort", remembered(training.train_cohort))
    monkeypatch.setattr(training, "_card", remembered(training._card))


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One MLflow store for all tests: making its tables takes seconds."""
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture
def mlflow(settings: Any, store: Path) -> None:
    settings.MLFLOW_TRACKING_URI = f"sqlite:///{store / 'mlflow.db'}"
    settings.MLFLOW_ARTEFACTS = str(store / "mlruns")


@pytest.fixture
def gold() -> tuple[pd.DataFrame, pd.DataFrame]:
    """A simulated cohort, published as a build would."""
    features, cohort = (shorter(frame) for frame in simulated.gold(PATIENTS, seed=4))
    register_securables()
    publish("gold.features", *features.to_dict("records"))
    publish("gold.cohort", *cohort.to_dict("records"))
    record_consents(patient_keys=cohort["patient_key"], scope=Consent.Scope.TRAINING, by="tests")
    publish("gold.modalities", *[_refused(key) for key in cohort["patient_key"][:1]])
    return features, cohort


def shorter(frame: pd.DataFrame, prefix: str = "p") -> pd.DataFrame:
    """Patient keys of letters and digits, as the crosswalk makes them."""
    return frame.assign(patient_key=frame["patient_key"].str.replace("patient-", prefix))


def _refused(key: str) -> dict[str, Any]:
    return {"patient_key": key, "modality": "genomics", "status": "not_permitted", "rows": 0}


@pytest.fixture
def model(gold: Any, mlflow: None) -> ScoringModel:
    return training.train_model(by="tests", seed=1)


def silent(model: ScoringModel) -> ScoringModel:
    ScoringModel.objects.filter(pk=model.pk).update(state=ModelState.SILENT)
    model.refresh_from_db()
    return model


def done(kind: str, **arguments: Any) -> Job:
    job = Job.objects.create(kind=kind, arguments=arguments)
    working.run(job.uuid, KINDS)
    job.refresh_from_db()
    assert job.state == JobState.DONE, job.message
    return job


# ---- training


def test_a_new_model_is_in_research_and_says_where_it_comes_from(model: ScoringModel) -> None:
    run = tracking.find(model.run_id)
    assert model.state == ModelState.RESEARCH
    assert run.tags["snapshot"] == str(model.snapshot)
    assert run.tags["model_version"] == model.version
    assert {run.tags[f"hash.{name}"] for name in ("features", "outcome", "split")} == set(
        model.hashes.values()
    )
    for table, version in model.inputs.items():
        assert run.tags[f"version.{table}"] == str(version)
        published = PublishedVersion.objects.get(table=table, version=version)
        assert run.tags[f"content.{table}"] == published.content_hash
    assert run.tags["code_version"] == model.code_version
    assert run.metrics["late_fusion.c"] == model.report["rows"][0]["c"]
    assert run.params["seed"] == "1"


def test_the_page_and_the_artefacts_hold_the_same(model: ScoringModel) -> None:
    assert tracking.document(model.run_id, "card") == model.card
    assert tracking.document(model.run_id, "report") == model.report


def test_nothing_in_the_store_is_a_pickle_or_a_patient(model: ScoringModel, store: Path) -> None:
    kinds = {path.suffix for path in (store / "mlruns").rglob("*") if path.is_file()}
    assert kinds == {".json", ".npz"}
    text = "".join(path.read_text() for path in (store / "mlruns").rglob("*.json"))
    assert not re.search(r"p00\d\d", text)


def test_training_reads_for_training_and_is_on_record(model: ScoringModel) -> None:
    read = AuditEvent.objects.filter(table__in=training.INPUTS, purpose="training")
    assert set(read.values_list("table", flat=True)) == set(training.INPUTS)


def test_training_again_on_the_same_data_is_the_same_model(model: ScoringModel) -> None:
    assert training.train_model(by="tests", seed=1) == model
    assert ScoringModel.objects.count() == 1


def test_nothing_to_train_on(mlflow: None) -> None:
    register_securables()
    with pytest.raises(ValueError, match="ingest a cohort"):
        training.train_model(by="tests")


def test_no_socket_beyond_this_machine(gold: Any, mlflow: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever MLflow would report about its use, it has no way to."""
    tried = []
    connect = socket.socket.connect

    def watched(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1", "localhost"):
            tried.append(address)
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", watched)
    training.train_model(by="tests", seed=5)
    assert tried == []


# ---- rebuilding


def test_a_training_set_is_rebuilt_bit_for_bit_after_the_lake_moved_on(
    model: ScoringModel, gold: Any
) -> None:
    features, cohort = gold
    publish("gold.features", *features.assign(value=features["value"] + 1).to_dict("records"))
    publish("gold.cohort", *cohort.iloc[:-3].to_dict("records"))
    found = training.rebuild(model.run_id)
    assert {one.name for one in found} == {"features", "outcome", "split"}
    assert all(one.same for one in found)


def test_another_training_set_is_noticed(model: ScoringModel, gold: Any) -> None:
    """The snapshot's entry is turned to a later version, as if history had been rewritten."""
    features, _ = gold
    publish("gold.features", *features.assign(value=features["value"] + 1e-9).to_dict("records"))
    snapshot = Snapshot.objects.get(uuid=model.snapshot)
    snapshot.entries["gold.features"]["version"] = latest_versions(["gold.features"])["gold.features"]
    snapshot.save()
    assert {one.name for one in training.rebuild(model.run_id) if not one.same} == {"features"}


def test_a_run_that_is_not_there(mlflow: None) -> None:
    with pytest.raises(tracking.NotTracked, match="no run"):
        training.rebuild("0" * 32)


def test_retraining_the_rebuilt_set_gives_the_same_bytes(model: ScoringModel) -> None:
    folder = scoring.folder_of(model.name, model.version)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    ScoringModel.objects.all().delete()
    REMEMBERED.clear()
    again = training.train_model(by="tests", seed=1)
    assert again.version == model.version
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


# ---- the registry


def test_states_and_aliases_reach_the_registry(model: ScoringModel) -> None:
    silent(model)
    assert registering.register_models(None) == "models: 1"
    assert tracking.aliases_of(model.name)["silent"] == model.version
    ScoringModel.objects.update(state=ModelState.APPROVED)
    registering.register_models(None)
    assert tracking.aliases_of(model.name) == {"approved": model.version}
    ScoringModel.objects.update(state=ModelState.REVOKED)
    registering.register_models(None)
    assert tracking.aliases_of(model.name) == {}


# ---- scoring


def test_research_scores_nobody(model: ScoringModel) -> None:
    assert "no model scores" in done(SCORE, patients=["p0001"]).message
    assert latest_versions([scoring.TABLE]) == {}


def test_scores_name_the_rows_they_rest_on(model: ScoringModel) -> None:
    silent(model)
    done(SCORE, patients=["p0000", "p0001"])
    rows = {row["patient_key"]: row for row in lake().read(tables.get(scoring.TABLE)).to_pylist()}
    data = frames(["gold.features", "gold.cohort"])
    mine = data["gold.features"].query("patient_key == 'p0001'")["row_id"]
    expected = {f"gold.features/{row}" for row in mine}
    assert set(rows["p0001"]["derived_from"]) >= expected
    published = PublishedVersion.objects.filter(table=scoring.TABLE).latest("version")
    assert published.inputs == latest_versions(scoring.INPUTS)


def test_what_is_not_permitted_is_not_looked_at(model: ScoringModel) -> None:
    silent(model)
    done(SCORE, patients=["p0000"])
    (row,) = lake().read(tables.get(scoring.TABLE)).to_pylist()
    genomic = frames(["gold.features"])["gold.features"].query(
        "patient_key == 'p0000' and modality == 'genomic'"
    )
    assert not set(row["derived_from"]) & {f"gold.features/{r}" for r in genomic["row_id"]}
    assert '"not_permitted": ["genomic"]' in row["validation"]
    assert "genomic" not in row["used"]


def test_silent_and_approved_score_side_by_side(model: ScoringModel) -> None:
    ScoringModel.objects.update(state=ModelState.APPROVED)
    other = silent(training.train_model(by="tests", seed=2))
    assert other.version != model.version
    done(SCORE, patients=["p0001"])
    rows = lake().read(tables.get(scoring.TABLE)).to_pylist()
    assert {row["model_version"] for row in rows} == {model.version, other.version}


def test_a_model_of_invented_patients_scores_no_real_one(model: ScoringModel, gold: Any) -> None:
    silent(model)
    assert model.synthetic
    _, cohort = gold
    publish("gold.cohort", *cohort.assign(synthetic=cohort.index > 1).to_dict("records"))
    done(SCORE, patients=["p0000", "p0001", "p0002", "nobody"])
    scored = lake().read(tables.get(scoring.TABLE))["patient_key"].to_pylist()
    assert scored == ["p0002"]


def test_scoring_twice_is_as_scoring_once(model: ScoringModel) -> None:
    silent(model)
    done(SCORE, patients=["p0001"])
    before = lake().read(tables.get(scoring.TABLE)).drop_columns(["run_id"])
    done(SCORE, patients=["p0001"])
    assert lake().read(tables.get(scoring.TABLE)).drop_columns(["run_id"]) == before


def test_files_that_were_changed_score_nobody(model: ScoringModel) -> None:
    silent(model)
    path = scoring.folder_of(model.name, model.version) / "model.json"
    path.write_text(path.read_text().replace('"seed":1', '"seed":2'))
    job = Job.objects.create(kind=SCORE, arguments={"patients": ["p0001"]})
    working.run(job.uuid, KINDS)
    job.refresh_from_db()
    assert (job.state, latest_versions([scoring.TABLE])) == (JobState.FAILED, {})
    with pytest.raises(saved.UnreadableModel):
        scoring.load(model)


@pytest.mark.parametrize(
    ("versions", "patients", "queued"),
    [
        ({"gold.features": 3}, ["b", "a"], {"patients": ["a", "b"]}),
        ({"gold.cohort": 1}, None, {}),
        ({"gold.timeline": 3}, None, None),
    ],
)
def test_an_ingest_scores_whom_it_concerns(versions: Any, patients: Any, queued: Any) -> None:
    rescoring.score_again(versions=versions, patients=patients, by="x")
    assert not Job.objects.exists()
    ScoringModel.objects.create(name="n", version="v", state=ModelState.SILENT)
    rescoring.score_again(versions=versions, patients=patients, by="x")
    assert list(Job.objects.values_list("arguments", flat=True)) == ([] if queued is None else [queued])


def test_nightly_scores_and_watches_where_a_model_scores() -> None:
    tasks.nightly()
    assert not Job.objects.filter(kind__in=[SCORE, WATCH]).exists()
    ScoringModel.objects.create(name="n", version="v", state=ModelState.APPROVED)
    tasks.nightly()
    assert Job.objects.filter(kind__in=[SCORE, WATCH]).count() == 2


# ---- watching


def test_newer_patients_are_compared_with_those_of_training(model: ScoringModel, gold: Any) -> None:
    silent(model)
    features, cohort = gold
    new_features, new_cohort = (shorter(frame, "new") for frame in simulated.gold(60, seed=9))
    shifted = new_features["feature"] == "labs_1"
    new_features.loc[shifted, "value"] *= 10
    publish("gold.features", *pd.concat([features, new_features]).to_dict("records"))
    publish("gold.cohort", *pd.concat([cohort, new_cohort]).to_dict("records"))
    assert "alarms" in done(WATCH).message
    watch = model.watches.get()
    assert (watch.window["how"], watch.window["window"]) == (watching.NEW, 60)
    assert "labs/labs_1" in {one["subject"] for one in watch.alarms}
    assert model.alerts.unsettled().filter(subject="labs/labs_1").exists()


def test_without_new_patients_the_latest_third_is_compared(model: ScoringModel) -> None:
    silent(model)
    done(WATCH)
    watch = model.watches.get()
    assert (watch.window["how"], watch.window["window"], watch.window["reference"]) == (watching.OWN, 30, 60)
    assert watch.window["inventory"]["patients"] == PATIENTS
    assert watch.window["since"] == date(2025, 3, 1).isoformat()


def test_nothing_to_watch(gold: Any) -> None:
    assert "nothing to watch" in done(WATCH).message


# ---- what the web loads


def test_the_web_process_does_not_load_mlflow() -> None:
    """MLflow takes seconds and 100 MB; only who trains or registers needs it."""
    program = (
        "import django, sys; django.setup(); import tumorboard.urls, tumorboard.runs.tasks; "
        "sys.exit('mlflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=120).returncode == 0


def test_without_a_day_nobody_passes_for_the_newest() -> None:
    days = [date(2025, 1, 2), None, date(2025, 1, 1)]
    found = watching._by_day(pd.DataFrame({"patient_key": ["a", "b", "c"], "landmark_on": days}))
    assert list(found["patient_key"]) == ["b", "c", "a"]


def test_beside_real_patients_invented_ones_are_not_trained_on(gold: Any) -> None:
    _, cohort = gold
    publish("gold.cohort", *cohort.assign(synthetic=cohort.index % 3 == 0).to_dict("records"))
    data = training.training_set(pin_snapshot(by="tests"), 1)
    assert (data.synthetic, len(data.cohort)) == (False, PATIENTS - PATIENTS // 3)


def test_those_count_as_scored_who_have_a_row(
    model: ScoringModel, gold: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model of invented patients beside real ones: not everyone who is asked for gets a score."""
    silent(model)
    _, cohort = gold
    monkeypatch.setattr(scoring, "everyone", lambda version: list(cohort["patient_key"][:10]))
    publish("gold.cohort", *cohort.assign(synthetic=cohort.index < 4).to_dict("records"))
    done(SCORE)
    model.refresh_from_db()
    assert model.scored == 4


def test_files_of_another_version_are_refused_before_they_are_read(model: ScoringModel) -> None:
    """Their own hash is right: only the version on record tells."""
    saved.save({"anything": 1}, scoring.folder_of(model.name, model.version))
    with pytest.raises(saved.UnreadableModel, match="another version"):
        scoring.load(model)
