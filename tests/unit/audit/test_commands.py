from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tumorboard.audit.events import Event
from tumorboard.audit.record import record

pytestmark = pytest.mark.django_db


def test_verify_prints_the_head_to_note_elsewhere():
    event, out = record(Event.INGESTED, by="tests"), StringIO()
    call_command("audit", "verify", stdout=out)
    assert out.getvalue() == f"intact; head {event.seq}:{event.hash}\n"
    call_command("audit", "verify", head=f"{event.seq}:{event.hash}", stdout=out)


def test_verify_names_every_fault():
    event = record(Event.INGESTED, by="tests")
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
        cursor.execute("UPDATE audit_auditevent SET purpose = 'research'")
    with pytest.raises(CommandError, match=f"event {event.seq}: its content was changed"):
        call_command("audit", "verify")


def test_a_misspelt_head_is_refused():
    with pytest.raises(CommandError, match="must look like"):
        call_command("audit", "verify", head="latest")
