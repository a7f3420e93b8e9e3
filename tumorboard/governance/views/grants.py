"""Grants and denials: who may use what, for which purposes, until when."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tumorboard.accounts.refusals import refusable
from tumorboard.governance import forms
from tumorboard.governance.actions import give_grant, take_grant
from tumorboard.governance.console import granting
from tumorboard.governance.console.access import for_console, held
from tumorboard.governance.models import Privilege
from tumorboard.governance.permissions import CATALOG
from tumorboard.governance.views.writing import done, status_of
from tumorboard.ui.listing import page_of


@for_console
@require_GET
def grants(request: HttpRequest) -> HttpResponse:
    form = forms.GrantFilter(request.GET)
    page = page_of(request, granting.search(form.chosen()))
    may_manage = held(request.user).may(Privilege.MANAGE, CATALOG)
    context = {"page": page, "filter": form, "rows": granting.shown(list(page)), "may_manage": may_manage}
    return render(request, "governance/grants.html", context)


@for_console
@require_http_methods(["GET", "POST"])
def give(request: HttpRequest) -> HttpResponse:
    """Give or deny; a grant that exists already gets the new purposes and end."""
    initial = {name: request.GET.get(name) for name in ("securable", "user")}
    form = forms.GrantForm(request.POST or None, initial=initial)
    if form.is_valid():
        values = dict(form.cleaned_data)
        values["until"] = forms.end_of(values["until"])
        if done(form, give_grant, by=request.user, **values):
            messages.success(request, "On record. It holds from the next read on.")
            return redirect(f"{reverse('governance:grants')}?securable={values['securable'].name}")
    return render(request, "governance/give.html", {"form": form}, status=status_of(form))


@for_console
@require_POST
@refusable
def take(request: HttpRequest, of: str, number: int) -> HttpResponse:
    """Take a grant, or a denial, away."""
    try:
        grant = granting.found(of, number)
    except LookupError:
        raise Http404 from None
    take_grant(grant=grant, by=request.user)
    messages.success(request, "Taken away; it is gone at the next read.")
    return redirect("governance:grants")
