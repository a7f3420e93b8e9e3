"""Long lists: a page counts no further than it must."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group

from tumorboard.ui import listing
from tumorboard.ui.listing import AHEAD, looked_ahead


@pytest.fixture
def groups(db: None) -> Any:
    Group.objects.all().delete()
    Group.objects.bulk_create(Group(name=f"group {number:03}") for number in range(100))
    return Group.objects.order_by("name")


@pytest.mark.parametrize(
    ("asked", "number", "offered"),
    [
        (None, 1, 1 + AHEAD),
        ("1", 1, 1 + AHEAD),
        ("4", 4, 4 + AHEAD),
        ("20", 20, 20),  # the last
        ("21", 20, 20),
        ("999999", 20, 20),
        ("0", 1, 1 + AHEAD),
        ("-1", 1, 1 + AHEAD),
        ("x", 1, 1 + AHEAD),
        ("9" * 40, 1, 1 + AHEAD),
    ],
)
def test_it_offers_a_few_pages_past_the_one_asked_for(
    groups: Any, asked: str | None, number: int, offered: int
) -> None:
    page = looked_ahead(groups, 5, asked)
    assert (page.number, page.paginator.num_pages) == (number, offered)
    assert [group.name for group in page] == [f"group {5 * (number - 1) + n:03}" for n in range(5)]


def test_an_empty_list_has_one_page(db: None) -> None:
    page = looked_ahead(Group.objects.none(), 5, "3")
    assert (page.number, len(page)) == (1, 0)


def test_nobody_makes_it_count_everything(groups: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "COUNTED", 60)
    assert looked_ahead(groups, 5, "999999").number == 12


def test_every_page_is_within_reach(groups: Any) -> None:
    seen, number = [], 1
    while True:
        page = looked_ahead(groups, 5, str(number))
        seen += [group.name for group in page]
        if not page.has_next():
            break
        number = page.next_page_number()
    assert seen == [f"group {n:03}" for n in range(100)]
