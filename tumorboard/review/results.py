"""Laboratory results in words: a limit of detection is a limit, not a value."""

from __future__ import annotations

import re
from typing import Any

COMPARATOR = re.compile(r"^\s*(<=|>=|<|>|≤|≥)")


def comparator(row: dict[str, Any]) -> str:
    """`<` of a result sent as `<0.1 %`; its `value` then is the limit, not what was measured."""
    found = COMPARATOR.match(row.get("value_text") or "")
    return found[1] if found and row["value"] is not None else ""


def written(row: dict[str, Any]) -> str:
    """The result in the unit of its row, as a laboratory writes it; a result in words as it was sent."""
    if row["value"] is None:
        return row.get("value_text") or ""
    return f"{comparator(row)}{row['value']:.10g}"


def flag(row: dict[str, Any]) -> str:
    """`low` or `high` where the result is surely outside its reference range; its ends are inside."""
    value, low, high, limit = row["value"], row["low"], row["high"], comparator(row)
    if value is None:
        return ""
    if low is not None and value < low and ">" not in limit and "≥" not in limit:
        return "low"
    outside = high is not None and value > high and "<" not in limit and "≤" not in limit
    return "high" if outside else ""
