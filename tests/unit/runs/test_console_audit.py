"""Searching the audit log by event, person, table, day and patient; whether its chain holds."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from tests.factories.accounts import person
from tests.unit.runs.factories import address
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.audit import anchors
from tumorboard.audit.events import Event
from tumorboard.audit.models import AuditEvent
from tumorboard.audit.record import record, record_many
from tumorboard.governance.actions import register_securables
from tumorboard.governance.ledger import crosswalk
from tumorboard.governance.models import Securable, SecurableUserGrant
from tumorboard.runs.console import log

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def securables(settings, tmp_path) -> None:
    """The roles' standing grants; no anchor has been taken."""
    register_securables()
    settings.AUDIT_ANCHORS = tmp_path


def on_record(event: Event = Event.LAKE_READ, by: Any = "tests", **what: Any) -> AuditEvent:
    with transaction.atomic():
        return record(event, by=by, **what)


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ({"event": "lake_read"}, 1),
        ({"purpose": "treatment"}, 1),
        ({"purpose": "research"}, 0),
        ({"phase": "deny"}, 0),
        ({"phase": "complete", "channel": "web", "event": "lake_read"}, 1),
        ({"channel": "task"}, 0),
        ({"event": "signed_out"}, 0),
        ({"actor": "OKA"}, 1),
        ({"table": "case_facts"}, 1),
        ({"since": "2000-01-01", "until": "2001-01-01"}, 0),
        ({"event": "lake_read", "since": "2000-01-01"}, 1),
        ({"event": "lake_read", "since": "not a day"}, 1),
    ],
)
def test_the_log_is_searched(client: Client, steward: User, chosen: dict, found: int):
    on_record(
        by="okafor", table="gold.case_facts", version=3, columns=["label"], purpose="treatment", channel="web"
    )
    assert len(client.get(address("audit"), chosen).context["page"].events) == found


def test_both_days_of_a_range_count(client: Client, steward: User):
    today = timezone.localdate()
    on_record(by="okafor")
    for since, until, found in ((today, today, 1), (today + timedelta(days=1), None, 0)):
        chosen = {"actor": "okafor", "since": since, "until": until or ""}
        assert len(client.get(address("audit"), chosen).context["page"].events) == found


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
    assert [event.patient_key for event in page.context["page"].events] == [maria]
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
    assert f"(no. {head.seq}): its content was changed" in page.text


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


def test_of_a_very_long_log_a_page_reads_the_newest(
    client: Client, steward: User, monkeypatch, settings, tmp_path
):
    settings.AUDIT_KEY = tmp_path / "key.pem"
    first = on_record()
    for _ in range(3):
        on_record()
        anchors.take()
    monkeypatch.setattr(log, "VERIFIED_ON_A_PAGE", 1)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE audit_auditevent SET actor_label = 'x' WHERE seq = %s", [first.seq])
    page = client.post(address("verify"))
    assert "every event since anchor 2 follows" in page.text
    assert "anchor 3 of" in page.text
    monkeypatch.setattr(log, "VERIFIED_ON_A_PAGE", 10_000)
    assert "Broken" in client.post(address("verify")).text


def test_a_day_begins_at_the_hospital_s_midnight():
    with timezone.override("America/New_York"):
        query = str(log.search({"since": date(2026, 1, 2), "until": date(2026, 1, 2)}).query)
    assert '"at" >= 2026-01-02 00:00:00-05:00' in query
    assert '"at" < 2026-01-03 00:00:00-05:00' in query


def test_who_saw_the_patient_when_and_why(client: Client, steward: User, maria: str):
    read = {"table": "gold.case_facts", "version": 3, "purpose": "treatment", "rule": "relation: care team"}
    on_record(by="okafor", patient_key=maria, columns=["label"], phase="intent", channel="web", **read)
    on_record(by="byrne", patient_keys=[maria, "p2"], columns=["*"], row_count=7, **read)
    on_record(Event.LAKE_REFUSED, by="curious", patient_key=maria, phase="deny", rule="no relation")
    client.post(address("audit"), {"record_number": "SYN-0001"})
    page = client.get(address("audit"))
    shown = [event.actor_label for event in page.context["page"].events if event.event.startswith("lake")]
    assert shown == ["curious", "byrne", "okafor"]
    assert {"okafor", "byrne", "curious"} < {person["actor_label"] for person in page.context["people"]}
    for words in ("relation: care team", "no relation", "Refused", "all columns", "7 rows", "treatment"):
        assert words in page.text


