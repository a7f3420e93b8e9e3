"""`{% load ui %}`: the tags and filters that templates and components share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.utils import formats, timezone

from tumorboard import __version__
from tumorboard.ui import lollipop as lollipops
from tumorboard.ui.assets import asset_url

register = template.Library()

STATES = {
    "verified": "verified",
    "recorded": "as recorded",
    "unverified": "not yet verified",
    "conflict": "in conflict",
}
STATE_MARKS = {"verified": "", "recorded": "", "unverified": "?", "conflict": "!"}
ORIGINS = {
    "structured": "structured record",
    "text": "read from text",
    "vcf": "VCF",
    "image": "measured on images",
    "model": "a model",
}


@register.simple_tag
def asset(name: str) -> str:
    """`{% asset 'main.ts' %}`: the address of a built front-end entry."""
    return asset_url(name)


@register.simple_tag
def software_version() -> str:
    return __version__


@register.filter
def day(value: Any) -> str:
    """A date as `02 Apr 2024`. ISO text is read as a date; other text ("Apr 2024") stays as it came."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return _written(value.year, value.month, value.day) if isinstance(value, date) else ""


@lru_cache(maxsize=4096)
def _written(year: int, month: int, day_of_month: int) -> str:
    """A page shows the same few dates hundreds of times."""
    return str(formats.date_format(date(year, month, day_of_month), "d M Y"))


@register.filter
def state_words(state: str) -> str:
    """What a chip's mark means. An unknown state is not verified: the doubtful reading is the safe one."""
    return STATES.get(state, STATES["unverified"])


@register.filter
def state_mark(state: str) -> str:
    return STATE_MARKS.get(state, STATE_MARKS["unverified"])


@register.filter
def origin_words(origin: str) -> str:
    return ORIGINS.get(origin, "origin not recorded")


@register.simple_tag
def cite(document: str, when: Any, state: str) -> str:
    """A source in words: `Clinic letter, 02 Apr 2024, not yet verified`; what is not known is left out."""
    return ", ".join(part for part in (document, day(when), state_words(state)) if part)


@register.filter
def percent(value: Any) -> int:
    """A share (0 to 1) as a whole per cent, kept within 0 to 100."""
    try:
        return max(0, min(100, round(float(value) * 100)))
    except (TypeError, ValueError):
        return 0


@register.simple_tag
def lollipop_layout(length: Any, variants: Iterable[Any], domains: Any = ()) -> lollipops.Lollipop:
    return lollipops.lollipop(int(length), variants or (), domains or ())


@register.simple_tag
def page_window(page: Any) -> list[int | None]:
    """Page numbers to offer around the current one; None stands for a gap."""
    return [
        number if isinstance(number, int) else None
        for number in page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    ]


@register.simple_tag(takes_context=True)
def same_page(context: template.Context, **changes: Any) -> str:
    """The present query with some parameters changed, None taken out: a pager keeps the filters."""
    query = context["request"].GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return "?" + query.urlencode()
