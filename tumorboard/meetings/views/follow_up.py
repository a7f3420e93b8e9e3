"""What became of the recommendations."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from tumorboard.accounts.refusals import refusable
from tumorboard.cases.models import Case
from tumorboard.governance import people
from tumorboard.meetings import actions, permissions
from tumorboard.meetings.forms import FollowUpForm
from tumorboard.meetings.models import Recommendation
from tumorboard.meetings.permissions import load_recommendation
from tumorboard.meetings.referrals import proposed, referral_of

PAGE_SIZE, FEW = 25, 5


def _waiting(request: HttpRequest) -> QuerySet[Recommendation]:
    visible = Recommendation.objects.filter(item__case__in=Case.objects.visible_to(request.user))
    return visible.undocumented().select_related("item__case", "item__meeting__board", "owner")


@require_GET
def follow_up_list(request: HttpRequest) -> HttpResponse:
    page = Paginator(_waiting(request), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "meetings/follow_up.html", {"page": page, "rows": _rows(request, list(page))})


@require_GET
def undocumented(request: HttpRequest) -> HttpResponse:
    """Fragment for the worklist: the few that wait longest, and how many there are."""
    waiting = _waiting(request)
    context = {"rows": _rows(request, list(waiting[:FEW])), "count": waiting.count()}
    return render(request, "meetings/undocumented.html", context)


def _rows(request: HttpRequest, waiting: list[Recommendation]) -> list[dict[str, object]]:
    keys = [row.item.case.patient_key for row in waiting]
    patients, today = people.headers(by=request.user, patient_keys=keys), timezone.localdate()
    return [
        {
            "recommendation": row,
            "patient": patients[row.item.case.patient_key],
            "overdue": row.due_on is not None and row.due_on < today,
        }
        for row in waiting
    ]


@require_http_methods(["GET", "POST"])
@refusable
def follow_up_form(request: HttpRequest, recommendation: UUID) -> HttpResponse:
    found = load_recommendation(request.user, recommendation)
    referral = referral_of(found)
    form = FollowUpForm(request.POST or None, initial=proposed(referral))
    if request.method == "POST" and form.is_valid():
        actions.record_follow_up(recommendation=found, by=request.user, **form.cleaned_data)
        messages.success(request, "Noted.")
        return redirect("meetings:follow_up")
    key = found.item.case.patient_key
    context = {
        "recommendation": found,
        "patient": people.headers(by=request.user, patient_keys=[key])[key],
        "referral": referral,
        "history": found.follow_ups.select_related("by"),
        "form": form if permissions.user_can_add(request.user, found.item) else None,
    }
    return render(request, "meetings/follow_up_form.html", context, status=422 if form.errors else 200)
