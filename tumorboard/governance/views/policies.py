"""Policies: drafted, asked what they would change, published by a second steward, retired."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tumorboard.accounts.refusals import Refused, refusable
from tumorboard.governance import forms, rulebook
from tumorboard.governance.actions import draft_policy, publish_policy, retire_policy
from tumorboard.governance.console import rules
from tumorboard.governance.console.access import for_console, held
from tumorboard.governance.models import Policy, Privilege
from tumorboard.governance.permissions import CATALOG
from tumorboard.governance.views.writing import status_of
from tumorboard.ui.listing import page_of

MOVES = {
    "publish": (publish_policy, "Published. It decides from the next read on."),
    "retire": (retire_policy, "Retired. It decides nothing from the next read on."),
}


@for_console
@require_GET
def policies(request: HttpRequest) -> HttpResponse:
    form = forms.PolicyFilter(request.GET)
    page = page_of(request, rules.search(form.chosen()))
    context = {
        "page": page,
        "filter": form,
        "rows": [(policy, rules.policy_in_words(policy)) for policy in page],
        "built_in": rules.built_in(),
        "hash": rulebook.current().hash,
        "may_manage": held(request.user).may(Privilege.MANAGE, CATALOG),
    }
    return render(request, "governance/policies.html", context)


@for_console
@require_http_methods(["GET", "POST"])
def draft(request: HttpRequest) -> HttpResponse:
    """A new version; it starts from another one (`of`) or from a built-in policy (`like`)."""
    form = forms.PolicyForm(request.POST or None, initial=_start(request))
    if form.is_valid():
        try:
            policy = draft_policy(rule=form.rule(), reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Drafted. See what it would change; a second steward publishes it.")
            return redirect("governance:policy", policy.uuid)
    return render(request, "governance/draft.html", {"form": form}, status=status_of(form))


def _start(request: HttpRequest) -> dict[str, Any]:
    if known := rules.known_rule(request.GET.get("like", "")):
        return forms.of_rule(known)
    asked = request.GET.get("of", "")
    if not asked:
        return {}
    policy = Policy.objects.filter(name=asked).first()
    return forms.of_rule(rulebook.rule_of(policy)) if policy else {}


@for_console
@require_GET
def policy(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = _policy(uuid)
    others = Policy.objects.filter(name=found.name).exclude(pk=found.pk)
    context = {
        "policy": found,
        "words": rules.policy_in_words(found),
        "page": page_of(request, others),
        "may_manage": held(request.user).may(Privilege.MANAGE, found.scope),
        "drafted_by_me": found.drafted_by_id == request.user.pk,
    }
    return render(request, "governance/policy.html", context)


def _policy(uuid: UUID) -> Policy:
    rows = Policy.objects.select_related("drafted_by", "published_by", "retired_by")
    return get_object_or_404(rows, uuid=uuid)


@for_console
@require_GET
def simulation(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Who would see more, and who less, with this version in force."""
    found = _policy(uuid)
    form = forms.SimulationFilter(request.GET)
    asked = rules.simulated(found, form.chosen().get("role", ""))
    context = {"policy": found, "filter": form, "simulation": asked, "page": page_of(request, asked.changes)}
    return render(request, "governance/simulation.html", context)


@for_console
@require_POST
@refusable
def move(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Publish or retire: a second steward."""
    found = _policy(uuid)
    wanted = request.POST.get("move", "")
    if wanted not in MOVES:
        raise Refused("Publish or retire.")
    action, words = MOVES[wanted]
    action(policy=found, by=request.user)
    messages.success(request, words)
    return redirect("governance:policy", found.uuid)