def test_a_look_into_the_log_is_on_record(client: Client, steward: User, maria: str):
    client.post(address("audit"), {"record_number": "SYN-0001"})
    client.get(address("audit"), {"actor": "okafor", "event": "lake_read"})
    look = AuditEvent.objects.get(event=Event.AUDIT_SEARCHED)
    assert (look.actor_id, look.patient_key, look.purpose) == (str(steward.pk), maria, "operations")
    assert look.detail == {"narrowed_by": ["actor", "event"]}
    assert (look.channel, look.source_ip) == ("web", "127.0.0.1")
    assert len(look.session_hash) == 64


def numbers_shown(client: Client, **asked: object) -> tuple[list[int], dict]:
    page = client.get(address("audit"), {"actor": "okafor", **asked}).context["page"]
    return [event.seq for event in page.events], {"newer": page.newer, "older": page.older}


@pytest.mark.parametrize("count", [0, 1, 50, 51, 120])
def test_pages_go_back_and_forth_without_a_gap(client: Client, steward: User, count: int):
    with transaction.atomic():
        written = record_many([{"event": Event.LAKE_READ}] * count, by="okafor")
    expected = [event.seq for event in reversed(written)]
    found, beside = numbers_shown(client)
    while beside["older"]:
        more, beside = numbers_shown(client, before=beside["older"])
        found += more
    assert found == expected
    while beside["newer"]:
        back, beside = numbers_shown(client, after=beside["newer"])
        assert back == sorted(back, reverse=True)
    assert count <= 50 or back == expected[:50]


@pytest.mark.parametrize("asked", [{"before": "x"}, {"after": "-1"}, {"before": "9" * 30}, {"before": "0"}])
def test_a_made_up_page_is_no_error(client: Client, steward: User, asked: dict):
    assert client.get(address("audit"), asked).status_code == 200


def test_the_download_holds_ids_only_and_is_on_record(client: Client, steward: User, maria: str):
    reader = person("okafor")
    on_record(by=reader, patient_key=maria, table="gold.case_facts")
    on_record(by="byrne", patient_key="p-somebody-else")
    client.post(address("audit"), {"record_number": "SYN-0001"})
    answer = client.post(address("audit_export") + "?event=lake_read")
    assert answer["Content-Type"] == "application/fhir+ndjson"
    (resource,) = [json.loads(line) for line in answer.text.splitlines()]
    assert resource["agent"][0]["who"] == {"identifier": {"value": str(reader.pk)}}
    assert "okafor" not in answer.text
    assert "SYN-0001" not in answer.text
    taken = AuditEvent.objects.get(event=Event.AUDIT_EXPORTED)
    assert (taken.patient_key, taken.row_count) == (maria, 1)


def test_the_log_is_not_there_without_the_privilege(client: Client):
    client.force_login(person("", Role.ONCOLOGIST))
    assert client.get(address("audit")).status_code == 404
    assert client.post(address("audit_export")).status_code == 404
    assert client.post(address("verify")).status_code == 404


def test_a_privacy_officer_reads_the_log_by_a_grant_alone(client: Client):
    officer = person("")
    client.force_login(officer)
    assert client.get(address("audit")).status_code == 404
    permission = Permission.objects.get(codename="audit_read", content_type__app_label="governance")
    catalog = Securable.objects.get(name="tumorboard")
    SecurableUserGrant.objects.create(user=officer, permission=permission, content_object=catalog)
    page = client.get(address("audit"))
    assert page.status_code == 200
    assert 'aria-label="Console"' not in page.text
