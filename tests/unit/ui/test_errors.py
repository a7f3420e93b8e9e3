"""Error pages: for people, without details; a fragment for htmx."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.http import Http404
from django.test import RequestFactory

from tumorboard.ui import views


@pytest.mark.parametrize(
    ("view", "status", "words"),
    [
        (views.bad_request, 400, "cannot be read"),
        (views.forbidden, 403, "may not do this"),
        (views.not_found, 404, "not one of your cases"),
        (views.csrf_failure, 403, "form has expired"),
        (views.server_error, 500, "Nothing was saved"),
    ],
)
def test_page_and_fragment(view, status: int, words: str) -> None:
    page = view(RequestFactory().get("/"))
    fragment = view(RequestFactory().get("/", headers={"HX-Request": "true"}))
    assert page.status_code == fragment.status_code == status
    assert words in page.content.decode() and words in fragment.content.decode()
    assert "<html" in page.content.decode()
    assert "<html" not in fragment.content.decode()


def test_server_error_cannot_fail_itself(settings, tmp_path) -> None:
    settings.FRONTEND_DIST = tmp_path  # nothing is built, so the page's assets cannot be named
    response = views.server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "Nothing was saved" in response.content.decode()


def test_a_database_that_is_away_is_said_in_words() -> None:
    try:
        raise OperationalError("connection to server failed")
    except OperationalError:
        response = views.server_error(RequestFactory().get("/"))
    assert response.status_code == 503
    assert "The database does not answer" in response.content.decode()
    assert "connection to server" not in response.content.decode()


def test_style_guide_is_for_developers_only(settings) -> None:
    settings.STYLEGUIDE = settings.DEBUG = False
    with pytest.raises(Http404):
        views.styleguide(RequestFactory().get("/styleguide/"))
