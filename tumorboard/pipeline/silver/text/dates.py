"""Dates in prose: written out, in figures, or relative to the day of the note. All arithmetic is done here.

A month or a year stands for its first day. `03/04/2025` can be March or April, so it is no date; `03/2025`
is. Two-digit years are not read.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul",
                "august aug",
            "september sept sep", "october oct", "november nov", "december dec",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_NUMBERS = {
    word: number
    for number, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
        start=1,
    )
} | {"a": 1, "an": 1}
_COUNT = r"(?:\d{1,3}|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + ")"
_YEAR = r"(?:19|20)\d\d"

_PATTERN = re.compile(
    rf"""\b(?:
      (?P<iso>{_YEAR}-\d\d-\d\d)(?!\d)
    | (?P<dotted>\d{{1,2}}\.\d{{1,2}}\.{_YEAR})
    | (?P<slashed>\d{{1,2}}/\d{{1,2}}/{_YEAR})
    | (?P<month_year_figures>\d{{1,2}}/{_YEAR}|{_YEAR}-\d\d(?![\d-]))
    | (?P<day_month>\d{{1,2}}(?:st|nd|rd|th)?(?:\ of)?\s+{_MONTH},?\s+{_YEAR})
    | (?P<month_day>{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+{_YEAR})
    | (?P<month_year>{_MONTH},?\s+(?:of\ )?{_YEAR})
    | (?P<ago>{_COUNT}\s+(?:day|week|month|year)s?\s+(?:ago|earlier|previously|prior))
    | (?P<last>last\s+(?:week|month|year))
    | (?P<near>today|yesterday|this\ morning)
    | (?<=in\ )(?P<year>{_YEAR})(?!\ ?(?:mg|ml|mm|cm|g|kg)\b)
    | (?<=since\ )(?P<since>{_YEAR})
    )(?!\w)""",
    re.IGNORECASE | re.VERBOSE,
)


class Dated(NamedTuple):
    """A date expression at `start` to `end`, the day it means, and how exact that is (day, month, year)."""

    start: int
    end: int
    on: date
    precision: str


def dates_in(text: str, written_on: date | None) -> list[Dated]:
    """Every date expression that means one day, month or year; relative ones need the day of the note."""
    found = []
    for match in _PATTERN.finditer(text):
        meant = _meant(match.lastgroup or "", match.group(), written_on)
        if meant:
            found.append(Dated(match.start(), match.end(), *meant))
    return found


def _meant(kind: str, text: str, written_on: date | None) -> tuple[date, str] | None:
    if kind in ("ago", "last", "near"):
        return _relative(kind, text.lower(), written_on) if written_on else None
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    named = re.search(_MONTH, text, re.IGNORECASE)
    month = _MONTHS[named.group().lower().rstrip(".")] if named else 0
    readings = {
        "iso": lambda: _day(*numbers),
        "dotted": lambda: _day(*reversed(numbers)),
        "slashed": lambda: _slashed(*numbers),
        "day_month": lambda: _day(numbers[1], month, numbers[0]),
        "month_day": lambda: _day(numbers[1], month, numbers[0]),
        "month_year": lambda: _month(numbers[0], month),
        "month_year_figures": lambda: _month(max(numbers), min(numbers)),
    }
    return readings[kind]() if kind in readings else (date(numbers[0], 1, 1), "year")


def _day(year: int, month: int, day: int) -> tuple[date, str] | None:
    try:
        return date(year, month, day), "day"
    except ValueError:
        return None


def _month(year: int, month: int) -> tuple[date, str] | None:
    return (date(year, month, 1), "month") if 1 <= month <= 12 else None


def _slashed(first: int, second: int, year: int) -> tuple[date, str] | None:
    """A date whose order of day and month its own figures settle; otherwise none."""
    if first > 12:
        return _day(year, second, first)
    if second > 12 or first == second:
        return _day(year, first, second)
    return None


def _relative(kind: str, text: str, written_on: date) -> tuple[date, str] | None:
    if kind == "near":
        return written_on - timedelta(days=text == "yesterday"), "day"
    words = text.split()
    count = 1 if kind == "last" else _NUMBERS.get(words[0]) or int(words[0])
    unit = words[1].rstrip("s")
    if unit in ("day", "week"):
        back = timedelta(days=count * (7 if unit == "week" else 1))
        return written_on - back, "day"
    months = count * (12 if unit == "year" else 1)
    total = written_on.year * 12 + written_on.month - 1 - months
    if total < 12 * 1900:
        return None
    return date(total // 12, total % 12 + 1, 1), "year" if unit == "year" else "month"
