from __future__ import annotations

from itertools import pairwise

import pytest
from django.db import connection, transaction
from django.db.utils import InternalError, ProgrammingError
from django.utils import timezone

from tests.factories.accounts import person
from tumorboard.accounts.roles import Role
from tumorboard.audit import context
from tumorboard.audit.events import Event
from tumorboard.audit.models import GENESIS, AuditEvent
from tumorboard.audit.record import record, record_many
from tumorboard.audit.verify import verify

pytestmark = pytest.mark.django_db


def write(**detail: object) -> AuditEvent:
    return record(Event.LAKE_READ, by="tests", patient_key="p1", table="silver.labs", version=3, **detail)


def test_events_form_a_chain_without_gaps():
    events = [write(n=n) for n in range(3)]
    first, second, third = events
    assert {event.shard for event in events} == {first.shard}
    assert [event.shard_seq for event in events] == list(range(first.shard_seq, first.shard_seq + 3))
    assert first.seq < second.seq < third.seq
    assert second.previous_hash == first.hash
    assert third.previous_hash == second.hash
    assert AuditEvent.objects.get(shard=first.shard, shard_seq=1).previous_hash == GENESIS


def test_many_are_chained_like_single_ones():
    events = record_many([{"event": Event.LAKE_READ, "patient_key": f"p{n}"} for n in range(50)], by="tests")
    assert [event.patient_key for event in events] == [f"p{n}" for n in range(50)]
    assert all(b.previous_hash == a.hash for a, b in pairwise(events))
    assert record_many([], by="tests") == []
    assert verify() == []


def test_every_field_is_kept_and_covered_by_the_hash():
    told = {
        "phase": "deny", "outcome": "refused", "row_count": 0, "bytes_out": 2**40, "duration_ms": 17,
        "on_behalf_of": "7", "auth_method": "session otp", "session_hash": "a" * 64, "break_glass_id": "b1",
        "commit_hash": "c" * 64, "query_fingerprint": "f", "rule": "no grant", "masks": {"name": "null"},
        "row_filter": "care team", "policy_hash": "d" * 64, "source_ip": "::1", "user_agent": "x\0y",
        "channel": "api", "request_id": "r", "trace_id": "t", "job_id": "j", "code_version": "1",
    }  # fmt: skip
    event = record(Event.LAKE_READ, by="tests", **told)
    kept = AuditEvent.objects.get(pk=event.pk)
    assert {name: getattr(kept, name) for name in told} == {**told, "user_agent": "x\ufffdy"}
    assert kept.detail == {}
    assert kept.computed_hash() == event.hash
    assert kept.event_id.version == 7


def test_one_several_and_very_many_patients():
    one, several, many = (
        record(Event.LAKE_READ, by="tests", patient_keys=[f"p{n}" for n in range(count)])
        for count in (1, 1000, 1001)
    )
    assert (one.patient_key, one.patient_keys) == ("p0", [])
    assert (several.patient_key, len(several.patient_keys)) == ("", 1000)
    assert (many.patient_keys, many.patient_count, len(many.patient_digest)) == ([], 1001, 64)
    assert list(AuditEvent.objects.for_patient("p0")) == [several, one]
    assert list(AuditEvent.objects.for_patient("p999")) == [several]


def test_what_the_context_says_goes_along_and_the_caller_wins():
    with context.bound(channel="web", source_ip="10.0.0.1"):
        here, there = write(), write(channel="export")
    assert (here.channel, here.source_ip, there.channel, there.source_ip) == (
        "web",
        "10.0.0.1",
        "export",
        "10.0.0.1",
    )
    assert write().channel == ""


def test_roles_are_those_of_the_moment():
    steward = person("sam", Role.DATA_STEWARD)
    assert record(Event.SIGNED_IN, by=steward).actor_roles == ["role:data_steward"]


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


def where(event: AuditEvent) -> str:
    return f"chain {event.shard} event {event.shard_seq} (no. {event.seq})"


def test_an_intact_log_has_no_faults():
    write()
    write()
    assert verify() == []


def test_an_edit_behind_the_triggers_is_found():
    event = write()
    write()
    tampered(f"UPDATE audit_auditevent SET patient_key = 'p2' WHERE seq = {event.seq}")
    assert verify() == [f"{where(event)}: its content was changed after it was written"]


def test_a_removed_event_is_found():
    event = write()
    write()
    tampered(f"DELETE FROM audit_auditevent WHERE seq = {event.seq}")
    number = event.shard_seq
    assert verify() == [f"chain {event.shard}: events {number} to {number} are missing"]


def test_an_event_rewritten_with_a_fitting_hash_breaks_the_next_link():
    event, following = write(), write()
    event.actor_label = "somebody else"
    digest = event.computed_hash()
    changes = f"actor_label = 'somebody else', hash = '{digest}'"
    tampered(f"UPDATE audit_auditevent SET {changes} WHERE seq = {event.seq}")
    assert verify() == [f"{where(following)}: does not follow from the event before"]


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
