"""Days and windows."""

from __future__ import annotations

from datetime import date


def within(day: date | None, days: int, as_of: date) -> bool:
    """Whether a day lies in the last `days` days before the screening date; an unknown day does not."""
    return day is not None and day != date.min and 0 <= (as_of - day).days <= days


def said(day: date | None) -> str:
    return "an unknown day" if day in (None, date.min) else str(day)
