"""Local time of the invented hospitals (central Europe), without a time-zone database and without a clock."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone


def _last_sunday(year: int, month: int) -> date:
    last = date(year, month + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() + 1) % 7)


def zone_on(day: date) -> timezone:
    """CET or CEST: summer time from the last Sunday of March to the last Sunday of October (Directive
    2000/84/EC).
    """
    summer = _last_sunday(day.year, 3) <= day < _last_sunday(day.year, 10)
    return timezone(timedelta(hours=2 if summer else 1))


def local(day: date, hour: int = 8, minute: int = 0) -> datetime:
    """A time of that day with its offset from UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone_on(day))


def iso(day: date, hour: int = 8, minute: int = 0) -> str:
    return local(day, hour, minute).isoformat()
