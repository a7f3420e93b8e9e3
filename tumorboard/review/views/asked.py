"""What a request asks for: the case, the snapshot, the evidence."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from tumorboard.cases.models import Case
from tumorboard.cases.permissions import load_case
from tumorboard.governance import people
from tumorboard.governance.models import Snapshot
from tumorboard.review.evidence import Evidence, gather


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
