"""The review page, its trials, its letters, its slides, its draft and its PDF."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from tumorboard.accounts.refusals import Refused, refusable
from tumorboard.cases.actions import record_visit
from tumorboard.cases.models import Case
from tumorboard.cases.permissions import load_case
from tumorboard.governance.models import Snapshot
from tumorboard.review import places, sections
from tumorboard.review.actions import judge_score, record_export, save_draft
from tumorboard.review.chips import with_chips
from tumorboard.review.evidence import gather
from tumorboard.review.figures import series
from tumorboard.review.models import Draft, ScoreOpinion
from tumorboard.review.molecular import molecular
from tumorboard.review.scores import opinions, risk
from tumorboard.review.summary import CannotPrint, pdf
from tumorboard.review.timeline import TABLE as TIMELINE
from tumorboard.review.timeline import timeline as timeline_of
from tumorboard.review.views.asked import evidence_of, gated, may_review, snapshot_of, who, words_of
from tumorboard.scores.shown import of_version, withdrawn

SLIDES = ("question", "course", "imaging", "molecular", "options")
CURVES_DRAWN = 4


@require_GET
@gated
def case(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The review page, at the latest versions or at the snapshot that ?snapshot= names."""
    found = load_case(request.user, uuid)
    pinned = snapshot_of(request)
    context = _page(request, found, pinned)
    if pinned is None:
        record_visit(case=found, by=request.user)
    return render(request, "review/case.html", context)


def _page(request: HttpRequest, found: Case, pinned: Snapshot | None) -> dict[str, Any]:
    evidence = gather(found, by=request.user, snapshot=pinned)
    score = risk(evidence)
    charts = series.charted(evidence.rows("silver.labs"))
    drawn = [name for name in charts if name != series.CTDNA]  # that one stands with the molecular findings
    return {
        **who(request, found, pinned),
        "snapshot": sections.snapshot(evidence),
        "missing": sections.missing(evidence),
        "imaging": sections.imaging(evidence),
        "pathology": sections.facts(evidence, "pathology"),
        "molecular": molecular(evidence),
        "treatment": sections.treatment(evidence),
        "labs": sections.labs(evidence),
        "charts": {"shown": drawn[:CURVES_DRAWN], "more": drawn[CURVES_DRAWN:]},
        "ctdna": series.CTDNA if series.CTDNA in charts else "",
        "function": sections.facts(evidence, "function"),
        "wishes": sections.facts(evidence, "comorbidity") + sections.facts(evidence, "wishes"),
        "risk": score,
        "opinions": opinions(found, score),
        "verdicts": ScoreOpinion.Verdict.choices,
        "withdrawn": None if score else withdrawn(),
        "scored_by": of_version(score["model"], score["model_version"]) if score else None,
        "trials": places.trials(evidence),
        "draft": Draft.objects.filter(case=found).select_related("by").first(),
        "can_review": may_review(request, found, pinned),
    }


@require_GET
@gated
def timeline(request: HttpRequest, uuid: UUID) -> JsonResponse:
    return JsonResponse(timeline_of(evidence_of(request, uuid, TIMELINE)))


@require_GET
@gated
def document(request: HttpRequest, uuid: UUID, document_id: str) -> HttpResponse:
    """One letter or report, whole."""
    evidence = evidence_of(request, uuid, "silver.documents")
    rows = with_chips(evidence, "silver.documents", evidence.rows("silver.documents"))
    row = next((r for r in rows if r["document_id"] == document_id), None)
    if row is None:
        raise Http404
    context = who(request, evidence.case, evidence.snapshot)
    return render(
        request, "review/document.html", {**context, "document": {**row, "name": row["kind"] or "Document"}}
    )


@require_GET
@gated
def summary(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The case as a PDF; that it was made is on record."""
    found = load_case(request.user, uuid)
    try:
        content = pdf(_page(request, found, snapshot_of(request)))
    except CannotPrint as error:
        return HttpResponse(str(error), status=503, content_type="text/plain")
    record_export(case=found, by=request.user)
    headers = {"Content-Disposition": 'inline; filename="case-summary.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@require_POST
@gated
@refusable
def draft(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = load_case(request.user, uuid)
    save_draft(case=found, text=words_of(request, "text"), by=request.user)
    messages.success(request, "Draft saved. It is not a decision.")
    return redirect(reverse("review:case", args=[uuid]) + "#draft")


@require_POST
@gated
@refusable
def judge(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Agree or disagree with the score the page shows; refused when it is another by now."""
    found = load_case(request.user, uuid)
    score = risk(evidence_of(request, uuid, "gold.risk_scores"))
    if score is None or score["row_id"] != request.POST.get("row"):
        raise Refused("Another score is shown by now. Look at it again.")
    verdict, reason = request.POST.get("verdict", ""), words_of(request, "reason")
    judge_score(case=found, score=score, verdict=verdict, reason=reason, by=request.user)
    messages.success(request, "Kept for the evaluation of the model. The score stays as it is.")
    return redirect(reverse("review:case", args=[uuid]) + "#risk")


@require_GET
@gated
def slide(request: HttpRequest, uuid: UUID, name: str) -> HttpResponse:
    """One slide of the meeting view, at the snapshot that the agenda pinned."""
    if name not in SLIDES:
        raise Http404
    found = load_case(request.user, uuid)
    return render(request, f"review/slides/{name}.html", _page(request, found, snapshot_of(request)))
