"""Caching and sign-in redirects of fragments."""

from __future__ import annotations

import pytest
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.test import RequestFactory

from tumorboard.ui.middleware import NoStoreMiddleware


def answer(response: HttpResponse, **headers: str) -> HttpResponse:
    return NoStoreMiddleware(lambda request: response)(RequestFactory().get("/", headers=headers))


def test_pages_are_stored_nowhere() -> None:
    response = answer(HttpResponse("page"))
    assert response["Cache-Control"] == "no-store"
    assert "HX-Request" in response["Vary"]


def test_a_view_s_own_choice_stays() -> None:
    assert answer(HttpResponse(headers={"Cache-Control": "max-age=60"}))["Cache-Control"] == "max-age=60"


def test_a_fragment_s_sign_in_redirect_moves_the_whole_page(settings) -> None:
    settings.LOGIN_URL = "/signin/"
    there = resolve_url(settings.LOGIN_URL) + "?next=/x"
    response = answer(HttpResponseRedirect(there), **{"HX-Request": "true"})
    assert (response.status_code, response["HX-Redirect"]) == (204, there)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_other_redirects_are_left_alone(headers: dict[str, str], settings) -> None:
    settings.LOGIN_URL = "/signin/"
    assert answer(HttpResponseRedirect("/elsewhere/"), **headers).status_code == 302
    if not headers:
        assert answer(HttpResponseRedirect("/signin/"), **headers).status_code == 302
