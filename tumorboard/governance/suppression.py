"""Counts on de-identified data: small ones are not told, and cannot be worked out from the others."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

ROUNDED_TO = 5
Cell = tuple[object, ...]


def suppressed(
    counts: Mapping[Cell, int], *, threshold: int | None = None, base: int = ROUNDED_TO
) -> dict[Cell, int | None]:
    """Counts of a table by its cells, one value for each dimension. None: not told.

    Counts up to the threshold are not told (a setting, 10). Where only one cell of a line is not told, the
    next smallest goes with it, so that a total of the line does not give it back. What is told is rounded.
    """
    limit = settings.SMALL_CELLS if threshold is None else threshold
    hidden = {cell for cell, count in counts.items() if count <= limit}
    while more := _alone(counts, hidden):
        hidden |= more
    return {cell: None if cell in hidden else _rounded(count, base) for cell, count in counts.items()}


def total(told: Mapping[Cell, int | None]) -> int:
    """The total of the cells that are told: it says nothing about the others."""
    return sum(count for count in told.values() if count is not None)


def _alone(counts: Mapping[Cell, int], hidden: set[Cell]) -> set[Cell]:
    """For each line with a single hidden cell, the smallest of its others."""
    more: set[Cell] = set()
    for line in _lines(counts):
        shown = [cell for cell in line if cell not in hidden | more]
        if shown and len(shown) == len(line) - 1:
            more.add(min(shown, key=lambda cell: (counts[cell], repr(cell))))
    return more


def _lines(counts: Mapping[Cell, int]) -> list[list[Cell]]:
    """Cells that differ in one dimension only: the rows and the columns of the table."""
    lines: dict[tuple[int, Cell], list[Cell]] = {}
    for cell in counts:
        for place in range(len(cell)):
            lines.setdefault((place, cell[:place] + cell[place + 1 :]), []).append(cell)
    return list(lines.values())


def _rounded(count: int, base: int) -> int:
    return base * round(count / base)
