"""What a read gives, the slow way: mask a copy, then query the copy. Written apart from the gate."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from tumorboard.governance.gate import Condition, Request

Row = dict[str, Any]
OPS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt,
    "ge": operator.ge, "in": lambda value, many: value in many,
    "prefix": lambda value, text: value.startswith(text),
}  # fmt: skip


def holds(row: Row, condition: Condition) -> bool:
    """A missing value meets nothing but `is_null`."""
    value = row[condition.column]
    if condition.op == "is_null":
        return (value is None) == (condition.value is not False)
    return value is not None and OPS[condition.op](value, condition.value)


def query(masked: Sequence[Row], request: Request) -> list[Row]:
    """The rows of a request without its limit, in no particular order where it names none."""
    found = [row for row in masked if all(holds(row, c) for c in request.where)]
    if request.count_by is not None:
        names = list(request.count_by)
        groups = Counter(tuple(_plain(row[name]) for name in names) for row in found)
        found = [{**dict(zip(names, cell, strict=True)), "rows": count} for cell, count in groups.items()]
    elif request.columns is not None:
        kept = {*request.columns, *(name.removeprefix("-") for name in request.order_by)}
        found = [{name: row[name] for name in kept} for row in found]
    for name in reversed(request.order_by):
        found = ordered(found, name.removeprefix("-"), name.startswith("-"))
    return found


def ordered(rows: list[Row], name: str, down: bool) -> list[Row]:
    """What is missing comes last, either way."""
    there = [row for row in rows if row[name] is not None]
    return [
        *sorted(there, key=lambda row: row[name], reverse=down),
        *(row for row in rows if row[name] is None),
    ]


def same(given: list[Row], expected: list[Row], request: Request) -> bool:
    """The same rows, and in the same order as far as the request orders them; of ties any may be cut off."""
    keys = [name.removeprefix("-") for name in request.order_by]
    limit = len(expected) if request.limit is None else request.limit
    names = request.columns or request.count_by
    shown = [*names, *(["rows"] if request.count_by is not None else [])] if names else None
    if len(given) != min(limit, len(expected)):
        return False
    for key in keys:
        if key in given[0] if given else False:
            first = keys[0]
            if key == first and [r[key] for r in given] != [r[key] for r in expected[: len(given)]]:
                return False
    left = Counter(_spelled(row, shown) for row in expected)
    left.subtract(Counter(_spelled(row, shown) for row in given))
    return min(left.values(), default=0) >= 0


def _spelled(row: Row, names: Sequence[str] | None) -> str:
    return repr([(name, _plain(row[name])) for name in sorted(names or row)])


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
