"""Changes of tags that wait for a second steward, and what became of the others."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from tumorboard.accounts.refusals import Refused, refusable
from tumorboard.governance import forms
from tumorboard.governance.actions import approve_tags, reject_tags
from tumorboard.governance.console import proposals
from tumorboard.governance.console.access import for_console, held
from tumorboard.governance.models import Privilege, TagProposal
from tumorboard.governance.permissions import CATALOG
from tumorboard.ui.listing import page_of

DECISIONS = {"approve": (approve_tags, "Approved"), "refuse": (reject_tags, "Refused")}


@for_console
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """Those that wait, unless another state is asked for."""
    form = forms.ProposalFilter(request.GET or {"state": TagProposal.State.PROPOSED})
    page = page_of(request, proposals.search(form.chosen()))
    context = {
        "page": page,
        "filter": form,
        "rows": proposals.shown(list(page)),
        "may_tag": held(request.user).may(Privilege.TAG, CATALOG),
    }
    return render(request, "governance/tags.html", context)


@for_console
@require_POST
@refusable
def decide(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A second steward approves or refuses."""
    proposal = get_object_or_404(TagProposal, uuid=uuid)
    decision = request.POST.get("decision", "")
    if decision not in DECISIONS:
        raise Refused("Approve or refuse.")
    action, words = DECISIONS[decision]
    action(proposal=proposal, by=request.user, answer=request.POST.get("answer", ""))
    messages.success(request, f"{words}: the tags of {proposal.target}.")
    return redirect("governance:tags")
