"""Figures as JSON: the browser draws them when they come near the screen."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tumorboard.review import scores
from tumorboard.review.chips import with_chips
from tumorboard.review.figures import risk, series
from tumorboard.review.views.asked import evidence_of, gated, query_of


@require_GET
@gated
def lab_figure(request: HttpRequest, uuid: UUID) -> JsonResponse:
    """One laboratory test over time; ?name= is the test's, no patient's value."""
    evidence = evidence_of(request, uuid, "silver.labs", "silver.therapies")
    name, therapies = request.GET.get("name", ""), evidence.rows("silver.therapies")
    return JsonResponse(series.lab_figure(evidence.rows("silver.labs"), name, therapies))


@require_GET
@gated
def wearable_figure(request: HttpRequest, uuid: UUID) -> JsonResponse:
    evidence = evidence_of(request, uuid, "silver.wearables", "silver.therapies")
    measure, therapies = request.GET.get("measure", ""), evidence.rows("silver.therapies")
    return JsonResponse(series.wearable_figure(evidence.rows("silver.wearables"), measure, therapies))


@require_GET
@gated
def wearables(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Which measures there are, each with its figure: loaded after the page, they are many rows."""
    evidence = evidence_of(request, uuid, "silver.wearables")
    rows = evidence.rows("silver.wearables")
    latest = {row["measure"]: row for row in sorted(rows, key=lambda r: r["started_at"])}
    measures = with_chips(evidence, "silver.wearables", [latest[name] for name in sorted(latest)])
    measures = [{**row, "label": row["measure"].replace("_", " ").capitalize()} for row in measures]
    return render(
        request,
        "review/wearables.html",
        {"measures": measures, "case": evidence.case, "query": query_of(evidence)},
    )


@require_GET
@gated
def survival_figure(request: HttpRequest, uuid: UUID) -> JsonResponse:
    score = scores.risk(evidence_of(request, uuid, "gold.risk_scores"))
    if score is None:
        return JsonResponse(risk.survival_figure({}))
    name = "Survival of the training cohort" if score["abstained"] else "Estimated survival"
    return JsonResponse(risk.survival_figure(score["curve"], name))


@require_GET
@gated
def contribution_figure(request: HttpRequest, uuid: UUID) -> JsonResponse:
    score = scores.risk(evidence_of(request, uuid, "gold.risk_scores"))
    if score is None:
        return JsonResponse(risk.contribution_figure({}))
    return JsonResponse(risk.contribution_figure(score["contributions"], score["absent"]))


@require_GET
@gated
def percentile_figure(request: HttpRequest, uuid: UUID) -> JsonResponse:
    score = scores.risk(evidence_of(request, uuid, "gold.risk_scores"))
    if score is None:
        return JsonResponse(risk.percentile_figure(None, ""))
    return JsonResponse(risk.percentile_figure(score["percentile"], score["cohort"]))
