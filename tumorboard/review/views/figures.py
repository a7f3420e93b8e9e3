"""Figures as JSON: the browser draws them when they come near the screen."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tumorboard.review import sections
from tumorboard.review.figures import risk, series
from tumorboard.review.views.asked import evidence_of, query_of


@require_GET
def lab_figure(request: HttpRequest, uuid: UUID) -> JsonResponse:
    """One laboratory test over time; ?name= is the test's, no patient's value."""
    evidence = evidence_of(request, uuid, "silver.labs", "silver.therapies")
    name, therapies = request.GET.get("name", ""), evidence.rows("silver.therapies")
    return JsonResponse(series.lab_figure(evidence.rows("silver.labs"), name, therapies))


@require_GET
def wearable_figure(request: HttpRequest, uuid: UUID) -> JsonResponse:
    evidence = evidence_of(request, uuid, "silver.wearables", "silver.therapies")
    measure, therapies = request.GET.get("measure", ""), evidence.rows("silver.therapies")
    return JsonResponse(series.wearable_figure(evidence.rows("silver.wearables"), measure, therapies))


@require_GET
def wearables(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Which measures there are, each with its figure: loaded after the page, they are many rows."""
    evidence = evidence_of(request, uuid, "silver.wearables")
    rows = evidence.rows("silver.wearables")
    latest = {row["measure"]: row for row in sorted(rows, key=lambda r: r["started_at"])}
    measures = sections.with_chips(evidence, "silver.wearables", [latest[name] for name in sorted(latest)])
    return render(
        request,
        "review/wearables.html",
        {"measures": measures, "case": evidence.case, "query": query_of(evidence)},
    )


@require_GET
def survival_figure(request: HttpRequest, uuid: UUID) -> JsonResponse:
    score = sections.risk(evidence_of(request, uuid, "gold.risk_scores"))
    return JsonResponse(risk.survival_figure(score["curve"] if score else {}))


@require_GET
def contribution_figure(request: HttpRequest, uuid: UUID) -> JsonResponse:
    score = sections.risk(evidence_of(request, uuid, "gold.risk_scores"))
    return JsonResponse(risk.contribution_figure(score["contributions"] if score else {}))
