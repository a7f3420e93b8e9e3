"""A language model proposes, a curator decides; both on a small real lake with a model on this machine."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import administrator
from tests.unit.review.conftest import Record, record, small_lake
from tests.unit.screening.test_drafts import NCT, publish
from tumorboard.runs.actions import claim_job, queue_job
from tumorboard.runs.models import Job
from tumorboard.runs.proposing import propose_readings
from tumorboard.runs.working import Attempt
from tumorboard.screening.models import ParseProposal

__all__ = ["record", "small_lake"]
LIMIT = "Thrombocytes shall be counted and then be >= 100 10^9/L"
TEXT = f"Inclusion Criteria:\n\n* Age >= 18 years\n* {LIMIT}\n"


@pytest.fixture
def model(settings: Any) -> Iterator[list[dict[str, Any]]]:
    """The claims the model makes about whatever it is asked."""
    claims: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            message = {"message": {"content": json.dumps({"claims": claims})}}
            body = json.dumps({"choices": [message]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.LANGUAGE_MODEL_URL = f"http://127.0.0.1:{server.server_port}/v1"
    yield claims
    server.shutdown()
    server.server_close()


@pytest.fixture
def study(record: Record) -> Record:
    publish(TEXT)
    return record


def claim(quote: str = LIMIT, value: str = "platelets >= 100 10^9/L") -> dict[str, Any]:
    return {"quote": quote, "start": 0, "end": len(quote), "ctml": {"lab": value}}


def run(by: Any) -> str:
    job = queue_job(kind="propose", by=by, trial=NCT)
    return propose_readings(Attempt(claim_job(uuid=job.uuid)))


def page(client: Client, user: Any) -> str:
    client.force_login(user)
    return client.get(reverse("screening:draft", args=[NCT])).text


def test_what_round_trips_is_shown_and_waits_for_a_curator(
    client: Client, study: Record, model: list[dict[str, Any]]
) -> None:
    model.append(claim())
    assert run(study.alice) == "criteria asked: 1, proposals: 1, dropped: 0"
    assert ParseProposal.objects.get().state == "proposed"
    assert "platelets" in page(client, study.alice)
    client.post(
        reverse("screening:proposal", args=[ParseProposal.objects.get().uuid]), {"verdict": "approve"}
    )
    assert ParseProposal.objects.get().reviewed_by == study.alice


def test_what_is_invented_is_dropped(study: Record, model: list[dict[str, Any]]) -> None:
    model += [claim(value="platelets >= 50 10^9/L"), claim(quote="not in the text")]
    assert run(study.alice) == "criteria asked: 1, proposals: 0, dropped: 2"


def test_asked_twice_is_proposed_once(study: Record, model: list[dict[str, Any]]) -> None:
    model.append(claim())
    run(study.alice)
    Job.objects.all().delete()
    run(study.alice)
    assert ParseProposal.objects.count() == 1


def test_rejected_is_gone_and_decided_once(
    client: Client, study: Record, model: list[dict[str, Any]]
) -> None:
    model.append(claim())
    run(study.alice)
    address = reverse("screening:proposal", args=[ParseProposal.objects.get().uuid])
    client.force_login(study.alice)
    client.post(address, {"verdict": "reject"})
    client.post(address, {"verdict": "approve"})
    assert ParseProposal.objects.get().state == "rejected"
    assert "platelets" not in page(client, study.alice).split('id="proposals"')[1]


def test_a_changed_text_has_no_proposals(client: Client, study: Record, model: list[dict[str, Any]]) -> None:
    model.append(claim())
    run(study.alice)
    publish(TEXT + "* More\n")
    assert "10^9/L</pre>" not in page(client, study.alice)


def test_without_a_model_nothing_is_asked(client: Client, study: Record) -> None:
    assert "Ask about what was not understood" not in page(client, study.alice)
    client.post(reverse("runs:propose", args=[NCT]))
    assert not Job.objects.filter(kind="propose").exists()


def test_who_may(client: Client, study: Record, model: list[dict[str, Any]]) -> None:
    client.force_login(administrator())
    assert client.post(reverse("runs:propose", args=[NCT])).status_code == 403
    assert client.post(reverse("screening:proposal", args=[uuid4()])).status_code == 403
