"""What happens to a curated trial once a second person has looked at it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from tumorboard.accounts.refusals import Refused, refusable
from tumorboard.runs import actions
from tumorboard.runs.codes import PROPOSE, PUBLISH
from tumorboard.runs.proposing import endpoint
from tumorboard.screening.actions import review_trial_draft
from tumorboard.screening.models import TrialDraft
from tumorboard.screening.permissions import check_can_curate


@require_POST
@refusable
def review_draft(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """A second person's word on a curated trial; once approved, patients are screened with it."""
    check_can_curate(request.user)
    draft = get_object_or_404(TrialDraft, uuid=uuid)
    approve = request.POST.get("verdict") == "approve"
    with transaction.atomic():
        review_trial_draft(
            draft=draft, approve=approve, by=request.user, remark=request.POST.get("remark", "")
        )
        if approve:
            actions.queue_job(kind=PUBLISH, by=request.user, draft=str(draft.uuid))
    messages.success(request, "Approved; it is taken in now." if approve else "Sent back.")
    return redirect("screening:draft", draft.trial_id)


@require_POST
@refusable
def propose(request: HttpRequest, trial_id: str) -> HttpResponse:
    """Ask the language model about the criteria of a trial that were not understood."""
    check_can_curate(request.user)
    if endpoint() is None:
        raise Refused("No language model is set up here; everything works without one.")
    actions.queue_job(kind=PROPOSE, by=request.user, trial=trial_id)
    messages.success(request, "The model is asked. Reload the page in a minute to see what it proposes.")
    return redirect("screening:draft", trial_id)
