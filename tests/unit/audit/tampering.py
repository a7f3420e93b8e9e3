"""What somebody who rules the database can do to the log: eight kinds, each at random places.

A `Log` is written in the test's transaction; triggers are silenced as a superuser does it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from django.db import connection

from tumorboard.audit.events import Event
from tumorboard.audit.models import SHARDS, AuditEvent, link
from tumorboard.audit.record import record_many

# In one transaction all events go to one chain; here they are spread, as those of many writers are.
SPREAD = """CREATE OR REPLACE FUNCTION audit_take_chain() RETURNS smallint LANGUAGE sql AS
    'SELECT floor(random() * 8)::smallint'"""
NEW_VALUES = {
    "bigint": "coalesce({0}, 0) + 1000000",
    "smallint": "({0} + 1) % 8",
    "text[]": "{0} || ARRAY['x']",
    "jsonb": """{0} || '{{"x": 1}}'""",
    "uuid": "gen_random_uuid()",
    "timestamp with time zone": "{0} - interval '1 microsecond'",
}


def run(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def write(count: int, random: Random) -> None:
    run(SPREAD)
    for number in range(count):
        about = {"patient_key": f"p{random.randrange(9)}", "table": "silver.labs", "columns": ["a", "b"]}
        record_many(
            [{"event": Event.LAKE_READ, "row_count": number, "note": 'é\n"', **about}] * random.randint(1, 3),
            by="tests",
        )


def as_superuser() -> None:
    run("SET LOCAL session_replication_role = replica")


@dataclass(frozen=True)
class Attack:
    random: Random

    def event(self) -> AuditEvent:
        return self.random.choice(list(AuditEvent.objects.all()))

    def last_of(self, shard: int) -> int:
        return AuditEvent.objects.filter(shard=shard).order_by("-shard_seq")[0].shard_seq

    def edit(self) -> None:
        as_superuser()
        columns = run(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE NOT attisdropped "
            "AND attnum > 0 AND attrelid = 'audit_auditevent'::regclass"
        )
        name, kind = self.random.choice([c for c in columns if c[0] != "shard"])
        value = NEW_VALUES.get(kind, "left({0} || 'x', 1) || 'y'").format(f'"{name}"')
        run(f'UPDATE audit_auditevent SET "{name}" = {value} WHERE seq = %s', self.event().seq)

    def delete(self) -> None:
        as_superuser()
        run("DELETE FROM audit_auditevent WHERE seq = %s", self.event().seq)

    def insert(self) -> None:
        """A forged event with a fitting link, in the middle: those behind it move up."""
        as_superuser()
        event = self.event()
        later = "shard = %s AND shard_seq >= %s"
        run(f"UPDATE audit_auditevent SET shard_seq = -shard_seq WHERE {later}", event.shard, event.shard_seq)
        run("UPDATE audit_auditevent SET shard_seq = 1 - shard_seq WHERE shard_seq < 0")
        event.seq, event.patient_key = 10**9, "forged"
        event.hash = event.computed_hash()
        event.save(force_insert=True)

    def swap(self) -> None:
        as_superuser()
        one = self.event()
        other = self.random.choice(list(AuditEvent.objects.exclude(seq=one.seq).filter(shard=one.shard)))
        what = self.random.choice(("shard_seq", "seq", "content"))
        if what == "content":
            one.row_count, other.row_count = other.row_count or 0, (one.row_count or 0) + 1
            one.save(update_fields=["row_count"])
            other.save(update_fields=["row_count"])
            return
        for value, seq in ((-1, one.seq), (getattr(one, what), other.seq)):
            run(f"UPDATE audit_auditevent SET {what} = %s WHERE seq = %s", value, seq)
        free = -1 if what == "seq" else one.seq
        run(f"UPDATE audit_auditevent SET {what} = %s WHERE seq = %s", getattr(other, what), free)

    def cut(self) -> None:
        as_superuser()
        shard = self.event().shard
        from_ = self.random.randint(1, self.last_of(shard))
        run("DELETE FROM audit_auditevent WHERE shard = %s AND shard_seq >= %s", shard, from_)

    def rechain(self) -> None:
        """One event changed, and every hash from there on computed anew."""
        as_superuser()
        first = self.event()
        first.actor_label = "somebody else"
        previous = first.previous_hash
        later = AuditEvent.objects.filter(shard=first.shard, shard_seq__gt=first.shard_seq)
        for event in [first, *later.order_by("shard_seq")]:
            event.previous_hash = previous
            event.hash = previous = link(previous, event.shard, event.shard_seq, event.seq, event.body())
            event.save()

    def restore(self) -> None:
        """Yesterday's copy, and what people did since."""
        as_superuser()
        run("DELETE FROM audit_auditevent WHERE seq > %s", self.event().seq - 1)
        run("SET LOCAL session_replication_role = origin")
        write(self.random.randint(0, 40), self.random)

    def disable(self) -> None:
        run("ALTER TABLE audit_auditevent DISABLE TRIGGER USER")
        run("UPDATE audit_auditevent SET actor_label = 'nobody' WHERE seq = %s", self.event().seq)
        if self.random.random() < 0.5:
            run("ALTER TABLE audit_auditevent ENABLE TRIGGER USER")


KINDS: dict[str, Callable[[Attack], None]] = {
    name: getattr(Attack, name)
    for name in ("edit", "delete", "insert", "swap", "cut", "rechain", "restore", "disable")
}
assert SHARDS == 8
