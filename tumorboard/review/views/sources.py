"""The source panel of a value, and the verdicts people give there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from tumorboard.accounts.refusals import refusable
from tumorboard.cases.actions import dispute_fact, verify_fact
from tumorboard.cases.models import Case
from tumorboard.cases.permissions import load_case, user_can_review_facts
from tumorboard.governance import gate
from tumorboard.governance.models import Snapshot
from tumorboard.lake.tables import UnknownTable
from tumorboard.review.chips import state_of
from tumorboard.review.evidence import Evidence, gather
from tumorboard.review.provenance import Step, Walker, shown_value
from tumorboard.review.views.asked import query_of, snapshot_of

VERDICTS = ("verify", "dispute")


@require_GET
def source(request: HttpRequest, uuid: UUID, table: str, row_id: str) -> HttpResponse:
    """The source panel of one row; a whole page when it is opened without script."""
    return _panel(request, load_case(request.user, uuid), table, row_id)


@require_POST
@refusable
def verify(request: HttpRequest, uuid: UUID, table: str, row_id: str) -> HttpResponse:
    found = load_case(request.user, uuid)
    verify_fact(case=found, table=table, row_id=row_id, by=request.user)
    return _panel(request, found, table, row_id)


@require_POST
@refusable
def dispute(request: HttpRequest, uuid: UUID, table: str, row_id: str) -> HttpResponse:
    found = load_case(request.user, uuid)
    reason = request.POST.get("reason", "").strip()
    if reason:
        dispute_fact(case=found, table=table, row_id=row_id, reason=reason, by=request.user)
    return _panel(request, found, table, row_id)


def _panel(request: HttpRequest, found: Case, table: str, row_id: str) -> HttpResponse:
    pinned = snapshot_of(request)
    walker = Walker(found, request.user, pinned)
    try:
        origin = walker.source(table, row_id)
    except (UnknownTable, gate.Refused):
        raise Http404 from None
    if origin is None:
        raise Http404
    evidence = gather(found, by=request.user, snapshot=pinned, tables=())
    context = {
        "case": found,
        "table": table,
        "row": origin.row,
        "label": origin.row.get("label") or table.partition(".")[2].replace("_", " "),
        "value": shown_value(origin.row),
        "source": origin,
        "state": state_of(origin.row, evidence.review(table, row_id)),
        "review": evidence.review(table, row_id),
        "disagrees": [_other(step.row) for step in walker.rows(origin.row.get("conflicts_with") or [])],
        **_verdict_urls(request, found, table, row_id, pinned),
        "query": query_of(evidence),
        "document": _document(origin.steps, evidence),
    }
    return render(request, "review/source.html" if request.htmx else "review/source_page.html", context)


def _other(row: dict[str, Any]) -> dict[str, Any]:
    return {"document": row.get("system") or "", "on": row.get("recorded_on"), "value": shown_value(row)}


def _verdict_urls(
    request: HttpRequest, found: Case, table: str, row_id: str, pinned: Snapshot | None
) -> dict[str, str]:
    """Where to send a verdict; nowhere for those who may not give one, and on what is pinned."""
    if pinned is not None or not user_can_review_facts(request.user, found):
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
