"""What every answer needs: nothing of a patient stays in the browser; no sign-in form lands in a panel."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers

GetResponse = Callable[[HttpRequest], HttpResponse]


class NoStoreMiddleware:
    """Pages hold patient data: they are kept in no cache, not even the browser's own after signing out.

    A view that sets its own Cache-Control (a static file, an immutable CT frame) is left alone. An htmx
    request and a plain one may get different answers under one address, so the answer varies by the header
    that tells them apart.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        patch_vary_headers(response, ["HX-Request"])
        if _is_sign_in_redirect(request, response):
            return _whole_page(response)
        return response


def _is_sign_in_redirect(request: HttpRequest, response: HttpResponse) -> bool:
    if not request.headers.get("HX-Request") or not isinstance(response, HttpResponseRedirect):
        return False
    return response.url.startswith(resolve_url(settings.LOGIN_URL))


def _whole_page(redirect: HttpResponseRedirect) -> HttpResponse:
    """htmx follows a redirect inside the fragment; HX-Redirect sends the whole page to the sign-in form."""
    response = HttpResponse(status=204)
    response["HX-Redirect"] = redirect.url
    response["Cache-Control"] = "no-store"
    return response
