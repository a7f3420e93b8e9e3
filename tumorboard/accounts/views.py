"""Signing in and out, and one's own account."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from tumorboard.accounts import actions, second_factor
from tumorboard.accounts.refusals import Refused, refusable

PENDING = "second_factor"


class SignIn(LoginView):
    """Says the same whatever is wrong: unknown name, wrong password or deactivated account."""

    template_name = "accounts/signin.html"
    redirect_authenticated_user = True


@login_not_required
def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """After repeated failures, for known and unknown names alike."""
    return render(request, "accounts/locked_out.html", status=429)


def profile(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/profile.html", {"roles": request.user.roles})


@sensitive_post_parameters()
def password(request: HttpRequest) -> HttpResponse:
    form = PasswordChangeForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.change_password(
            user=request.user, password=form.cleaned_data["new_password1"], by=request.user
        )
        update_session_auth_hash(request, request.user)
        messages.success(request, "Password changed. Your other sessions have been ended.")
        return redirect("accounts:profile")
    return render(request, "accounts/password.html", {"form": form})


@require_POST
def signout_everywhere(request: HttpRequest) -> HttpResponse:
    actions.sign_out_everywhere(user=request.user, by=request.user)
    return redirect("accounts:signin")


@sensitive_post_parameters()
def second_factor_page(request: HttpRequest) -> HttpResponse:
    """Set up an authenticator: its secret stands in the session until a right code has been shown."""
    if second_factor.is_enrolled(request.user):
        return render(request, "accounts/second_factor.html", {"enrolled": True})
    secret = request.session.setdefault(PENDING, second_factor.new_secret())
    error, codes = "", None
    if request.method == "POST":
        try:
            code = request.POST.get("code", "").strip()
            codes = second_factor.enrol(user=request.user, secret=secret, code=code, by=request.user)
            request.session.pop(PENDING)
        except Refused as refusal:
            error = str(refusal)
    shown = {"secret": secret, "qr": second_factor.qr_code(request.user, secret)} if codes is None else {}
    return render(request, "accounts/second_factor.html", {"codes": codes, "error": error, **shown})


@require_POST
@sensitive_post_parameters()
@refusable
def remove_second_factor(request: HttpRequest) -> HttpResponse:
    second_factor.confirm(request, request.POST.get("code", ""))
    second_factor.remove(user=request.user, by=request.user)
    messages.success(request, "Second factor removed.")
    return redirect("accounts:second_factor")


@sensitive_post_parameters()
def confirm_second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for a code, then go on to where it was needed."""
    onward, error = _onward(request), ""
    if request.method == "POST":
        try:
            second_factor.confirm(request, request.POST.get("code", ""))
            return redirect(onward)
        except Refused as refusal:
            error = str(refusal)
    enrolled = second_factor.is_enrolled(request.user)
    context = {"next": onward, "error": error, "enrolled": enrolled}
    return render(request, "accounts/confirm_second_factor.html", context, status=409 if error else 200)


def _onward(request: HttpRequest) -> str:
    """An address of ours, else the worklist."""
    asked = request.POST.get("next") or request.GET.get("next", "")
    ours = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if ours else reverse("cases:worklist")
