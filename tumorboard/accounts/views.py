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
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from tumorboard.accounts import actions


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
