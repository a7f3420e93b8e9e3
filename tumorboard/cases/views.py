"""The worklist, registering a case, and its preparation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tumorboard.accounts.refusals import refusable
from tumorboard.accounts.roles import is_clinician
from tumorboard.boards.models import Board, BoardRole
from tumorboard.cases import actions, measuring, permissions, policies, status, worklist
from tumorboard.cases.forms import (
    CareTeamForm,
    RegisterForm,
    WithdrawForm,
    boards_to_refer_to,
)
from tumorboard.cases.models import Case
from tumorboard.cases.permissions import load_case
from tumorboard.governance import gate, people
from tumorboard.ui.listing import looked_ahead

PAGE_SIZE = 25
SHOWN = {
    "open": ("Open", status.OPEN),
    "decided": ("Decided", status.DECIDED),
    "ended": ("Closed or withdrawn", status.ENDED),
}


@require_GET
def worklist_page(request: HttpRequest) -> HttpResponse:
    show = request.GET.get("show", "open") if request.GET.get("show") in SHOWN else "open"
    cases = Case.objects.visible_to(request.user).filter(status__in=SHOWN[show][1])
    cases = cases.select_related("board", "readiness").in_worklist_order()
    page = looked_ahead(cases, PAGE_SIZE, request.GET.get("page"))
    context = {
        "page": page,
        "groups": worklist.grouped(_rows(request, list(page))),
        "show": show,
        "shown": [(key, label) for key, (label, _) in SHOWN.items()],
        "own_boards": set(Board.objects.of(request.user).values_list("pk", flat=True)),
        "may_register": _may_register(request),
    }
    return render(request, "cases/worklist.html", context)


def _rows(request: HttpRequest, cases: list[Case]) -> list[worklist.Row]:
    try:
        return worklist.rows_of(cases, by=request.user)
    except gate.Refused:
        messages.warning(
            request, "Your account has no role that may read patient data. An administrator gives roles."
        )
        return []


@require_GET
def row(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One worklist row, measured again because newer tables have been published."""
    case = load_case(request.user, uuid)
    measuring.measure(case=case, by=request.user)
    return render(request, "cases/row.html", {"row": worklist.rows_of([case], by=request.user)[0]})


def _may_register(request: HttpRequest) -> bool:
    return is_clinician(request.user) or Board.objects.of(request.user, BoardRole.COORDINATOR).exists()


@require_http_methods(["GET", "POST"])
@refusable
def register(request: HttpRequest) -> HttpResponse:
    if not _may_register(request):
        raise PermissionDenied("Only clinicians and coordinators register cases.")
    form = RegisterForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid() and (case := _registered(request, form)):
        messages.success(request, f"The case is registered for {case.board}.")
        return redirect("cases:preparation", case.uuid)
    code = 422 if form.errors else 200
    context = {"form": form, "boards": boards_to_refer_to(request.user).exists()}
    return render(request, "cases/register.html", context, status=code)


def _registered(request: HttpRequest, form: RegisterForm) -> Case | None:
    values = dict(form.cleaned_data)
    patient_key = people.find(by=request.user, record_number=values.pop("record_number"))
    if patient_key is None:
        form.add_error("record_number", "No patient with this record number is known here. Check the number.")
        return None
    return actions.register_case(patient_key=patient_key, by=request.user, **values)


@require_GET
def preparation(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Who cares for the patient, what state the case is in, which facts were verified or disputed."""
    case = load_case(request.user, uuid)
    may_prepare = permissions.user_can_prepare(request.user, case)
    context: dict[str, Any] = {
        "case": case,
        "patient": people.headers(by=request.user, patient_keys=[case.patient_key])[case.patient_key],
        "care_team": case.care_team.select_related("user"),
        "reviews": case.fact_reviews.select_related("by").order_by("-pk")[:50],
        "may_prepare": may_prepare,
        "in_preparation": policies.is_in_preparation(case),
        "next": [to for to in status.Status if policies.can_change_status(case, to)],
        "care_team_form": CareTeamForm(case=case) if may_prepare else None,
        "withdraw_form": WithdrawForm(),
    }
    return render(request, "cases/preparation.html", context)


@require_POST
@refusable
def join(request: HttpRequest, uuid: UUID) -> HttpResponse:
    case = load_case(request.user, uuid)
    form = CareTeamForm(request.POST, case=case)
    if form.is_valid():
        actions.add_to_care_team(case=case, user=form.cleaned_data["user"], by=request.user)
    return redirect("cases:preparation", case.uuid)


@require_POST
@refusable
def leave(request: HttpRequest, uuid: UUID, member: int) -> HttpResponse:
    case = load_case(request.user, uuid)
    membership = get_object_or_404(case.care_team.select_related("case__board", "reach"), pk=member)
    actions.remove_from_care_team(member=membership, by=request.user)
    still_theirs = Case.objects.visible_to(request.user).filter(pk=case.pk).exists()
    return redirect("cases:preparation", case.uuid) if still_theirs else redirect("cases:worklist")


MOVES = {
    "prepare": actions.start_preparation,
    "ready": actions.mark_ready,
    "close": actions.close_case,
}


@require_POST
@refusable
def move(request: HttpRequest, uuid: UUID, to: str) -> HttpResponse:
    """One of the simple steps of `MOVES`."""
    case = load_case(request.user, uuid)
    if to not in MOVES:
        raise Http404
    MOVES[to](case=case, by=request.user)
    messages.success(request, f"The case is now {case.get_status_display().lower()}.")
    return redirect("cases:preparation", case.uuid)


@require_POST
@refusable
def withdraw(request: HttpRequest, uuid: UUID) -> HttpResponse:
    case = load_case(request.user, uuid)
    actions.withdraw_case(case=case, reason=request.POST.get("reason", ""), by=request.user)
    return redirect("cases:preparation", case.uuid)
