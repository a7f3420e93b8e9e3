"""Filters and tags: dates, states, shares."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from django.core.paginator import Paginator
from django.template import Context
from django.test import RequestFactory

from tumorboard.ui.templatetags import ui


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (date(2024, 4, 2), "02 Apr 2024"),
        (datetime(2024, 4, 2, 23, 30, tzinfo=UTC), "02 Apr 2024"),
        ("2024-04-02", "02 Apr 2024"),
        ("Apr 2024", "Apr 2024"),
        ("", ""),
        (None, ""),
    ],
)
def test_day(value: object, shown: str) -> None:
    assert ui.day(value) == shown


@pytest.mark.parametrize(
    ("state", "words", "mark"),
    [
        ("verified", "verified", ""),
        ("unverified", "not yet verified", "?"),
        ("conflict", "in conflict", "!"),
        ("", "not yet verified", "?"),
        ("nonsense", "not yet verified", "?"),
    ],
)
def test_a_state_that_is_not_known_is_not_verified(state: str, words: str, mark: str) -> None:
    assert (ui.state_words(state), ui.state_mark(state)) == (words, mark)


def test_cite_leaves_out_what_is_not_known() -> None:
    assert ui.cite("Clinic letter", date(2024, 4, 2), "verified") == "Clinic letter, 02 Apr 2024, verified"
    assert ui.cite("", None, "conflict") == "in conflict"


SHARES = [(0.924, 92), (0, 0), (1, 100), (1.4, 100), (-1, 0), ("", 0), (None, 0)]


@pytest.mark.parametrize(("share", "shown"), SHARES)
def test_percent(share: object, shown: int) -> None:
    assert ui.percent(share) == shown


def test_pager_keeps_the_filters() -> None:
    context = Context({"request": RequestFactory().get("/", {"state": "ready", "page": "2"})})
    assert ui.same_page(context, page=3) == "?state=ready&page=3"


def test_page_window_has_gaps() -> None:
    window = ui.page_window(Paginator(range(500), 20).page(7))
    assert window == [1, None, 5, 6, 7, 8, 9, None, 25]
