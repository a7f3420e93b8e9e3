"""The source panel of a value, and the verdicts people give there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from tumorboard.accounts.refusals import refusable
from tumorboard.cases.actions import dispute_fact, verify_fact
from tumorboard.cases.models import Case
from tumorboard.cases.permissions import load_case
from tumorboard.governance.models import Snapshot
from tumorboard.review.chips import DOCUMENTS, state_of
from tumorboard.review.evidence import Evidence, gather
from tumorboard.review.naming import name_of, value_of
from tumorboard.review.provenance import Step, Walker
from tumorboard.review.views.asked import gated, may_review, query_of, snapshot_of, who, words_of

VERDICTS = ("verify", "dispute")


@require_GET
@gated
def source(request: HttpRequest, uuid: UUID, table: str, row_id: str) -> HttpResponse:
    """The source panel of one row; a whole page when it is opened without script."""
    return _panel(request, load_case(request.user, uuid), table, row_id)


@require_POST
@gated
@refusable
def verify(request: HttpRequest, uuid: UUID, table: str, row_id: str) -> HttpResponse:
    found = load_case(request.user, uuid)
    label = _label(request, found, table, row_id)
    verify_fact(case=found, table=table, row_id=row_id, label=label, by=request.user)
    return _after(request, found, table, row_id)


@require_POST
@gated
@refusable
def dispute(request: HttpRequest, uuid: UUID, table: str, row_id: str) -> HttpResponse:
    found = load_case(request.user, uuid)
    reason, label = words_of(request, "reason"), _label(request, found, table, row_id)
    dispute_fact(case=found, table=table, row_id=row_id, label=label, reason=reason, by=request.user)
    return _after(request, found, table, row_id)


def _label(request: HttpRequest, found: Case, table: str, row_id: str) -> str:
    """What the fact is called, for the list of verdicts."""
    rows = Walker(found, request.user).rows([f"{table}/{row_id}"])
    return name_of(table, rows[0].row) if rows else ""


def _after(request: HttpRequest, found: Case, table: str, row_id: str) -> HttpResponse:
    """The panel again; without script its page, under an address that can be reloaded."""
    if request.htmx:
        return _panel(request, found, table, row_id)
    return redirect("review:source", found.uuid, table, row_id)


def _panel(request: HttpRequest, found: Case, table: str, row_id: str) -> HttpResponse:
    pinned = snapshot_of(request)
    walker = Walker(found, request.user, pinned)
    origin = walker.source(table, row_id)
    if origin is None or "origin" not in origin.row:  # a row as received is where facts come from, not a fact
        raise Http404
    evidence = gather(found, by=request.user, snapshot=pinned, tables=())
    context = {
        "case": found,
        "table": table,
        "row": origin.row,
        "label": name_of(table, origin.row),
        "value": value_of(table, origin.row),
        "source": origin,
        "state": state_of(origin.row, evidence.review(table, origin.row)),
        "review": evidence.review(table, origin.row),
        "disagrees": [_other(step) for step in walker.rows(origin.row.get("conflicts_with") or [])],
        **_verdict_urls(request, found, table, row_id, pinned),
        "query": query_of(evidence),
        "document": _document(origin.steps, evidence),
    }
    if request.htmx:
        return render(request, "review/source.html", context)
    return render(request, "review/source_page.html", {**who(request, found, pinned), **context})


def _other(step: Step) -> dict[str, Any]:
    row = step.row
    return {
        "document": row.get("system") or DOCUMENTS.get(row.get("origin"), ""),
        "on": row.get("recorded_on"),
        "value": value_of(step.table, row),
    }


def _verdict_urls(
    request: HttpRequest, found: Case, table: str, row_id: str, pinned: Snapshot | None
) -> dict[str, str]:
    """Where to send a verdict; nowhere for those who may not give one, and on what is pinned."""
    if not may_review(request, found, pinned):
        return {}
    return {
        f"{verdict}_url": reverse(f"review:{verdict}", args=[found.uuid, table, row_id])
        for verdict in VERDICTS
    }


def _document(steps: Sequence[Step], evidence: Evidence) -> str:
    """The address of the letter a fact was read from, where it was."""
    for step in steps:
        if step.row.get("document_id") and step.table in ("silver.note_facts", "silver.documents"):
            return reverse("review:document", args=[evidence.case.uuid, step.row["document_id"]]) + query_of(
                evidence
            )
    return ""
