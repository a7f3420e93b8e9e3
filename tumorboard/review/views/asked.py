"""What a request asks for: the case, the snapshot, the evidence."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from tumorboard.cases.models import Case
from tumorboard.cases.permissions import load_case, user_can_review_facts
from tumorboard.cases.policies import is_running
from tumorboard.governance import gate, people
from tumorboard.governance.models import Snapshot
from tumorboard.lake.tables import UnknownTable
from tumorboard.review.evidence import Evidence, gather

View = Callable[..., HttpResponse]


def gated(view: View) -> View:
    """What the gate does not give (not open, not built, no such table) looks as if it were not there."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (gate.Refused, gate.NotPublished, UnknownTable):
            raise Http404 from None

    return answered


def words_of(request: HttpRequest, name: str) -> str:
    """Words that somebody typed; PostgreSQL keeps no NUL."""
    return request.POST.get(name, "").replace("\x00", "").strip()


def evidence_of(request: HttpRequest, uuid: UUID, *tables: str) -> Evidence:
    return gather(
        load_case(request.user, uuid), by=request.user, snapshot=snapshot_of(request), tables=tables
    )


def snapshot_of(request: HttpRequest) -> Snapshot | None:
    wanted = request.GET.get("snapshot")
    try:
        return get_object_or_404(Snapshot, uuid=UUID(wanted)) if wanted else None
    except ValueError:
        raise Http404 from None


def query_of(evidence: Evidence) -> str:
    return f"?snapshot={evidence.snapshot.uuid}" if evidence.snapshot else ""


def may_review(request: HttpRequest, found: Case, pinned: Snapshot | None) -> bool:
    """Verdicts and drafts: by clinicians, on the present state of a case that still runs."""
    return pinned is None and is_running(found) and user_can_review_facts(request.user, found)


def who(request: HttpRequest, found: Case, pinned: Snapshot | None) -> dict[str, Any]:
    keys = [found.patient_key]
    patient = people.headers(by=request.user, patient_keys=keys, snapshot=pinned)[found.patient_key]
    return {
        "case": found,
        "patient": patient,
        "synthetic": patient.synthetic,
        "pinned": pinned,
        "query": f"?snapshot={pinned.uuid}" if pinned else "",
    }
