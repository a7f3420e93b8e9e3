"""Screening over many patients: which tests would open most trials for a board, and what changed."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from tumorboard.boards.models import Board
from tumorboard.cases.models import Case
from tumorboard.governance import people
from tumorboard.review.views.asked import gated
from tumorboard.screening import cohort
from tumorboard.screening.models import Ask, Change, Referral

TESTS_SHOWN, PATIENTS_SHOWN, FEW = 40, 12, 8


@require_GET
@gated
def board(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The trials of a board's open cases, as far as this person sees them."""
    found = get_object_or_404(Board, uuid=uuid)
    cases = cohort.open_cases(request.user, found)
    if not cases and not Board.objects.of(request.user).filter(pk=found.pk).exists():
        raise Http404
    rows = cohort.matches(cases, by=request.user)
    tests = cohort.tests_that_open_most(rows)
    context = {
        "board": found,
        "cases": len(cases),
        "tests": _named(request, tests[:TESTS_SHOWN], cases),
        "count": len(tests),
        "trials": cohort.verdicts_by_trial(rows).items(),
        "referrals": _referrals(request, cases),
    }
    return render(request, "screening/board.html", context)


def _named(request: HttpRequest, tests: list[dict[str, Any]], cases: list[Case]) -> list[dict[str, Any]]:
    """Each test with the first of its patients; those for whom it was already asked are marked."""
    of = {case.patient_key: case for case in cases}
    shown = {key for test in tests for key in test["patients"][:PATIENTS_SHOWN]}
    headers = people.headers(by=request.user, patient_keys=sorted(shown))
    asked = set(Ask.objects.filter(patient_key__in=shown).values_list("patient_key", "what"))
    for test in tests:
        keys = test["patients"][:PATIENTS_SHOWN]
        test["more"] = len(test["patients"]) - len(keys)
        test["people"] = [
            {"case": of[key], "patient": headers[key], "asked": (key, test["what"][:300]) in asked}
            for key in keys
        ]
    return tests


def _referrals(request: HttpRequest, cases: list[Case]) -> list[dict[str, Any]]:
    of = {case.patient_key: case for case in cases}
    running = list(Referral.objects.running().filter(patient_key__in=of))
    headers = people.headers(by=request.user, patient_keys=[r.patient_key for r in running])
    return [{"referral": r, "case": of[r.patient_key], "patient": headers[r.patient_key]} for r in running]


@require_GET
@gated
def changes(request: HttpRequest) -> HttpResponse:
    """Fragment for the worklist: patients for whom screening again found something worth telling."""
    unread = Change.objects.unread().worth_telling().filter(patient_key__in=cohort.open_keys(request.user))
    by_patient: dict[str, list[Change]] = defaultdict(list)
    for change in unread[:500]:
        by_patient[change.patient_key].append(change)
    keys = list(by_patient)[:FEW]
    of = cohort.latest_cases(request.user, keys)
    headers = people.headers(by=request.user, patient_keys=keys)
    rows = [{"case": of[key], "patient": headers[key], "changes": by_patient[key]} for key in keys]
    return render(request, "screening/changes.html", {"rows": rows, "count": len(by_patient)})
