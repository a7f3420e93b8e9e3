"""What the tests of views ask of a page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from django.test import Client
from django.urls import reverse

from tests.unit.review.conftest import Record

HTMX = {"headers": {"HX-Request": "true"}}


class Page(HTMLParser):
    """Headings, chips, addresses and table headers of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.headings: list[int] = []
        self.addresses: list[str] = []
        self.chips: list[dict[str, str | None]] = []
        self.bare_headers = 0
        self.nameless: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.bare_headers += tag == "th" and "scope" not in given
        self.addresses += [
            value or "" for name, value in attributes if name in ("href", "src", "hx-get", "action")
        ]
        if "data-fact" in given:
            self.chips.append(given)
            self.addresses.append(given["data-source"] or "")
        self.nameless += [
            value for name, value in attributes if name in ("aria-label", "alt") and _says_none(value)
        ]


def _says_none(value: str | None) -> bool:
    return not value or bool(re.search(r"\bNone\b", value))


def without_tokens(text: str) -> str:
    """A page without what differs with every answer."""
    return re.sub(r'(nonce=|X-CSRFToken": |value=)"[^"]*"', "", text)


def get(client: Client, record: Record, name: str, *args: Any, as_: Any = None, **options: Any) -> Any:
    client.force_login(as_ or record.alice)
    return client.get(reverse(f"review:{name}", args=[record.case.uuid, *args]), **options)


def fact(client: Client, record: Record, label: str = "Stage") -> str:
    page = Page(get(client, record, "case").text)
    found = next(c for c in page.chips if f"Source of {label}:" in (c["aria-label"] or ""))
    return str(found["data-fact"]).partition("/")[2]


def post(
    client: Client, record: Record, verdict: str, row_id: str, *,
    as_: Any = None, table: str = "gold.case_facts", htmx: bool = True, **data: str,
) -> Any:  # fmt: skip
    client.force_login(as_ or record.alice)
    url = reverse(f"review:{verdict}", args=[record.case.uuid, table, row_id])
    return client.post(url, data, **(HTMX if htmx else {}))
