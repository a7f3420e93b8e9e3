"""Lists: pages of fifty, and searches whose words never stand in an address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

PAGE_SIZE = 50
COUNTED = 10_000  # rows; who looks further back narrows the search
AHEAD = 4  # pages
LONGEST_NUMBER = 10  # digits
SESSION_PREFIX = "console."


class CappedPaginator(Paginator):
    """Counts no further than COUNTED, so that a page of a long log does not read all of it."""

    @cached_property
    def count(self) -> int:
        return self.object_list[:COUNTED].count()


class OpenPaginator(Paginator):
    """Counts a few pages past the one that is asked for: the last number on offer is how far it has looked.
    However long the list, its first pages cost the same."""

    def __init__(self, rows: QuerySet[Any], per_page: int, asked: int) -> None:
        super().__init__(rows, per_page)
        self.seen = min((asked + AHEAD) * per_page, COUNTED)

    @cached_property
    def count(self) -> int:
        return self.object_list[: self.seen].count()


def looked_ahead(rows: QuerySet[Any], per_page: int, asked: str | None) -> Page:
    """The page asked for of a list whose end nobody needs."""
    number = max(int(asked), 1) if asked and asked.isdecimal() and len(asked) < LONGEST_NUMBER else 1
    return OpenPaginator(rows, per_page, number).get_page(number)


def page_of(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any]) -> Page:
    paginator = CappedPaginator if isinstance(rows, QuerySet) else Paginator
    return paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


def kept(request: HttpRequest, name: str) -> str:
    """What somebody searches for, where it may be a file's name or a patient: kept in their session."""
    return str(request.session.get(SESSION_PREFIX + name, ""))


def keep(request: HttpRequest, name: str, value: str) -> None:
    request.session[SESSION_PREFIX + name] = value
