"""Review of emergency accesses, and the notices of them."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tumorboard.governance import forms
from tumorboard.governance.actions import review_break_glass, see_notice
from tumorboard.governance.console import emergencies
from tumorboard.governance.console.access import for_readers_of_the_log
from tumorboard.governance.models import BreakGlass, Privilege
from tumorboard.governance.permissions import CATALOG, has_grant
from tumorboard.governance.views.writing import done, status_of
from tumorboard.ui.listing import page_of


@for_readers_of_the_log
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    form = forms.EmergencyFilter(request.GET)
    page = page_of(request, emergencies.search(form.chosen()))
    return render(request, "governance/emergencies.html", {"page": page, "filter": form})


@for_readers_of_the_log
@require_http_methods(["GET", "POST"])
def emergency(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One access with what was read under it; another person than its user judges it."""
    rows = BreakGlass.objects.select_related("user", "reach", "reviewed_by")
    opened = get_object_or_404(rows, uuid=uuid)
    form = forms.ReviewForm(request.POST or None)
    values = {"opened": opened, "by": request.user}
    if form.is_valid() and done(form, review_break_glass, **values, **form.cleaned_data):
        messages.success(request, "Reviewed.")
        return redirect("governance:emergency", uuid)
    emergencies.note_look(opened, request.user)
    context = {
        "opened": opened,
        "ended_at": emergencies.ended_at(opened),
        "page": page_of(request, emergencies.read_under(opened)),
        "form": form,
        "may_review": opened.state == BreakGlass.State.OPEN and opened.user_id != request.user.pk,
    }
    return render(request, "governance/emergency.html", context, status=status_of(form))


@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """For anybody: what concerns them. It names no patient."""
    page = page_of(request, emergencies.notices(request.user))
    context = {"page": page, "may_review": has_grant(request.user, Privilege.AUDIT_READ, CATALOG)}
    return render(request, "governance/notices.html", context)


@require_POST
def see(request: HttpRequest, uuid: UUID) -> HttpResponse:
    notice = get_object_or_404(emergencies.notices(request.user), uuid=uuid)
    see_notice(notice=notice, by=request.user)
    return redirect("governance:notices")
