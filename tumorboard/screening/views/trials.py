"""Trials by themselves: which there are, and who of one's own patients may fit, by site."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tumorboard.cases.models import Case
from tumorboard.governance import people
from tumorboard.review.views.asked import gated
from tumorboard.screening import cohort, documents
from tumorboard.screening.models import Referral
from tumorboard.screening.permissions import user_can_curate
from tumorboard.trials.criteria import Level

PAGE_SIZE = 50
Row = dict[str, Any]


@require_GET
@gated
def trial_list(request: HttpRequest) -> HttpResponse:
    """Every trial the lake holds, with the counts of one's own patients by verdict."""
    words = request.GET.get("q", "").replace("\x00", "").strip()
    cases = cohort.open_cases(request.user)
    counted = cohort.verdicts_by_trial(cohort.matches(cases, by=request.user))
    found = [{**row, "counts": counted.get(row["trial_id"], Counter())} for row in _trials(request, words)]
    found.sort(key=lambda row: (-row["counts"]["fits"], -row["counts"]["uncertain"], row["trial_id"]))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "words": words,
        "cases": len(cases),
        "count": len(found),
        "may_curate": user_can_curate(request.user),
    }
    return render(request, "screening/trials.html", context)


def _trials(request: HttpRequest, words: str) -> list[Row]:
    rows = documents.catalogue(by=request.user)
    said = ((row, f"{row['trial_id']} {row['nct_id']} {row['title']}".lower()) for row in rows)
    return [row for row, text in said if words.lower() in text]


@require_GET
@gated
def trial(request: HttpRequest, trial_id: str) -> HttpResponse:
    """One trial: where it runs, what it asks, and who of one's own patients may fit, by their site."""
    row = documents.stored([trial_id], by=request.user).get(trial_id)
    if row is None:
        raise Http404
    cases = cohort.open_cases(request.user)
    matches = [m for m in cohort.matches(cases, by=request.user) if m["trial_id"] == trial_id]
    read = documents.read(row)
    context = {
        "trial": row,
        "read": read,
        "levels": list(_levels(read.root)) if read else [],
        "sites": documents.sites_of(row),
        "groups": _by_site(request, trial_id, cases, matches),
        "document": json.dumps(json.loads(row["document"]), indent=2, ensure_ascii=False),
    }
    return render(request, "screening/trial.html", context)


def _levels(level: Level, depth: int = 0) -> list[Row]:
    own = {"name": level.name, "code": level.code, "title": level.title, "suspended": level.suspended}
    return [{**own, "depth": depth}, *(row for below in level.below for row in _levels(below, depth + 1))]


def _by_site(request: HttpRequest, trial_id: str, cases: list[Case], matches: list[Row]) -> list[Row]:
    """Patients who fit or may fit, grouped by the hospital site that treats them, best first."""
    best = cohort.best_places(matches)
    shown = {case.patient_key: case for case in cases if case.patient_key in best}
    headers = people.headers(by=request.user, patient_keys=list(shown))
    sites = cohort.sites_of(list(shown), by=request.user)
    taken = {r.patient_key: r for r in Referral.objects.filter(patient_key__in=shown, trial_id=trial_id)}
    groups: dict[str, list[Row]] = defaultdict(list)
    for key, case in shown.items():
        person = {"case": case, "patient": headers[key], "place": best[key], "referral": taken.get(key)}
        groups[sites.get(key) or "Site not recorded"].append(person)
    for people_of_site in groups.values():
        people_of_site.sort(key=lambda row: (cohort.rank(row["place"]), row["patient"].name))
    return [{"site": site, "people": found} for site, found in sorted(groups.items())]
