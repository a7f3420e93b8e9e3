"""The audit log: writing, verifying, and finding who saw a patient.

    python -m benchmarks.audit [--events N] [--found-in N] [--json]

Writing is measured with one client and with eight, in eight chains as they are and in one chain; each
transaction writes 20 events, as a review page does, and commits to disk. Verifying reads N events (1,000,000
for the promise) from outside, on one core. Finding is asked of a log of N events (10,000,000 for the promise)
that is filled with made-up rows.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

import psycopg
from django.conf import settings
from django.db import connection, transaction

from benchmarks.installation import installation
from benchmarks.report import Figures, seconds, show
from tumorboard.audit import verifier
from tumorboard.audit.events import Event
from tumorboard.audit.models import SHARDS, AuditEvent, canonical
from tumorboard.audit.record import _actor, _body, record_many

AT_ONCE, PAGES, CLIENTS, TIMES = 20, 50, 8, 20
READ = {
    "event": Event.LAKE_READ,
    "table": "gold.case_facts",
    "version": 12,
    "columns": ["label", "value", "unit", "fact_on", "row_id"],
    "purpose": "treatment",
    "rule": "relation: care team",
    "policy_hash": "d" * 64,
    "row_count": 41,
    "channel": "web",
    "source_ip": "10.1.2.3",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
    "session_hash": "e" * 64,
    "request_id": "0193a1b2-0000-7000-8000-000000000000",
}
CHAIN = "CREATE OR REPLACE FUNCTION audit_take_chain() RETURNS smallint LANGUAGE sql AS %s"
ONE_CHAIN = "SELECT 0::smallint FROM (SELECT pg_advisory_xact_lock(1953850740, 0)) taken"
FILLED = """INSERT INTO audit_auditevent (seq, shard, shard_seq, event_id, at, previous_hash, hash, phase,
    outcome, actor_id, actor_label, actor_roles, on_behalf_of, auth_method, session_hash, purpose,
    break_glass_id, event, patient_key, patient_keys, patient_digest, target_kind, target_id,
    "table", version, commit_hash, columns,
    query_fingerprint, rule, masks, row_filter, policy_hash, source_ip, user_agent, channel,
    request_id, trace_id, job_id, code_version, detail)
SELECT n, n %% 8, n / 8 + 1, gen_random_uuid(), now() - (%(last)s - n) * interval '19 seconds',
    repeat('0', 64), repeat('1', 64), 'complete', '', (n %% 500)::text, 'person' || n %% 500,
    '{role:oncologist}', '', 'session', repeat('e', 64), 'treatment', '', 'lake_read',
    CASE WHEN n %% 50 = 0 THEN '' ELSE 'patient-' || floor(random() * %(patients)s) END,
    CASE WHEN n %% 50 = 0 THEN ARRAY(SELECT 'patient-' || floor(random() * %(patients)s) FROM
        generate_series(1, 20 + n %% 2)) ELSE '{}' END,
    '', '', '', 'gold.case_facts', 12, '', '{label,value,unit,fact_on}', '', 'relation: care team', '{}', '',
    repeat('d', 64), '10.1.2.3', 'Mozilla/5.0', 'web', '', '', '', '1', '{}'
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n"""
CHUNK = 250_000
PATIENTS = 20_000


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=50_000, help="events to verify")
    parser.add_argument("--found-in", type=int, default=200_000, help="events to search")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen, _ = parser.parse_known_args(arguments)
    with installation():
        figures = {**writing(), **verifying(chosen.events), **finding(chosen.found_in)}
        show(f"Audit log, {chosen.events:,} verified, {chosen.found_in:,} searched", figures, chosen.json)


def writing() -> Figures:
    page = seconds(write_page, 100) * 1000
    sharded = [rate(1), rate(CLIENTS)]
    execute(CHAIN, [ONE_CHAIN])
    single = [rate(1), rate(CLIENTS)]
    return {
        "20 events in one transaction, ms": page,
        "one event in one transaction, ms": seconds(lambda: write_page(1), 100) * 1000,
        "1 client, 8 chains, events/s": sharded[0],
        "8 clients, 8 chains, events/s": sharded[1],
        "1 client, 1 chain, events/s": single[0],
        "8 clients, 1 chain, events/s": single[1],
        "8 clients, 8 chains to 1 chain ratio": sharded[1] / single[1],
    }


def write_page(events: int = AT_ONCE) -> None:
    with transaction.atomic():
        record_many([{**READ, "patient_key": "p1"}] * events, by="benchmark")


def rate(clients: int) -> float:
    """Events each second, over all clients; each is a process with a connection of its own."""
    connection.close()
    with ProcessPoolExecutor(clients) as pool:
        list(pool.map(warm, range(clients)))
        began = time.perf_counter()
        list(pool.map(write_pages, repeat(PAGES, clients)))
        return clients * PAGES * AT_ONCE / (time.perf_counter() - began)


def warm(_: int) -> None:
    connection.close()
    write_page()


def write_pages(count: int) -> None:
    for _ in range(count):
        write_page()


def verifying(count: int) -> Figures:
    """A log with true hashes, written in bulk, then walked from a connection of its own."""
    began = time.perf_counter()
    for shard in range(SHARDS):
        execute(CHAIN, [f"SELECT {shard}::smallint"])
        for body in bulk(count // SHARDS):
            execute("SELECT count(*) FROM audit_append(%s)", [body])
    written = time.perf_counter() - began
    with psycopg.connect(f"postgresql://postgres@/tumorboard?host={settings.HOME / 'postgres'}") as outside:
        walk = verifier.Walk(outside)
        began = time.perf_counter()
        assert list(walk.faults()) == []
        taken = time.perf_counter() - began
    return {
        "events verified": walk.events,
        "verifying, s": taken,
        "verified events/s": walk.events / taken,
        "a million verified, s": taken / walk.events * 1e6,
        "written in bulk, events/s": count / written,
    }


def bulk(count: int, at_once: int = 2000) -> Iterator[list[str]]:
    common = _actor("benchmark")
    for first in range(0, count, at_once):
        wanted = range(first, min(first + at_once, count))
        yield [
            canonical(_body(common, **READ, patient_key=f"patient-{n % PATIENTS}")).decode() for n in wanted
        ]


def finding(count: int) -> Figures:
    """Who saw a patient: the newest page of 50, and all; by one patient's field and in lists of many."""
    execute("SET session_replication_role = replica")
    execute("TRUNCATE audit_auditevent")
    began = time.perf_counter()
    for first in range(1, count, CHUNK):
        execute(FILLED, {"first": first, "last": min(first + CHUNK - 1, count), "patients": PATIENTS})
    filled = time.perf_counter() - began
    execute("VACUUM ANALYZE audit_auditevent")
    keys = [f"patient-{n * 991 % PATIENTS}" for n in range(TIMES)]
    page = [seconds(lambda key=key: list(AuditEvent.objects.for_patient(key)[:51])) for key in keys]
    whole = [seconds(lambda key=key: list(AuditEvent.objects.for_patient(key))) for key in keys]
    found = statistics.median(AuditEvent.objects.for_patient(key).count() for key in keys)
    return {
        "events searched": count,
        "of one patient": found,
        "who saw the patient, newest page, median ms": statistics.median(page) * 1000,
        "who saw the patient, newest page, worst ms": max(page) * 1000,
        "who saw the patient, all of it, worst ms": max(whole) * 1000,
        "filling, s": filled,
    }


def execute(statement: str, values: object = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


if __name__ == "__main__":
    main()
