"""Who is meant: identifiers of the outside world and the random keys that stand for them inside.

A *subject* is one identifier as a file states it, (system, value): a record number, a specimen accession,
a device user. It gets a random subject_key, which is what bronze keeps. Subjects point to a *patient*;
a file may say later that two subjects are one person, so bronze never has to be rewritten. Keys are
random, never derived from the identifier: a hash of a seven-digit number is broken in seconds.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

RECORD_NUMBER = "mrn"  # the house's own; another sender's record numbers are `mrn:<its system>`
Identifier = tuple[str, str]

SCHEMA = """
create schema if not exists identity;
create table if not exists identity.subjects (
    subject_key text primary key,
    system text not null,
    value text not null,
    patient_key text not null,
    unique (system, value)
);
create index if not exists subjects_patient on identity.subjects (patient_key);
create or replace view identity.record_numbers as
    select patient_key, system, value from identity.subjects where system = 'mrn' or system like 'mrn:%';
create table if not exists identity.merges (
    merged_key text primary key,
    patient_key text not null,
    at timestamptz not null default now()
);
"""
DROP = "drop schema if exists identity cascade;"


@dataclass(frozen=True)
class Merge:
    """Two surrogate patients turned out to be one: `gone` now lives on as `kept`."""

    gone: str
    kept: str


class TwoRecords(ValueError):
    """A file links two different record numbers; a person must decide, so nothing is merged."""


class Crosswalk:
    """The identity tables, through any DB-API cursor (format style parameters)."""

    def __init__(self, cursor: Callable[[], AbstractContextManager[Any]]) -> None:
        self._cursor = cursor

    def keys(self, identifiers: Iterable[Identifier]) -> dict[Identifier, str]:
        """The subject_key of each identifier; unseen ones get a new key and a new patient."""
        wanted = sorted(set(identifiers))
        with self._cursor() as cursor:
            cursor.executemany(
                "insert into identity.subjects (subject_key, system, value, patient_key) "
                "values (%s, %s, %s, %s) on conflict (system, value) do nothing",
                [(_key("s"), system, value, _key("p")) for system, value in wanted],
            )
            cursor.execute(
                "select system, value, subject_key from identity.subjects "
                "where (system, value) in (select unnest(%s::text[]), unnest(%s::text[]))",
                [[system for system, _ in wanted], [value for _, value in wanted]],
            )
            return {(system, value): key for system, value, key in cursor.fetchall()}

    def link(self, first: Identifier, second: Identifier) -> Merge | None:
        """State that both identifiers name one person. Returns what was merged, if anything was.

        Raises TwoRecords when each already has its own record number.
        """
        self.keys([first, second])
        with self._cursor() as cursor:
            one, two = self._patient(cursor, first), self._patient(cursor, second)
            if one == two:
                return None
            kept, gone = self._survivor(cursor, one, two)
            cursor.execute(
                "update identity.subjects set patient_key = %s where patient_key = %s", [kept, gone]
            )
            cursor.execute("update identity.merges set patient_key = %s where patient_key = %s", [kept, gone])
            cursor.execute(
                "insert into identity.merges (merged_key, patient_key) values (%s, %s) "
                "on conflict (merged_key) do update set patient_key = excluded.patient_key",
                [gone, kept],
            )
            return Merge(gone=gone, kept=kept)

    def links(self) -> list[tuple[str, str]]:
        """Every (subject_key, patient_key)."""
        with self._cursor() as cursor:
            cursor.execute("select subject_key, patient_key from identity.subjects order by subject_key")
            return [tuple(row) for row in cursor.fetchall()]

    def patients_of(self, subject_keys: Sequence[str]) -> set[str]:
        with self._cursor() as cursor:
            cursor.execute(
                "select distinct patient_key from identity.subjects where subject_key = any(%s)",
                [list(subject_keys)],
            )
            return {row[0] for row in cursor.fetchall()}

    def subjects_of(self, patient_keys: Sequence[str]) -> set[str]:
        with self._cursor() as cursor:
            cursor.execute(
                "select subject_key from identity.subjects where patient_key = any(%s)", [list(patient_keys)]
            )
            return {row[0] for row in cursor.fetchall()}

    def merged_into(self, patient_keys: Sequence[str]) -> set[str]:
        """Surrogates that have been merged into these patients and must hold no rows any more."""
        with self._cursor() as cursor:
            cursor.execute(
                "select merged_key from identity.merges where patient_key = any(%s)", [list(patient_keys)]
            )
            return {row[0] for row in cursor.fetchall()}

    def record_numbers(self, patient_keys: Sequence[str]) -> dict[str, str]:
        """The record number of each patient that has one: the house's own, else the first of a sender's."""
        with self._cursor() as cursor:
            cursor.execute(
                "select distinct on (patient_key) patient_key, value from identity.record_numbers "
                "where patient_key = any(%s) order by patient_key, length(system), system, value",
                [list(patient_keys)],
            )
            return dict(cursor.fetchall())

    def find(self, record_number: str) -> str | None:
        """The patient with this record number; None when nobody has it, or two senders' patients do."""
        with self._cursor() as cursor:
            cursor.execute(
                "select distinct patient_key from identity.record_numbers where value = %s", [record_number]
            )
            found = cursor.fetchall()
            return str(found[0][0]) if len(found) == 1 else None

    def _patient(self, cursor: Any, identifier: Identifier) -> str:
        cursor.execute(
            "select patient_key from identity.subjects where system = %s and value = %s", list(identifier)
        )
        return str(cursor.fetchone()[0])

    def _survivor(self, cursor: Any, one: str, two: str) -> tuple[str, str]:
        """(kept, gone): the one with a record number stays, else the smaller key (order is no matter)."""
        cursor.execute(
            "select patient_key, system from identity.record_numbers where patient_key in (%s, %s)",
            [one, two],
        )
        systems: dict[str, set[str]] = {one: set(), two: set()}
        for patient, system in cursor.fetchall():
            systems[patient].add(system)
        if systems[one] & systems[two]:
            raise TwoRecords("the file links two patients that each have a record number; nothing was merged")
        kept = min((one, two), key=lambda key: (RECORD_NUMBER not in systems[key], not systems[key], key))
        return kept, two if kept == one else one


def _key(prefix: str) -> str:
    return f"{prefix}{secrets.token_hex(10)}"
