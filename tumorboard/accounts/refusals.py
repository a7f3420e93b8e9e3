"""An action that the state of things does not allow. The message is for the person who asked."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme

View = Callable[..., HttpResponse]


class Refused(Exception):
    """Not now, or not like this. (Who may not at all gets PermissionDenied instead.)"""


class ChangedMeanwhile(Refused):
    """Somebody else was first: the row is no longer in the state the page showed."""


def refusable(view: View) -> View:
    """Shows a refusal to the person: on the page they came from, or in the fragment they asked for."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Refused as refusal:
            return _answer(request, str(refusal))

    return answered


def _answer(request: HttpRequest, words: str) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return HttpResponse(render_to_string("accounts/refusal.html", {"words": words}), status=409)
    messages.error(request, words)
    came_from = request.headers.get("Referer", "")
    return redirect(came_from if _is_ours(request, came_from) else "cases:worklist")


def _is_ours(request: HttpRequest, url: str) -> bool:
    return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
