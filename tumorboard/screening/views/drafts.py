"""Curation: registry studies beside what the rules read, and the draft that a second person approves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import yaml
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import refusable
from tumorboard.review.views.asked import gated
from tumorboard.screening import actions, curation, documents
from tumorboard.screening.ctml_drafts import UnreadableDraft, digest, read_draft, read_draft_of
from tumorboard.screening.models import ParseProposal, TrialDraft
from tumorboard.screening.permissions import check_can_curate
from tumorboard.trials.ctml import Malformed

PAGE_SIZE, VERSIONS_SHOWN = 20, 10
Row = dict[str, Any]


@require_GET
@gated
def draft_list(request: HttpRequest) -> HttpResponse:
    """Trials that come from the registry, with how much of their text is understood, and their drafts."""
    check_can_curate(request.user)
    found = [row for row in documents.catalogue(by=request.user) if row["nct_id"]]
    page = Paginator(sorted(found, key=lambda row: row["trial_id"]), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    rows = documents.stored((row["trial_id"] for row in page), by=request.user)
    drafts = _last_drafts(list(rows))
    shown = [_listed(rows[row["trial_id"]], drafts.get(row["trial_id"])) for row in page]
    return render(request, "screening/drafts.html", {"page": page, "rows": shown})


def _listed(row: Row, draft: TrialDraft | None) -> Row:
    outdated = draft is not None and curation.is_outdated(draft, row)
    return {**row, "coverage": curation.coverage(row), "draft": draft, "outdated": outdated}


def _last_drafts(trials: list[str]) -> dict[str, TrialDraft]:
    newest = TrialDraft.objects.filter(trial_id__in=trials).select_related("by", "reviewed_by")
    return {draft.trial_id: draft for draft in newest.order_by("trial_id", "-pk").distinct("trial_id")}


@require_GET
@gated
def draft(request: HttpRequest, trial_id: str) -> HttpResponse:
    check_can_curate(request.user)
    return render(request, "screening/draft.html", _page(request.user, _row(request.user, trial_id)))


def _row(user: User, trial_id: str) -> Row:
    row = documents.stored([trial_id], by=user).get(trial_id)
    if row is None or not curation.text_of(row):
        raise Http404
    return row


def _page(user: User, row: Row, document: str | None = None) -> Row:
    """The text with its clauses, and the document: as typed, as saved last, or as the rules propose it."""
    versions = list(TrialDraft.objects.filter(trial_id=row["trial_id"]).select_related("by", "reviewed_by"))
    last = versions[0] if versions else None
    text = curation.text_of(row)
    rules = _proposed(row)
    shown = document or (last.document if last else rules.yaml() if rules else "")
    clauses = rules.clauses if rules else ()
    return {
        "trial": row,
        "pieces": list(curation.marked(text, clauses)),
        "clauses": clauses,
        "coverage": curation.coverage(row),
        "document": shown,
        "notices": _notices(shown),
        "proposals": _proposals(row["trial_id"], text),
        "may_ask": bool(settings.LANGUAGE_MODEL_URL),
        "last": last,
        "versions": versions[:VERSIONS_SHOWN],
        "outdated": last is not None and curation.is_outdated(last, row),
        "may_review": last is not None and last.state == TrialDraft.State.DRAFT and last.by_id != user.pk,
    }


def _proposed(row: Row) -> Any:
    """None for a trial that is curated already: its document is CTML, not the registry's record."""
    if row["kind"] != "registry":
        return None
    try:
        return curation.proposed(row)
    except Malformed:
        return None


def _proposals(trial_id: str, text: str) -> list[Row]:
    """What a language model proposed for this very text, each as CTML that can be copied into the draft."""
    found = ParseProposal.objects.filter(trial_id=trial_id, text_hash=digest(text))
    return [
        {"proposal": one, "ctml": yaml.safe_dump(curation.as_ctml(one), sort_keys=False).strip()}
        for one in found.exclude(state=ParseProposal.State.REJECTED).select_related("reviewed_by")
    ]


def _notices(document: str) -> list[str]:
    try:
        return [f"{notice.path}: {notice.message}" for notice in read_draft(document).notices]
    except UnreadableDraft as error:
        return [str(error)]


@require_POST
@refusable
def proposal(request: HttpRequest, uuid: UUID) -> HttpResponse:
    check_can_curate(request.user)
    found = get_object_or_404(ParseProposal, uuid=uuid)
    approve = request.POST.get("verdict") == "approve"
    actions.review_proposal(proposal=found, approve=approve, by=request.user)
    return redirect(reverse("screening:draft", args=[found.trial_id]) + "#proposals")


@require_POST
@gated
@refusable
def save(request: HttpRequest, trial_id: str) -> HttpResponse:
    check_can_curate(request.user)
    row = _row(request.user, trial_id)
    document = request.POST.get("document", "").replace("\x00", "").replace("\r\n", "\n")
    try:
        read_draft_of(trial_id, document)
    except UnreadableDraft as error:
        context = {**_page(request.user, row, document), "fault": str(error)}
        return render(request, "screening/draft.html", context, status=422)
    text = curation.text_of(row)
    actions.save_trial_draft(trial_id=trial_id, text=text, document=document, by=request.user)
    messages.success(request, "Saved. Somebody else must approve it before patients are screened with it.")
    return redirect("screening:draft", trial_id)
