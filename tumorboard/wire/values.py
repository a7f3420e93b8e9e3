"""Dates and times of a condition, as JSON carries them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any


def spelled(value: Any) -> Any:
    if isinstance(value, (list, tuple, set, frozenset)):
        return [spelled(item) for item in value]
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    return {"date": value.isoformat()} if isinstance(value, date) else value


def read(value: Any) -> Any:
    if isinstance(value, list):
        return [read(item) for item in value]
    if isinstance(value, dict):
        return (
            datetime.fromisoformat(value["datetime"])
            if "datetime" in value
            else date.fromisoformat(value["date"])
        )
    return value
