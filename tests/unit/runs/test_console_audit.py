"""Searching the audit log by event, person, table, day and patient; whether its chain holds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from tests.unit.runs.factories import address
from tumorboard.accounts.models import User
from tumorboard.audit.events import Event
from tumorboard.audit.models import AuditEvent
from tumorboard.audit.record import record
from tumorboard.governance.ledger import crosswalk
from tumorboard.runs.console import log

pytestmark = pytest.mark.django_db


def on_record(event: Event = Event.LAKE_READ, by: Any = "tests", **what: Any) -> AuditEvent:
    with transaction.atomic():
        return record(event, by=by, **what)


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"event": "lake_read"}, 1),
        ({"event": "signed_out"}, 0),
        ({"actor": "OKA"}, 1),
        ({"table": "case_facts"}, 1),
        ({"since": "2000-01-01", "until": "2001-01-01"}, 0),
        ({"event": "lake_read", "since": "2000-01-01"}, 1),
        ({"event": "lake_read", "since": "not a day"}, 1),
    ],
)
def test_the_log_is_searched(client: Client, steward: User, chosen: dict, found: int):
    on_record(by="okafor", table="gold.case_facts", version=3, columns=["label"])
    assert client.get(address("audit"), chosen).context["page"].paginator.count == found


def test_both_days_of_a_range_count(client: Client, steward: User):
    today = timezone.localdate()
    on_record(by="okafor")
    for since, until, found in ((today, today, 1), (today + timedelta(days=1), None, 0)):
        chosen = {"actor": "okafor", "since": since, "until": until or ""}
        assert client.get(address("audit"), chosen).context["page"].paginator.count == found


@pytest.fixture
def maria() -> str:
    """Her surrogate."""
    crosswalk().keys([("mrn", "SYN-0001")])
    key = crosswalk().find("SYN-0001")
    assert key is not None
    return key


def test_events_about_a_patient_by_record_number(client: Client, steward: User, maria: str):
    on_record(by="okafor", patient_key=maria)
    on_record(by="okafor", patient_key="p-somebody-else")
    answer = client.post(address("audit"), {"record_number": " SYN-0001 ", "actor": "okafor"})
    assert answer["Location"] == address("audit") + "?actor=okafor"
    page = client.get(answer["Location"])
    assert [event.patient_key for event in page.context["page"]] == [maria]
    assert "SYN-0001" not in page.text
    assert "p-somebody-else" not in page.text
    looked_up = AuditEvent.objects.filter(event=Event.PATIENT_LOOKED_UP, actor_id=str(steward.pk))
    assert looked_up.count() == 1
    for button in ("everybody", "reset"):
        client.post(address("audit"), {"record_number": "SYN-0001"})
        assert "p-somebody-else" not in client.get(address("audit")).text
        client.post(address("audit"), {button: "1", "record_number": ""})
        assert "p-somebody-else" in client.get(address("audit")).text


def test_an_unknown_record_number(client: Client, steward: User):
    answer = client.post(address("audit"), {"record_number": "SYN-9999"}, follow=True)
    assert "Check the number" in answer.text
    assert "SYN-9999" not in answer.text
    assert answer.context["patient"] == ""


def test_an_intact_chain(client: Client, steward: User):
    head = on_record()
    page = client.post(address("verify"), headers={"HX-Request": "true"})
    assert "Intact" in page.text
    assert head.hash in page.text
    assert "<html" not in page.text
    assert "<html" in client.post(address("verify")).text


def test_a_broken_chain_is_said_loudly(client: Client, steward: User):
    head = on_record()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_auditevent SET actor_label = 'nobody' WHERE seq = %s", [head.seq])
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER USER")
    page = client.post(address("verify"))
    assert "Broken" in page.text
    assert f"event {head.seq}: its content was changed" in page.text


def test_a_log_is_compared_with_a_head_noted_earlier(client: Client, steward: User):
    head = on_record()
    noted = {"seq": head.seq, "hash": head.hash}
    assert "Intact" in client.post(address("verify"), noted).text
    cut = client.post(address("verify"), {"seq": head.seq + 1, "hash": "0" * 64})
    assert "no longer holds the event noted as its head" in cut.text


@pytest.mark.parametrize("noted", [{"seq": "1"}, {"hash": "0" * 64}, {"seq": "x", "hash": "0" * 64}])
def test_half_a_head_is_refused(client: Client, steward: User, noted: dict):
    page = client.post(address("verify"), noted)
    assert page.status_code == 422
    assert "There is a problem" in page.text


def test_a_long_log_is_verified_only_when_somebody_asks(client: Client, steward: User, monkeypatch):
    on_record()
    monkeypatch.setattr(log, "VERIFIED_AT_ONCE", 0)
    assert "Intact" not in client.get(address("verify")).text
    assert "Intact" in client.post(address("verify")).text


def test_a_day_begins_at_the_hospital_s_midnight():
    with timezone.override("America/New_York"):
        query = str(log.search({"since": date(2026, 1, 2), "until": date(2026, 1, 2)}).query)
    assert '"at" >= 2026-01-02 00:00:00-05:00' in query
    assert '"at" < 2026-01-03 00:00:00-05:00' in query
