"""The review page of a case and what it loads: timeline, figures, images, sources, slides."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET, require_POST

from tumorboard.accounts.refusals import refusable
from tumorboard.cases.actions import dispute_fact, record_visit, verify_fact
from tumorboard.cases.models import Case
from tumorboard.cases.permissions import load_case, user_can_review_facts
from tumorboard.governance import gate, people
from tumorboard.governance.models import Snapshot
from tumorboard.lake.tables import UnknownTable
from tumorboard.review import sections
from tumorboard.review.actions import record_export, save_draft
from tumorboard.review.chips import state_of
from tumorboard.review.evidence import Evidence, gather
from tumorboard.review.figures import risk, series
from tumorboard.review.images import NotAnImage, Reader, picture, window_of
from tumorboard.review.models import Draft
from tumorboard.review.provenance import Walker, shown_value
from tumorboard.review.summary import CannotPrint, pdf
from tumorboard.review.timeline import TABLE as TIMELINE
from tumorboard.review.timeline import timeline as timeline_of

SLIDES = ("question", "course", "imaging", "molecular", "options")
STACKS_SHOWN = 2
TRIAL_PARTS = (
    ("open", "Open: fits or may fit"),
    ("closed", "Not recruiting or suspended"),
    ("excluded", "Excluded"),
)
VERDICTS = ("verify", "dispute")


@require_GET
def case(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The review page, at the latest versions or at the snapshot that ?snapshot= names."""
    found = load_case(request.user, uuid)
    pinned = _snapshot(request)
    if pinned is None:
        record_visit(case=found, by=request.user)
    return render(request, "review/case.html", _page(request, found, pinned))


def _page(request: HttpRequest, found: Case, pinned: Snapshot | None) -> dict[str, Any]:
    evidence = gather(found, by=request.user, snapshot=pinned)
    return {
        **_who(request, found, pinned),
        "snapshot": sections.snapshot(evidence),
        "missing": sections.missing(evidence),
        "imaging": sections.imaging(evidence),
        "pathology": sections.facts(evidence, "pathology"),
        "molecular": sections.molecular(evidence),
        "treatment": sections.treatment(evidence),
        "labs": sections.labs(evidence),
        "charts": series.charted(evidence.rows("silver.labs")),
        "ctdna": "ctDNA VAF" in series.charted(evidence.rows("silver.labs")),
        "function": sections.facts(evidence, "function"),
        "wishes": sections.facts(evidence, "comorbidity") + sections.facts(evidence, "wishes"),
        "risk": sections.risk(evidence),
        "trials": sections.trials(evidence),
        "draft": Draft.objects.filter(case=found).select_related("by").first(),
        "can_review": pinned is None and user_can_review_facts(request.user, found),
    }


def _who(request: HttpRequest, found: Case, pinned: Snapshot | None) -> dict[str, Any]:
    keys = [found.patient_key]
    patient = people.headers(by=request.user, patient_keys=keys, snapshot=pinned)[found.patient_key]
    return {
        "case": found,
        "patient": patient,
        "synthetic": patient.synthetic,
        "pinned": pinned,
        "query": f"?snapshot={pinned.uuid}" if pinned else "",
    }


