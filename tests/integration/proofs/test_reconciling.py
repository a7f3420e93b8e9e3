"""Rows out of the gate are rows in the audit log are rows at the caller: over a crawl, table by table."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.test import Client

from tests.integration.proofs import sized
from tests.integration.proofs.crawling import Addresses, Crawler, Seen
from tests.integration.proofs.hospital import Hospital
from tumorboard.audit.models import AuditEvent
from tumorboard.governance import gate
from tumorboard.governance.gate import Request, client
from tumorboard.governance.gate.calling import acting

pytestmark = pytest.mark.timeout(sized(200, 3600))
PATIENTS = sized(1, 6)


class Received:
    """What arrives at the caller's end of the socket: rows by table, files and their bytes."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.rows: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.files, self.bytes = 0, 0
        rows, file = client.rows, client.file

        def counted(requests: list[Request], **how: Any) -> Any:
            found = rows(requests, **how)
            for number, table in found.items():
                self.rows[requests[number].table] += table.num_rows
                self.asked[requests[number].table] += 1
            return found

        def filed(request: Request, start: int, length: int | None) -> Any:
            before = self.bytes
            for chunk in file(request, start, length):
                self.bytes += len(chunk)
                yield chunk
            self.files += self.bytes > before  # some images are asked for that are not there

        patch.setattr(client, "rows", counted)
        patch.setattr(client, "file", filed)


def delivered(since: int) -> tuple[Counter[str], int]:
    ends = AuditEvent.objects.filter(seq__gt=since, event="lake_delivered", outcome="delivered")
    counts: Counter[str] = Counter()
    for table, rows in ends.values_list("table", "row_count"):
        counts[table] += rows
    return counts, ends.count()


def test_rows_out_are_rows_on_record_are_rows_received(
    place: Hospital, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = AuditEvent.objects.latest("seq").seq
    received, seen, addresses = Received(monkeypatch), Seen(), Addresses(place)
    for name in ("clinician", "member", "nobody"):
        crawler = Crawler(place, place.people[name], seen)
        for number in sorted(crawler.who.may)[:PATIENTS] or [1]:
            for path in addresses.of_patient(number):
                crawler.get(path)
    with acting(place.people["researcher"].caller()):
        for table in ("silver.labs", "gold.timeline", "gold.cohort"):
            gate.read(
                Request(by=place.user("researcher"), purpose="research", table=table, study=place.study)
            )
    recorded, ends = delivered(since)
    rows = {table: count for table, count in received.rows.items() if count}
    of_files = {t: n for t, n in recorded.items() if t.startswith("bronze.") and t not in rows}
    print(f"\n{sum(rows.values())} rows of {len(rows)} tables in {ends} reads, {received.files} files")
    told = {table: count for table, count in recorded.items() if count}
    surplus = {t: told.get(t, 0) - rows.get(t, 0) for t in {*told, *rows} if told.get(t, 0) != rows.get(t, 0)}
    assert sum(surplus.values()) == received.files, (surplus, of_files)  # a file is delivered as one row
    assert set(surplus) <= {"bronze.dicom", "bronze.notes", "bronze.fhir", "bronze.vcf"}
    assert sum(rows.values()) > 500


def test_no_read_is_left_open_and_none_is_without_its_intent(place: Hospital) -> None:
    """Every answer has its record before it and its end after it."""
    since = AuditEvent.objects.latest("seq").seq
    browser = Client(SERVER_NAME="127.0.0.1")
    browser.force_login(place.user("clinician"), backend="django.contrib.auth.backends.ModelBackend")
    answer = browser.get(f"/cases/{place.cases[1].uuid}/")
    events = list(AuditEvent.objects.filter(seq__gt=since, request_id=answer["X-Request-Id"]).order_by("seq"))
    intents = Counter(e.table for e in events if e.phase == "intent" and e.table)
    ends = Counter(e.table for e in events if e.event == "lake_delivered")
    assert intents == ends
    assert {e.patient_key for e in events if e.phase == "intent"} == {place.keys[1]}
    first = {e.table: e.seq for e in reversed(events) if e.phase == "intent"}
    assert all(e.seq > first[e.table] for e in events if e.event == "lake_delivered")
