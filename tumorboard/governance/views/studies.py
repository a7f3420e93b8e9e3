"""Studies, their members and consents; quality work for units."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tumorboard.accounts.refusals import Refused, refusable
from tumorboard.governance import actions, forms, people
from tumorboard.governance.console import studying
from tumorboard.governance.console.access import for_console, held
from tumorboard.governance.models import Consent, Privilege, QualityAssignment, Study, StudyMember
from tumorboard.governance.permissions import CATALOG
from tumorboard.governance.purposes import OPERATIONS, RESEARCH
from tumorboard.governance.views.writing import done, status_of
from tumorboard.ui.listing import page_of


def may_manage(request: HttpRequest) -> bool:
    return held(request.user).may(Privilege.MANAGE, CATALOG)


@for_console
@require_GET
def studies(request: HttpRequest) -> HttpResponse:
    form = forms.StudyFilter(request.GET)
    chosen = form.chosen()
    page = page_of(request, studying.search(chosen.get("q", ""), chosen.get("window", "")))
    counts = studying.consents(list(page))
    context = {
        "page": page,
        "filter": form,
        "rows": [(study, studying.window_of(study), counts[study.pk]) for study in page],
        "without": studying.consents_without_study(),
        "may_manage": may_manage(request),
    }
    return render(request, "governance/studies.html", context)


@for_console
@require_http_methods(["GET", "POST"])
def new_study(request: HttpRequest) -> HttpResponse:
    form = forms.StudyForm(request.POST or None)
    if form.is_valid() and done(form, actions.create_study, by=request.user, **form.cleaned_data):
        messages.success(request, "The study is there. Add its members and consents.")
        return redirect("governance:study", Study.objects.get(code=form.cleaned_data["code"]).uuid)
    return render(request, "governance/new_study.html", {"form": form}, status=status_of(form))


@for_console
@require_GET
def study(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return _study(request, _found(uuid))


def _found(uuid: UUID) -> Study:
    return get_object_or_404(Study, uuid=uuid, purpose=RESEARCH)


def _study(request: HttpRequest, found: Study, **given: Any) -> HttpResponse:
    own = {
        "member": forms.MemberForm(),
        "consent": forms.ConsentForm(auto_id="consent-%s"),
        "withdraw": forms.WithdrawForm(auto_id="withdraw-%s"),
    }
    context = {
        "study": found,
        "window": studying.WINDOWS[studying.window_of(found)],
        "consents": studying.consents([found])[found.pk],
        "page": page_of(request, studying.members(found)),
        "may_manage": may_manage(request),
        **own,
        **given,
    }
    status = max(status_of(form) for form in given.values()) if given else 200
    return render(request, "governance/study.html", context, status=status)


@for_console
@require_POST
def add_member(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found, form = _found(uuid), forms.MemberForm(request.POST)
    if form.is_valid() and done(
        form, actions.add_study_member, study=found, by=request.user, **form.cleaned_data
    ):
        messages.success(request, "They work on the study now.")
        return redirect("governance:study", found.uuid)
    return _study(request, found, member=form)


@for_console
@require_POST
@refusable
def remove_member(request: HttpRequest, uuid: UUID, number: int) -> HttpResponse:
    member = get_object_or_404(StudyMember, pk=number, study=_found(uuid))
    actions.remove_study_member(member=member, by=request.user)
    messages.success(request, "They have left the study.")
    return redirect("governance:study", uuid)


@for_console
@sensitive_post_parameters("numbers")
@require_POST
def record_consents(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """All record numbers are known, or none is taken."""
    found, form = _found(uuid), forms.ConsentForm(request.POST, auto_id="consent-%s")
    _check_manager(request)
    keys = _keys(request, form) if form.is_valid() else []
    values = {"study": found, "scope": Consent.Scope.RESEARCH, "by": request.user}
    if form.is_valid() and done(
        form,
        actions.record_consents,
        patient_keys=keys,
        until=forms.end_of(form.cleaned_data["until"]),
        **values,
    ):
        messages.success(request, "The consents are on record.")
        return redirect("governance:study", found.uuid)
    return _study(request, found, consent=form)


def _check_manager(request: HttpRequest) -> None:
    """Before anybody is looked up."""
    if not may_manage(request):
        raise PermissionDenied("consents are recorded by who manages studies")


def _keys(request: HttpRequest, form: forms.ConsentForm) -> list[str]:
    """The patients, each look-up on record; the form says which lines are not known."""
    keys, unknown = [], []
    for line, number in enumerate(form.cleaned_data["numbers"], start=1):
        key = people.find(by=request.user, record_number=number, purpose=OPERATIONS)
        keys += [key] if key else []
        unknown += [] if key else [str(line)]
    if unknown:
        form.add_error("numbers", f"No patient is known for line {', '.join(unknown)}. Nothing was recorded.")
    return keys


@for_console
@sensitive_post_parameters("record_number")
@require_POST
def withdraw_consent(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found, form = _found(uuid), forms.WithdrawForm(request.POST, auto_id="withdraw-%s")
    _check_manager(request)
    if form.is_valid() and _withdrawn(request, found, form):
        messages.success(request, "Withdrawn. It holds from the next read on.")
        return redirect("governance:study", found.uuid)
    return _study(request, found, withdraw=form)


def _withdrawn(request: HttpRequest, found: Study, form: forms.WithdrawForm) -> bool:
    number = form.cleaned_data["record_number"]
    key = people.find(by=request.user, record_number=number, purpose=OPERATIONS)
    if key is None:
        form.add_error("record_number", "No patient has this record number.")
        return False
    values = {"patient_key": key, "scope": Consent.Scope.RESEARCH, "study": found, "by": request.user}
    return done(form, actions.withdraw_consent, **values)


# ---- quality work


@for_console
@require_http_methods(["GET", "POST"])
def quality(request: HttpRequest) -> HttpResponse:
    """Who does quality work for which unit; assign somebody else."""
    form = forms.QualityForm(request.POST or None)
    if form.is_valid():
        values = {**form.cleaned_data, "until": forms.end_of(form.cleaned_data["until"])}
        if done(form, actions.assign_quality, by=request.user, **values):
            messages.success(request, "Assigned.")
            return redirect("governance:quality")
    page = page_of(request, studying.assignments())
    context = {"page": page, "form": form, "may_manage": may_manage(request)}
    return render(request, "governance/quality.html", context, status=status_of(form))


@for_console
@require_POST
@refusable
def end_quality(request: HttpRequest, number: int) -> HttpResponse:
    assignment = QualityAssignment.objects.filter(pk=number).first()
    if assignment is None:
        raise Refused("That assignment has ended already.")
    actions.end_quality(assignment=assignment, by=request.user)
    messages.success(request, "Ended.")
    return redirect("governance:quality")
