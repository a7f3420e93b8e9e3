"""Slide 6, where the decision is recorded, and the page of a decision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import Refused, refusable
from tumorboard.governance import people
from tumorboard.meetings import actions, permissions, policies, signing
from tumorboard.meetings.forms import DecisionForm, RecommendationForm, members_of
from tumorboard.meetings.models import AgendaItem, Recommendation
from tumorboard.meetings.permissions import load_item, load_item_of


def panel_context(user: User, item: AgendaItem) -> dict[str, Any]:
    """What the decision slide shows and offers to this person."""
    board, decision = item.meeting.board, getattr(item, "decision", None)
    unlocked = policies.is_unlocked(item)
    in_discussion = policies.is_open_for_discussion(item)
    return {
        "item": item,
        "meeting": item.meeting,
        "decision": decision,
        "recommendations": item.recommendations.in_force().select_related("owner"),
        "notes": item.notes.select_related("by"),
        "dissents": item.dissents.select_related("by"),
        "recusals": item.recusals.select_related("user"),
        "in_discussion": in_discussion,
        "may_decide": in_discussion and permissions.user_can_decide(user, item),
        "may_dissent": in_discussion and permissions.user_can_dissent(user, item),
        "may_sign": unlocked and decision is not None and permissions.user_can_sign(user, item),
        "may_start": policies.is_in_session(item.meeting) and permissions.user_can_present(user, board),
        "recommendation_form": RecommendationForm(board=board),
        "decision_form": DecisionForm(initial=_initial(item)),
        "members": members_of(board) if unlocked else [],
    }


def _initial(item: AgendaItem) -> dict[str, str]:
    decision = getattr(item, "decision", None)
    names = ("outcome", "missing", "no_recommendation", "caveats")
    return {name: getattr(decision, name) for name in names} if decision else {}


def _acted(request: HttpRequest, uuid: UUID, item: UUID, act: Callable[[AgendaItem], object]) -> HttpResponse:
    """Do one thing to an item, then show slide 6 again: as a fragment for htmx, else as a page."""
    found, refusal = load_item_of(request.user, uuid, item), ""
    try:
        act(found)
    except Refused as error:
        refusal = str(error)
    if request.headers.get("HX-Request"):
        context = {**panel_context(request.user, load_item(request.user, item)), "refusal": refusal}
        return render(request, "meetings/decision_panel.html", context, status=409 if refusal else 200)
    if refusal:
        messages.error(request, refusal)
    return redirect(reverse("meetings:present_item", args=[uuid, item]) + "#6")


def _arguments(form: Any) -> dict[str, Any]:
    """The form's values, or one refusal that names every field that is wrong."""
    if not form.is_valid():
        faults = [
            f"{form.fields[name].label or name}: {' '.join(errors)}" for name, errors in form.errors.items()
        ]
        raise Refused(" ".join(faults))
    return form.arguments() if hasattr(form, "arguments") else form.cleaned_data


@require_POST
def recommend(request: HttpRequest, uuid: UUID, item: UUID) -> HttpResponse:
    def act(found: AgendaItem) -> object:
        form = RecommendationForm(request.POST, board=found.meeting.board)
        return actions.record_recommendation(item=found, by=request.user, **_arguments(form))

    return _acted(request, uuid, item, act)


@require_POST
def withdraw(request: HttpRequest, uuid: UUID, item: UUID, recommendation: UUID) -> HttpResponse:
    def act(found: AgendaItem) -> object:
        row = get_object_or_404(
            Recommendation.objects.select_related("item"), item=found, uuid=recommendation
        )
        return actions.withdraw_recommendation(recommendation=row, by=request.user)

    return _acted(request, uuid, item, act)


@require_POST
def note(request: HttpRequest, uuid: UUID, item: UUID) -> HttpResponse:
    text = request.POST.get("text", "")
    return _acted(
        request, uuid, item, lambda found: actions.record_note(item=found, text=text, by=request.user)
    )


@require_POST
def dissent(request: HttpRequest, uuid: UUID, item: UUID) -> HttpResponse:
    text = request.POST.get("text", "")
    return _acted(
        request, uuid, item, lambda found: actions.record_dissent(item=found, text=text, by=request.user)
    )


@require_POST
def recuse(request: HttpRequest, uuid: UUID, item: UUID) -> HttpResponse:
    def act(found: AgendaItem) -> object:
        who = get_object_or_404(members_of(found.meeting.board), uuid=_uuid(request.POST.get("user", "")))
        reason = request.POST.get("reason", "")
        return actions.recuse(item=found, user=who, reason=reason, by=request.user)

    return _acted(request, uuid, item, act)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Refused("Choose a person.") from error


@require_POST
def decide(request: HttpRequest, uuid: UUID, item: UUID) -> HttpResponse:
    return _acted(
        request,
        uuid,
        item,
        lambda found: actions.record_decision(
            item=found, by=request.user, **_arguments(DecisionForm(request.POST))
        ),
    )


@require_POST
def sign(request: HttpRequest, uuid: UUID, item: UUID) -> HttpResponse:
    return _acted(request, uuid, item, lambda found: actions.sign_off(item=found, by=request.user))


@require_GET
def decision(request: HttpRequest, item: UUID) -> HttpResponse:
    found = load_item(request.user, item)
    return render(request, "meetings/decision.html", _decision_context(request, found))


@require_GET
def printable(request: HttpRequest, item: UUID) -> HttpResponse:
    """The decision on paper; that it was opened for printing is on record."""
    found = load_item(request.user, item)
    actions.record_print(item=found, by=request.user)
    return render(request, "meetings/print.html", _decision_context(request, found))


def _decision_context(request: HttpRequest, item: AgendaItem) -> dict[str, Any]:
    """A signed decision is shown from the document that was signed, not from rows that came later."""
    case, sign_off = item.case, getattr(item, "sign_off", None)
    headers = people.headers(by=request.user, patient_keys=[case.patient_key], snapshot=item.snapshot)
    decided = getattr(item, "decision", None) is not None
    return {
        "item": item,
        "case": case,
        "patient": headers[case.patient_key],
        "synthetic": headers[case.patient_key].synthetic,
        "sign_off": sign_off,
        "intact": sign_off is not None and signing.is_intact(sign_off),
        "content": sign_off.content if sign_off else signing.document_of(item) if decided else None,
        "addenda": item.addenda.select_related("by"),
        "may_add": sign_off is not None and permissions.user_can_add(request.user, item),
    }


@require_POST
@refusable
def add_addendum(request: HttpRequest, item: UUID) -> HttpResponse:
    found = load_item(request.user, item)
    actions.add_addendum(item=found, text=request.POST.get("text", ""), by=request.user)
    return redirect("meetings:decision", item)
