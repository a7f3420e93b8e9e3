"""/healthz: one entry per part, for everybody, and an answer even when every part is away."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.unit.runs.factories import version
from tumorboard.audit import anchors
from tumorboard.audit.record import record
from tumorboard.runs import health

pytestmark = pytest.mark.django_db


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> dict:
    """The parts, all well; a test breaks the one it is about."""
    parts = dict.fromkeys(health.PARTS, lambda: "answers")
    monkeypatch.setattr(health, "PARTS", parts)
    return parts


def fails(error: Exception):
    def check() -> str:
        raise error

    return check


def test_all_well_without_signing_in(client: Client, parts: dict):
    answer = client.get(reverse("healthz"))
    assert answer.status_code == 200
    assert answer.json()["ok"] is True
    assert set(answer.json()["parts"]) == {
        "database",
        "broker",
        "gate",
        "worker",
        "lake",
        "frontend",
        "audit",
    }
    assert answer.json()["version"]


def test_one_part_that_fails_says_what_to_do(client: Client, parts: dict):
    parts["worker"] = fails(RuntimeError("no worker answers; start one"))
    answer = client.get(reverse("healthz"))
    assert answer.status_code == 503
    assert answer.json()["parts"]["worker"] == {"ok": False, "detail": "no worker answers; start one"}
    assert answer.json()["parts"]["broker"]["ok"] is True


def test_an_unforeseen_error_is_named_by_its_kind_only(client: Client, parts: dict):
    parts["database"] = fails(ConnectionError("password=secret host=db"))
    answer = client.get(reverse("healthz"))
    assert answer.status_code == 503
    assert answer.json()["parts"]["database"]["detail"] == "away (ConnectionError)"
    assert "secret" not in answer.text


def test_it_is_only_read(client: Client):
    assert client.post(reverse("healthz")).status_code == 405


def test_the_database_answers():
    assert health.PARTS["database"]() == "answers"


def test_a_gate_that_is_not_there(settings, tmp_path: Path):
    settings.GATE, settings.GATE_SOCKET = "process", tmp_path / "gate.sock"
    with pytest.raises(RuntimeError, match="does not answer"):
        health.PARTS["gate"]()


def test_a_lake_says_how_many_tables_are_published(settings, tmp_path: Path):
    settings.LAKE_URL = str(tmp_path)
    version("silver.patients", 0)
    version("silver.patients", 1)
    version("silver.variants", 0)
    assert health.PARTS["lake"]() == "2 tables published"


def test_a_front_end_that_is_not_built(settings, tmp_path: Path):
    settings.FRONTEND_DIST = tmp_path
    with pytest.raises(RuntimeError, match="make frontend"):
        health.PARTS["frontend"]()
    (tmp_path / "manifest.json").touch()
    assert health.PARTS["frontend"]() == "built"


def test_a_broker_with_a_silent_queue(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(health.current_app.control, "ping", lambda **_: [])
    with pytest.raises(RuntimeError, match="start one with"):
        health.PARTS["worker"]()
    monkeypatch.setattr(health.current_app.control, "ping", lambda **_: [{"w": {"ok": "pong"}}])
    assert health.PARTS["worker"]() == "answers"


def test_an_anchor_that_is_late_is_told(settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    settings.AUDIT_ANCHORS, settings.AUDIT_KEY = tmp_path / "anchors", tmp_path / "key.pem"
    record("signed_in", by="tests")
    assert health._audit() == "never anchored"
    monkeypatch.setattr(health, "ANCHORED_WITHIN", timedelta(seconds=-60))
    with pytest.raises(RuntimeError, match=r"never anchored: events wait"):
        health._audit()
    taken = anchors.take()
    assert health._audit() == f"last anchored {taken.at}"
    later = timezone.now() + timedelta(seconds=30)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    record("signed_in", by="tests")
    with pytest.raises(RuntimeError, match=r"last anchored .*: events wait"):
        health._audit()
