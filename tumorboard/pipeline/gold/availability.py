"""The rules of `gold.modalities`: present, partial, pending, not done, not collected; and the reason."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from tumorboard.pipeline.gold.records import Record, Row
from tumorboard.pipeline.gold.sections import STAINS
from tumorboard.pipeline.silver import fhir

MODALITIES = ("clinical", "pathology", "genomics", "imaging", "notes", "labs", "wearables")
STATUSES = ("present", "partial", "pending", "not_done", "not_collected", "failed", "not_permitted")
_ABOUT = (  # what an order is for, the first that fits
    ("genomics", r"genom|genetic|molecular|sequenc|\bNGS\b|panel test|mutation"),
    ("pathology", r"patholog|histolog|biops|cytolog|immunohisto"),
    ("imaging", r"\bCT\b|\bMRI?\b|\bPET\b|tomograph|imaging|radiolog|\bscan\b|x-?ray|mammogra|ultraso"),
    ("labs", r"laborator|blood|serum|plasma|chemistry|count"),
)
_WAITING_ORDER = ("active", "on-hold", "draft")
_WAITING_REPORT = ("registered", "partial", "preliminary")
_GIVEN_UP = ("cancelled", "revoked")


@dataclass(frozen=True)
class Availability:
    modality: str
    status: str
    reason: str = ""
    sources: tuple[Row, ...] = ()
    rows: int = 0
    latest_on: date | None = None
    announced: tuple[Row, ...] = ()


def available(record: Record) -> Iterator[Availability]:
    """One per modality, in the order of the page."""
    announced = _announcements(record)
    rules = (clinical, pathology, genomics, imaging, notes, labs, wearables)
    for rule in rules:
        found = rule(record)
        yield _awaited(found, announced.get(found.modality, []))


def clinical(record: Record) -> Availability:
    parts = {
        "diagnosis": record.newest("diagnoses", "diagnosed_on"),
        "stage": record.newest("stages", "assessed_on"),
        "performance status": record.newest("performance", "assessed_on"),
    }
    lacking = [name for name, rows in parts.items() if not rows]
    rows = [row for found in parts.values() for row in found]
    if not rows:
        return Availability("clinical", "not_collected", "no diagnosis, stage or performance status received")
    reason = f"no {' and no '.join(lacking)} recorded" if lacking else ""
    dates = ("diagnosed_on", "assessed_on")
    return _there("clinical", rows, *dates, status="partial" if lacking else "present", reason=reason)


def pathology(record: Record) -> Availability:
    stains = [row for row in record.newest("biomarkers", "assessed_on") if row["name"] in STAINS]
    typed = [row for row in record.newest("diagnoses", "diagnosed_on") if row.get("histology")]
    specimens = record.newest("specimens", "collected_on")
    rows = [*specimens, *stains, *typed]
    if not rows:
        return Availability("pathology", "not_collected", "no specimen and no histology received")
    missing = [] if specimens else ["no specimen is recorded"]
    missing += [] if typed or stains else ["no histology is recorded for the specimen"]
    status = "partial" if missing else "present"
    return _there("pathology", rows, "collected_on", "assessed_on", status=status, reason="; ".join(missing))


def genomics(record: Record) -> Availability:
    tests = record.newest("genomic_tests", "reported_on")
    found = record.rows("variants")
    count = sum(int(row["rows"]) for row in found)
    if not tests and not count:
        return Availability("genomics", "not_collected", "no molecular test is reported")
    covered = {gene for row in tests for gene in row.get("genes") or []}
    here = replace(_there("genomics", [*tests, *found], "reported_on", "latest_on"), rows=len(tests) + count)
    if not count and not covered:
        reason = "a report was received, but neither its variants nor the genes tested"
        return replace(here, status="partial", reason=reason)
    if not covered:
        reason = "the genes tested are not stated: an absent variant may not have been looked for"
        return replace(here, status="partial", reason=reason)
    return here if count else replace(here, reason=f"no variant reported in {len(covered)} genes tested")


def imaging(record: Record) -> Availability:
    rows = record.newest("imaging", "performed_on")
    if not rows:
        return Availability("imaging", "not_collected", "no examination is recorded")
    elsewhere = [row for row in rows if row.get("rows") is None]
    if not elsewhere:
        return _there("imaging", rows, "performed_on")
    reason = f"images of {len(elsewhere)} of {len(rows)} series are elsewhere; only their record was received"
    return _there("imaging", rows, "performed_on", status="partial", reason=reason)


def notes(record: Record) -> Availability:
    rows = record.newest("documents", "written_on")
    missing = _letters_missing(record)
    if not rows:
        reason = (
            f"{missing} documents are announced, none was received" if missing else "no document received"
        )
        return Availability("notes", "partial" if missing else "not_collected", reason)
    reason = f"{missing} announced documents were not received" if missing else ""
    return _there("notes", rows, "written_on", status="partial" if missing else "present", reason=reason)


def _letters_missing(record: Record) -> int:
    """Letters a sender points to whose file is not here. One with its text inside is here."""
    received = {str(row["file_name"]) for row in (*record.of("bronze.notes"), *record.rows("documents"))}
    missing = 0
    for reference in _resources(record, "DocumentReference"):
        attachment = fhir.dig(reference, "content", 0, "attachment") or {}
        name = fhir.words(attachment.get("url")).rsplit("/", 1)[-1]
        missing += bool(name) and "data" not in attachment and name not in received
    return missing


def labs(record: Record) -> Availability:
    return _summarised(record, "labs", "no laboratory result received")


def wearables(record: Record) -> Availability:
    return _summarised(record, "wearables", "no device is linked to the patient")


def _summarised(record: Record, name: str, absent: str) -> Availability:
    rows = record.rows(name)
    if not rows:
        return Availability(name, "not_collected", absent)
    return replace(_there(name, rows, "latest_on"), rows=int(rows[0]["rows"]))


def _there(
    modality: str, rows: list[Row], *days: str, status: str = "present", reason: str = ""
) -> Availability:
    dates = [row[day] for row in rows for day in days if row.get(day)]
    return Availability(modality, status, reason, tuple(rows), len(rows), max(dates, default=None))


@dataclass(frozen=True)
class _Announcement:
    """An order or an unfinished report: what it is for, since when, and whether it was given up."""

    modality: str
    on: date | None
    given_up: bool
    row: Row


def _announcements(record: Record) -> dict[str, list[_Announcement]]:
    answered = {
        reference.rsplit("/", 1)[-1]
        for report in _resources(record, "DiagnosticReport")
        if fhir.words(report.get("status")) not in (*_WAITING_REPORT, *_GIVEN_UP)
        for reference in fhir.references(report.get("basedOn"))
    }
    found: dict[str, list[_Announcement]] = {}
    for row in record.of("bronze.fhir"):
        resource = json.loads(row["payload"])
        if fhir.words(resource.get("id")) not in answered and (told := _announcement(resource, row)):
            found.setdefault(told.modality, []).append(told)
    return found


def _announcement(resource: dict[str, Any], row: Row) -> _Announcement | None:
    kind, status = resource.get("resourceType"), fhir.words(resource.get("status"))
    waiting = _WAITING_ORDER if kind == "ServiceRequest" else _WAITING_REPORT
    if kind not in ("ServiceRequest", "DiagnosticReport") or status not in (*waiting, *_GIVEN_UP):
        return None
    words = " ".join(
        [
            fhir.said(resource.get("code")),
            fhir.said(resource.get("category")),
            *fhir.codes(resource.get("code")),
        ]
    )
    about = next((name for name, pattern in _ABOUT if re.search(pattern, words, re.IGNORECASE)), None)
    on = fhir.when(resource, "authoredOn", "issued", "effectiveDateTime").on
    return _Announcement(about, on, status in _GIVEN_UP, row) if about else None


def _resources(record: Record, kind: str) -> list[dict[str, Any]]:
    found = [json.loads(row["payload"]) for row in record.of("bronze.fhir")]
    return [resource for resource in found if resource.get("resourceType") == kind]


def _awaited(found: Availability, announced: list[_Announcement]) -> Availability:
    """What is ordered and not yet there; only orders newer than the newest result count as open."""
    waiting = [a for a in announced if not a.given_up and _is_newer(a.on, found.latest_on)]
    if waiting:
        since = max((a.on for a in waiting if a.on), default=None)
        ordered = f"ordered on {since}, no result yet" if since else "ordered, no result yet"
        reason = "; ".join(filter(None, (ordered, found.reason if found.rows else "")))
        status = "pending" if not found.rows else "partial"
        return replace(found, status=status, reason=reason, announced=tuple(a.row for a in waiting))
    if announced and not found.rows and all(a.given_up for a in announced):
        cancelled = tuple(a.row for a in announced)
        return replace(found, status="not_done", reason="the order was cancelled", announced=cancelled)
    return found


def _is_newer(ordered: date | None, latest: date | None) -> bool:
    return ordered is None or latest is None or ordered > latest
