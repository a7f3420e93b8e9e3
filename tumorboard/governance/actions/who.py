"""The account behind an actor."""

from __future__ import annotations

from typing import Any


def person(by: Any) -> Any:
    """The account behind `by`; a process is named in the audit row only."""
    return by if hasattr(by, "pk") else None
