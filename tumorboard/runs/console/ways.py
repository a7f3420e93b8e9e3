"""The lineage page: all tables, those around a chosen one, or the way of a chosen column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tumorboard.governance.console import catalog
from tumorboard.runs.console import columns, graph
from tumorboard.runs.console.columns import BOTH, DOWN, UP

Inputs = dict[str, list[str]]
LISTED = 300  # columns on the way that the list shows; a search narrows it


def shown(chosen: Mapping[str, Any]) -> dict[str, Any]:
    """What the template shows for a table, a column and a way; nothing chosen is everything."""
    published = catalog.latest()
    inputs = catalog.inputs(published)
    table, column, way = (chosen.get(name) or "" for name in ("table", "column", "way"))
    words = (chosen.get("q") or "").lower()
    names = _around(inputs, table, way or BOTH)
    context = {"table": table, "column": column, "way": way or BOTH, "rows": _rows(inputs, names, words)}
    if not (table and column):
        return {**context, "graph": graph.draw(graph.only(inputs, names), chosen=table)}
    met = columns.path(columns.sources(published), (table, column), way or BOTH)
    counts = Counter({table: 1}) + Counter(each.table for each in met)
    found = [each for each in met if words in f"{each.table}.{each.column}".lower()]
    return {
        **context,
        "graph": graph.draw(graph.only(inputs, names), chosen=table, columns=counts),
        "met": found[:LISTED],
        "met_all": len(found),
    }


def _around(inputs: Inputs, table: str, way: str) -> list[str]:
    if not table:
        return list(inputs)
    upstream, downstream = graph.around(inputs, table)
    return [table, *(upstream if way in (UP, BOTH) else []), *(downstream if way in (DOWN, BOTH) else [])]


def _rows(inputs: Inputs, names: list[str], words: str) -> list[tuple[str, list[str], list[str]]]:
    readers = graph.turned(inputs)
    return [
        (name, sources, readers.get(name, []))
        for name, sources in inputs.items()
        if name in names and words in name
    ]
