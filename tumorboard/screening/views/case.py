"""Trial screening of one case: its trials, their criteria, and what people add to them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from tumorboard.accounts.refusals import Refused, refusable
from tumorboard.cases.models import Case
from tumorboard.cases.permissions import load_case
from tumorboard.review.evidence import Evidence
from tumorboard.review.views.asked import evidence_of, gated, who, words_of
from tumorboard.screening import actions, documents, shown
from tumorboard.screening.forms import AnswerForm, StepForm
from tumorboard.screening.models import Ask, Change, Override, Referral
from tumorboard.screening.permissions import user_can_override, user_can_refer

MATCHES = "gold.trial_matches"
Place = dict[str, Any]


@require_GET
@gated
def case(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Every place in a trial that the patient was screened for; one of them with its criteria."""
    evidence = evidence_of(request, uuid, MATCHES)
    found = shown.screened(evidence, by=request.user)
    context = {
        **_present(request, evidence),
        **_listed(request, found),
        "chosen": _chosen(request, evidence, found),
        "asks": shown.to_ask(found, _asks(evidence.case)),
    }
    return render(request, "screening/case.html", context)


def _present(request: HttpRequest, evidence: Evidence) -> dict[str, Any]:
    """Who is looked at, and what this person may add: nothing to a snapshot of the past."""
    key, now = evidence.case.patient_key, evidence.snapshot is None
    return {
        **who(request, evidence.case, evidence.snapshot),
        "may_answer": now and user_can_override(request.user, key),
        "may_refer": now and user_can_refer(request.user, key),
        "changes": Change.objects.of(key).unread() if now else (),
    }


def _listed(request: HttpRequest, found: list[Place]) -> dict[str, Any]:
    parts = [
        {"code": code, "title": title, "count": sum(place["part"] == code for place in found)}
        for code, title in shown.PARTS
    ]
    wanted = request.GET.get("show")
    first = next((part["code"] for part in parts if part["count"]), "open")
    part = wanted if wanted in dict(shown.PARTS) else _part_of_chosen(request, found) or first
    return {"parts": parts, "part": part, "places": [p for p in found if p["part"] == part]}


def _part_of_chosen(request: HttpRequest, found: list[Place]) -> str:
    place = _asked(request, found)
    return place["part"] if place else ""


def _asked(request: HttpRequest, found: list[Place]) -> Place | None:
    wanted = request.GET.get("trial", ""), request.GET.get("code", "")
    return next((place for place in found if (place["trial_id"], place["code"]) == wanted), None)


def _chosen(request: HttpRequest, evidence: Evidence, found: list[Place]) -> dict[str, Any] | None:
    """The place asked for, or the first; with its document, its sites, and the criterion to be answered."""
    place = _asked(request, found) or next(iter(_listed(request, found)["places"]), None)
    if place is None:
        return None
    rows = documents.stored([place["trial_id"]], by=request.user, snapshot=evidence.snapshot)
    row = rows.get(place["trial_id"])
    referral = place["referral"]
    return {
        "place": place,
        "document": row,
        "sites": documents.sites_of(row) if row else [],
        "answering": _answering(request, place),
        "steps": referral.steps.select_related("by") if referral else (),
        "step_form": StepForm(state=referral.state) if referral else None,
    }


def _answering(request: HttpRequest, place: Place) -> dict[str, Any] | None:
    path = request.GET.get("path")
    criterion = next((c for c in place["criteria"] if c["path"] == path), None)
    if criterion is None:
        return None
    where = {"trial_id": place["trial_id"], "code": place["code"], "path": path}
    return {"path": path, "form": AnswerForm(initial=where)}


def _asks(found: Case) -> Any:
    return Ask.objects.of(found.patient_key).exclude(state=Ask.State.DROPPED).select_related("by")


# ---- what people add


@require_POST
@gated
@refusable
def answer(request: HttpRequest, uuid: UUID) -> HttpResponse:
    evidence = evidence_of(request, uuid, MATCHES)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        raise Refused("Give an answer, a reason and a word on it; a day must be a date.")
    given = form.cleaned_data
    where = {name: given.pop(name) for name in ("trial_id", "code", "path")}
    rows = (row for row in evidence.rows(MATCHES) if all(row[name] == where[name] for name in where))
    criterion = next(rows, None)
    if criterion is None:
        raise Refused("The trial no longer has that criterion. Reload the page.")
    actions.override(patient_key=evidence.case.patient_key, criterion=criterion, by=request.user, **given)
    messages.success(request, "Your answer stands beside the computed one.")
    return _back(uuid, where["trial_id"], where["code"])


@require_POST
@refusable
def withdraw(request: HttpRequest, uuid: UUID, override: UUID) -> HttpResponse:
    found = load_case(request.user, uuid)
    given = get_object_or_404(Override.objects.of(found.patient_key), uuid=override)
    actions.withdraw_override(override=given, by=request.user)
    messages.success(request, "Withdrawn. The computed result counts again.")
    return _back(uuid, given.trial_id, given.code)


@require_POST
@refusable
def refer(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = load_case(request.user, uuid)
    trial, code = words_of(request, "trial_id"), words_of(request, "code")
    if not documents.stored([trial], by=request.user):
        raise Http404
    actions.refer(patient_key=found.patient_key, trial_id=trial, code=code, by=request.user)
    return _back(uuid, trial, code)


@require_POST
@refusable
def move(request: HttpRequest, uuid: UUID, referral: UUID) -> HttpResponse:
    found = load_case(request.user, uuid)
    taken = get_object_or_404(Referral.objects.of(found.patient_key), uuid=referral)
    form = StepForm(request.POST, state=taken.state)
    if not form.is_valid():
        raise Refused("Choose one of the steps that may follow.")
    actions.move_referral(referral=taken, by=request.user, **form.cleaned_data)
    messages.success(request, f"Noted: {taken.get_state_display().lower()}.")
    return _back(uuid, taken.trial_id, taken.code)


@require_POST
@refusable
def ask(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = load_case(request.user, uuid)
    actions.ask_for(
        patient_key=found.patient_key,
        what=words_of(request, "what"),
        trials=request.POST.getlist("trial")[:200],
        by=request.user,
    )
    messages.success(request, "Noted as asked for.")
    return redirect(reverse("screening:case", args=[uuid]) + "#asks")


@require_POST
@refusable
def settle(request: HttpRequest, uuid: UUID, ask: UUID) -> HttpResponse:
    found = load_case(request.user, uuid)
    asked = get_object_or_404(Ask.objects.of(found.patient_key), uuid=ask)
    actions.settle_ask(ask=asked, state=words_of(request, "state"), by=request.user)
    return redirect(reverse("screening:case", args=[uuid]) + "#asks")


@require_POST
@refusable
def read(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = load_case(request.user, uuid)
    actions.read_changes(patient_key=found.patient_key, by=request.user)
    return redirect("screening:case", uuid)


def _back(uuid: UUID, trial: str, code: str) -> HttpResponse:
    place = urlencode({"trial": trial, "code": code})
    return redirect(f"{reverse('screening:case', args=[uuid])}?{place}#criteria")
