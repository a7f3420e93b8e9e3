from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.utils import InternalError, ProgrammingError
from django.utils import timezone

from tests.factories.accounts import person
from tumorboard.audit.events import Event
from tumorboard.audit.models import GENESIS, AuditEvent
from tumorboard.audit.record import record
from tumorboard.audit.verify import verify

pytestmark = pytest.mark.django_db


def write(**detail: object) -> AuditEvent:
    return record(Event.LAKE_READ, by="tests", patient_key="p1", table="silver.labs", version=3, **detail)


def test_events_form_a_chain_without_gaps():
    first = AuditEvent.objects.first() or write()
    events = [write(n=n) for n in range(3)]
    assert [event.seq for event in events] == list(range(events[0].seq, events[0].seq + 3))
    assert events[1].previous_hash == events[0].hash
    assert events[2].previous_hash == events[1].hash
    assert AuditEvent.objects.get(seq=1).previous_hash == GENESIS
    assert first.seq == 1


def test_what_was_written_is_what_is_read_back():
    event = record(
        Event.EXPORTED, by=None, columns=("a", "b"), share=0.1, many={"b", "a"}, deep={"at": [1, None, True]}
    )
    kept = AuditEvent.objects.get(pk=event.pk)
    assert kept.computed_hash() == event.hash
    assert kept.detail == {"share": "0.1", "many": ["a", "b"], "deep": {"at": [1, None, True]}}
    assert (kept.actor_id, kept.actor_label) == ("", "nobody")


def test_the_actor_is_kept_by_id_and_label_without_a_foreign_key():
    alice = person("alice")
    event = record(Event.SIGNED_IN, by=alice, target=alice)
    assert (event.actor_id, event.actor_label) == (str(alice.pk), "alice")
    assert (event.target_kind, event.target_id) == ("accounts.user", str(alice.uuid))
    assert not [field for field in AuditEvent._meta.fields if field.is_relation]


def test_an_unknown_event_is_refused_not_dropped():
    with pytest.raises(ValueError, match="no_such_event"):
        record("no_such_event", by="tests")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET actor_label = 'nobody'",
        "DELETE FROM audit_auditevent",
    ],
)
def test_the_database_refuses_changes(statement: str):
    write()
    refused = pytest.raises((InternalError, ProgrammingError), match="append-only")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_database_refuses_to_empty_the_log():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit_auditevent'::regclass")
        assert ("audit_refuse_truncate",) in cursor.fetchall()


def tampered(statement: str) -> None:
    """What somebody with the rights of the database's owner could do."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER USER")


def test_an_intact_log_has_no_faults():
    write()
    write()
    assert verify() == []


def test_an_edit_behind_the_triggers_is_found():
    event = write()
    write()
    tampered(f"UPDATE audit_auditevent SET patient_key = 'p2' WHERE seq = {event.seq}")
    assert verify() == [f"event {event.seq}: its content was changed after it was written"]


def test_a_removed_event_is_found():
    event = write()
    write()
    tampered(f"DELETE FROM audit_auditevent WHERE seq = {event.seq}")
    assert verify() == [f"events {event.seq} to {event.seq} are missing"]


def test_an_event_rewritten_with_a_fitting_hash_breaks_the_next_link():
    event, following = write(), write()
    event.actor_label = "somebody else"
    digest = event.computed_hash()
    changes = f"actor_label = 'somebody else', hash = '{digest}'"
    tampered(f"UPDATE audit_auditevent SET {changes} WHERE seq = {event.seq}")
    assert verify() == [f"event {following.seq}: does not follow from event {event.seq}"]


def test_a_log_cut_at_its_end_is_found_by_a_head_noted_elsewhere():
    write()
    head = write()
    tampered(f"DELETE FROM audit_auditevent WHERE seq = {head.seq}")
    assert verify() == []
    assert verify(head=(head.seq, head.hash)) == [
        f"event {head.seq}: the log no longer holds the event noted as its head"
    ]


def test_searching_by_patient_actor_and_time():
    alice, start = person("alice"), timezone.now()
    mine = record(Event.LAKE_READ, by=alice, patient_key="p9")
    other = record(Event.LAKE_READ, by="tests", patient_key="p8")
    assert list(AuditEvent.objects.for_patient("p9")) == [mine]
    assert list(AuditEvent.objects.by_actor(alice)) == [mine]
    assert list(AuditEvent.objects.between(start, None).filter(event="lake_read")) == [mine, other]
    assert list(AuditEvent.objects.between(None, start).filter(event="lake_read")) == []


def test_every_event_has_words():
    assert all(event.label and event.label != event.value for event in Event)