@require_GET
def trials(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Every place in a trial that the patient was screened for, with all criteria."""
    evidence = _evidence(request, uuid, "gold.trial_matches")
    places = sections.trials(evidence)
    parts = [{"id": code, "title": title, "trials": places[code]} for code, title in TRIAL_PARTS]
    return render(
        request, "review/trials.html", {**_who(request, evidence.case, evidence.snapshot), "parts": parts}
    )


@require_GET
def timeline(request: HttpRequest, uuid: UUID) -> JsonResponse:
    return JsonResponse(timeline_of(_evidence(request, uuid, TIMELINE)))


@require_GET
def lab_figure(request: HttpRequest, uuid: UUID) -> JsonResponse:
    """One laboratory test over time; ?name= is the test's, no patient's value."""
    evidence = _evidence(request, uuid, "silver.labs", "silver.therapies")
    name, therapies = request.GET.get("name", ""), evidence.rows("silver.therapies")
    return JsonResponse(series.lab_figure(evidence.rows("silver.labs"), name, therapies))


@require_GET
def wearable_figure(request: HttpRequest, uuid: UUID) -> JsonResponse:
    evidence = _evidence(request, uuid, "silver.wearables", "silver.therapies")
    measure, therapies = request.GET.get("measure", ""), evidence.rows("silver.therapies")
    return JsonResponse(series.wearable_figure(evidence.rows("silver.wearables"), measure, therapies))


@require_GET
def wearables(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Which measures there are, each with its figure: loaded after the page, they are many rows."""
    evidence = _evidence(request, uuid, "silver.wearables")
    rows = evidence.rows("silver.wearables")
    latest = {row["measure"]: row for row in sorted(rows, key=lambda r: r["started_at"])}
    measures = sections.with_chips(evidence, "silver.wearables", [latest[name] for name in sorted(latest)])
    return render(request, "review/wearables.html", {"measures": measures, **_who_short(request, evidence)})


@require_GET
def survival_figure(request: HttpRequest, uuid: UUID) -> JsonResponse:
    score = sections.risk(_evidence(request, uuid, "gold.risk_scores"))
    return JsonResponse(risk.survival_figure(score["curve"] if score else {}))


@require_GET
def contribution_figure(request: HttpRequest, uuid: UUID) -> JsonResponse:
    score = sections.risk(_evidence(request, uuid, "gold.risk_scores"))
    return JsonResponse(risk.contribution_figure(score["contributions"] if score else {}))


@require_GET
def stack(request: HttpRequest, uuid: UUID, row_id: str) -> JsonResponse:
    """The frames of one series of silver.imaging, for the stack element."""
    evidence = _evidence(request, uuid, "silver.imaging")
    row = next((r for r in evidence.rows("silver.imaging") if r["row_id"] == row_id), None)
    if row is None:
        raise Http404
    instances = _reader(request, evidence).instances(row["series_uid"])
    if not instances:
        raise Http404
    header = instances[0]["header"]
    return JsonResponse(
        {
            "rows": header.get("Rows"),
            "columns": header.get("Columns"),
            "frames": len(instances),
            "spacing": row["pixel_spacing"],
            "slope": 1,
            "intercept": 0,
            "window": window_of(header),
            "urls": [reverse("review:frame", args=[uuid, i["row_id"]]) + _query(evidence) for i in instances],
        }
    )


@require_GET
@cache_control(private=True, max_age=300)
def frame(request: HttpRequest, uuid: UUID, row_id: str) -> HttpResponse:
    """One frame as little-endian Int16 Hounsfield units."""
    reader = Reader(load_case(request.user, uuid), request.user, _snapshot(request))
    try:
        return HttpResponse(reader.frame(row_id).tobytes(), content_type="application/octet-stream")
    except (gate.NotPublished, gate.Refused, NotAnImage, FileNotFoundError):
        raise Http404 from None


@require_GET
def key_image(request: HttpRequest, uuid: UUID, row_id: str) -> HttpResponse:
    """The middle frame of a series as a picture; works without script and prints."""
    evidence = _evidence(request, uuid, "silver.imaging")
    row = next((r for r in evidence.rows("silver.imaging") if r["row_id"] == row_id), None)
    reader = _reader(request, evidence)
    instances = reader.instances(row["series_uid"]) if row else []
    if not instances:
        raise Http404
    middle = instances[len(instances) // 2]
    try:
        content = picture(reader.frame(middle["row_id"]), window_of(middle["header"]))
    except (NotAnImage, FileNotFoundError):
        raise Http404 from None
    return HttpResponse(content, content_type="image/webp")


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
    pinned = _snapshot(request)
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
        "query": _query(evidence),
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


def _document(steps: list[Any], evidence: Evidence) -> str:
    """The address of the letter a fact was read from, where it was."""
    for step in steps:
        if step.row.get("document_id") and step.table in ("silver.note_facts", "silver.documents"):
            return reverse("review:document", args=[evidence.case.uuid, step.row["document_id"]]) + _query(
                evidence
            )
    return ""


@require_GET
def document(request: HttpRequest, uuid: UUID, document_id: str) -> HttpResponse:
    """One letter or report, whole."""
    evidence = _evidence(request, uuid, "silver.documents")
    rows = sections.with_chips(evidence, "silver.documents", evidence.rows("silver.documents"))
    row = next((r for r in rows if r["document_id"] == document_id), None)
    if row is None:
        raise Http404
    return render(
        request, "review/document.html", {"document": row, **_who(request, evidence.case, evidence.snapshot)}
    )


@require_GET
def summary(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The case as a PDF; that it was made is on record."""
    found = load_case(request.user, uuid)
    try:
        content = pdf(_page(request, found, _snapshot(request)))
    except CannotPrint as error:
        return HttpResponse(str(error), status=503, content_type="text/plain")
    record_export(case=found, by=request.user)
    headers = {"Content-Disposition": 'inline; filename="case-summary.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@require_POST
@refusable
def draft(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = load_case(request.user, uuid)
    text = request.POST.get("text", "").strip()
    if text:
        save_draft(case=found, text=text, by=request.user)
        messages.success(request, "Draft saved. It is not a decision.")
    return redirect(reverse("review:case", args=[uuid]) + "#draft")


@require_GET
def slide(request: HttpRequest, uuid: UUID, name: str) -> HttpResponse:
    """One slide of the meeting view, at the snapshot that the agenda pinned."""
    if name not in SLIDES:
        raise Http404
    found = load_case(request.user, uuid)
    context = _page(request, found, _snapshot(request))
    context["stacks"] = context["imaging"][:STACKS_SHOWN]
    return render(request, f"review/slides/{name}.html", context)


def _evidence(request: HttpRequest, uuid: UUID, *tables: str) -> Evidence:
    return gather(load_case(request.user, uuid), by=request.user, snapshot=_snapshot(request), tables=tables)


def _who_short(request: HttpRequest, evidence: Evidence) -> dict[str, Any]:
    return {"case": evidence.case, "query": _query(evidence)}


def _reader(request: HttpRequest, evidence: Evidence) -> Reader:
    return Reader(evidence.case, request.user, evidence.snapshot)


def _snapshot(request: HttpRequest) -> Snapshot | None:
    wanted = request.GET.get("snapshot")
    try:
        return get_object_or_404(Snapshot, uuid=UUID(wanted)) if wanted else None
    except ValueError:
        raise Http404 from None


def _query(evidence: Evidence) -> str:
    return f"?snapshot={evidence.snapshot.uuid}" if evidence.snapshot else ""
