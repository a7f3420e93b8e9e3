"""Many patients out of few: the rows of real patients again and again under new random keys.

The lake's tables are written as the pipeline writes them (sorted by patient, row groups, declared inputs,
rules of each table checked); the rows of the database go in by bulk SQL. References from row to row still
name the rows that were cloned.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from django.db import connection

from tumorboard.governance.ledger import latest_versions
from tumorboard.governance.opening import lake
from tumorboard.lake import tables
from tumorboard.lake.store import Commit
from tumorboard.lake.tables import Table
from tumorboard.review.evidence import PAGE_TABLES

CLONED = ("silver.patients", "silver.diagnoses", *PAGE_TABLES)
AT_ONCE = 10_000  # patients in one commit, which becomes one file
MATCHES = "gold.trial_matches"
RELATIONS = 10  # of a patient
ID = 24  # hex digits of a row id


def new_keys(count: int) -> list[str]:
    return sorted(f"p{secrets.token_hex(10)}" for _ in range(count))


class Originals:
    """The rows of the few patients, read once."""

    def __init__(self, matches: int) -> None:
        """`matches`: the most rows of gold.trial_matches that a clone gets."""
        self.rows = {
            name: lake().read(tables.get(name)) for name in CLONED if lake().version(name) is not None
        }
        self.keys = sorted(set(self.rows["silver.patients"]["patient_key"].to_pylist()))
        self.starts = {name: self._places(name, matches) for name in self.rows}

    def _places(self, name: str, matches: int) -> list[np.ndarray]:
        """Of each patient the places of its rows."""
        keys = np.array(self.rows[name]["patient_key"].to_pylist())
        most = matches if name == MATCHES else None
        return [np.flatnonzero(keys == key)[:most] for key in self.keys]

    def clones(self, name: str, keys: Sequence[str], first: int) -> pa.Table:
        """Rows for `keys`, the n-th of them a clone of original n (counted round, from `first`)."""
        of = [self.starts[name][(first + n) % len(self.keys)] for n in range(len(keys))]
        found = self.rows[name].take(pa.array(np.concatenate(of)))
        owners = pa.array(keys).take(pa.array(np.repeat(np.arange(len(keys)), [len(rows) for rows in of])))
        return _with(_with(found, "patient_key", owners), "row_id", _random_ids(found.num_rows))


def _with(rows: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return rows.set_column(rows.column_names.index(name), name, values)


def _random_ids(count: int) -> pa.Array:
    text = secrets.token_bytes(count * ID // 2).hex().encode()
    offsets = np.arange(0, (count + 1) * ID, ID, dtype=np.int32)
    return pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(text))


def rows_of(name: str) -> int:
    found = lake().ledger.latest(name)
    return found.rows if found else 0


def grow_lake(originals: Originals, keys: Sequence[str]) -> None:
    """Every cloned table again, with rows of the patients `keys`."""
    for name in originals.rows:
        declared = tables.get(name)
        commit = Commit("benchmark", "benchmark", latest_versions(declared.reads))
        for first, block in _blocks(keys):
            _write(declared, originals.clones(name, block, first), commit, first)


def _blocks(keys: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    for first in range(0, len(keys), AT_ONCE):
        yield first, keys[first : first + AT_ONCE]


def _write(table: Table, rows: pa.Table, commit: Commit, first: int) -> None:
    write = lake().append if first else lake().replace
    write(table, rows.select(list(table.columns)), commit)


# --- the database ---------------------------------------------------------------------------------------

EMPTY = """
truncate cases_case, governance_patientreach cascade;
delete from identity.subjects where value like 'SCALE-%%'
"""
SUBJECTS = """
insert into identity.subjects (subject_key, system, value, patient_key)
select 's' || substr(k, 2), 'mrn', 'SCALE-' || n, k from unnest(%(keys)s::text[]) with ordinality t (k, n)
"""
REACH = """
insert into governance_patientreach (patient_key, group_id, reason, starts_at)
select k, g, 'agenda', now() - interval '1 day'
from unnest(%(keys)s::text[]) with ordinality p (k, n)
cross join generate_series(1, %(each)s) r
join unnest(%(groups)s::int[]) with ordinality b (g, m) on m = 1 + (n + 37 * r) %% %(boards)s
"""
CASES = """
insert into cases_case (uuid, patient_key, board_id, question, diagnosis_hint, urgency, status,
                        requested_by_id, withdrawn_because, created_at)
select gen_random_uuid(), k, (%(of)s::bigint[])[1 + n %% %(boards)s], 'What next?', '',
       (array['routine', 'soon', 'urgent'])[1 + n %% 3],
       case n / 7 %% 20 when 0 then 'registered' when 1 then 'decided' else 'closed' end,
       %(by)s, '', now() - n * interval '1 minute'
from unnest(%(keys)s::text[]) with ordinality t (k, n)
"""
READINESS = """
insert into cases_readiness (case_id, marks, modalities, versions, measured_at)
select id, (select jsonb_object_agg(md5(m::text), 'unverified') from generate_series(1, 30) m),
       '{"imaging": "present"}', '{}', now()
from cases_case where id not in (select case_id from cases_readiness)
"""
GRANTS = """
insert into governance_securable{who}grant ({who}_id, permission_id, content_object_id, effect, purposes,
                                            granted_at, ticket)
select w, (select id from auth_permission where codename = 'select'), s.id, 'allow', array['treatment'],
       now(), ''
from unnest(%(whose)s::bigint[]) w,
     (select id from governance_securable where kind = 'table' order by id limit %(each)s) s
on conflict do nothing
"""


def fill(keys: Sequence[str], own: set[str], boards: Sequence[Any], by: Any) -> None:
    """Subjects, relations and cases of the patients; no case of those in `own`. What was there goes."""
    groups, others = [board.group_id for board in boards], [key for key in keys if key not in own]
    run(EMPTY)
    run(SUBJECTS, keys=keys)
    run(REACH, keys=keys, groups=groups, boards=len(boards), each=RELATIONS)
    run(CASES, keys=others, of=[board.pk for board in boards], boards=len(boards), by=by.pk)
    run(READINESS)


def grant(who: str, whose: Sequence[int], each: int) -> None:
    """SELECT for treatment on so many tables, to each of these users or groups (`who`)."""
    run(GRANTS.format(who=who), whose=whose, each=each)


def run(statement: str, **values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
