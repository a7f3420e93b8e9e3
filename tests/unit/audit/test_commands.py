from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tumorboard.audit.events import Event
from tumorboard.audit.models import AuditEvent
from tumorboard.audit.record import record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outside(settings, tmp_path):
    settings.AUDIT_ANCHORS, settings.AUDIT_KEY = tmp_path / "anchors", tmp_path / "keys" / "key.pem"


def said(*words: str, **options: object) -> str:
    out = StringIO()
    call_command("audit", *words, stdout=out, **options)
    return out.getvalue()


def test_anchor_and_verify():
    record(Event.INGESTED, by="tests")
    assert said("anchor").startswith("anchor 1 ")
    assert said("anchor") == "nothing new to sign\n"
    record(Event.INGESTED, by="tests")
    whole = AuditEvent.objects.count()
    assert said("verify").strip() == f"intact; {whole} events read; last anchor 1"
    assert said("verify", "--from", "1").strip() == "intact; 1 events read; last anchor 1"


def test_verify_compares_with_an_event_noted_elsewhere():
    event = record(Event.INGESTED, by="tests")
    said("verify", head=f"{event.seq}:{event.hash}")
    with pytest.raises(CommandError, match="no longer holds"):
        said("verify", head=f"{event.seq}:{'0' * 64}")


def test_verify_names_every_fault():
    event = record(Event.INGESTED, by="tests")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_auditevent SET purpose = 'research'")
    out = StringIO()
    with pytest.raises(CommandError, match="altered"):
        call_command("audit", "verify", stdout=out)
    assert f"(no. {event.seq}): its content was changed" in out.getvalue()
    assert "trigger audit_refuse_change is missing, disabled or changed" in out.getvalue()


def test_a_misspelt_head_or_time_is_refused():
    with pytest.raises(CommandError, match="must look like"):
        said("verify", head="latest")
    with pytest.raises(CommandError, match="not a date"):
        said("export", "--since", "yesterday", "--out", "-")


def test_export_writes_one_resource_a_line_and_is_on_record(tmp_path):
    before = AuditEvent.objects.count()
    record(Event.LAKE_READ, by="tests", patient_key="p1")
    said("export", "--since", "2020-01-01", "--until", "2100-01-01T00:00+01:00", "--out", str(tmp_path / "x"))
    lines = (tmp_path / "x").read_text().splitlines()
    assert len(lines) == before + 2
    assert {json.loads(line)["resourceType"] for line in lines} == {"AuditEvent"}
    assert AuditEvent.objects.last().event == "audit_exported"
