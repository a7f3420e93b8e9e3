"""One's own tokens for notebook and command: made, shown once, revoked."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tumorboard.accounts import second_factor
from tumorboard.accounts.refusals import Refused, refusable
from tumorboard.governance.actions import issue_token, revoke_token
from tumorboard.governance.models import Capability
from tumorboard.governance.own_forms import TokenForm
from tumorboard.governance.views.writing import status_of
from tumorboard.ui.listing import page_of


@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The list of one's own, and the form. A new token stands on the page that answers, and nowhere else."""
    form = TokenForm(request.POST or None, by=request.user)
    token = _issued(request, form) if form.is_valid() else ""
    mine = Capability.objects.personal().filter(user=request.user).select_related("study")
    context = {
        "form": TokenForm(by=request.user) if token else form,
        "token": token,
        "page": page_of(request, mine.order_by("-issued_at")),
        "to_confirm": second_factor.is_enrolled(request.user)
        and not second_factor.confirmed_recently(request),
    }
    return render(request, "governance/tokens.html", context, status=200 if token else status_of(form))


def _issued(request: HttpRequest, form: TokenForm) -> str:
    """The token; empty where it was refused, which the form says."""
    confirmed = second_factor.confirmed_recently(request)
    try:
        return issue_token(by=request.user, confirmed=confirmed, **form.cleaned_data)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return ""


@require_POST
@refusable
def revoke(request: HttpRequest, number: int) -> HttpResponse:
    token = get_object_or_404(Capability.objects.personal().filter(user=request.user), pk=number)
    revoke_token(token=token, by=request.user)
    messages.success(request, "The token has ended.")
    return redirect("governance:tokens")
