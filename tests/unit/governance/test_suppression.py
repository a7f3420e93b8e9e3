"""Small counts are not told, and an attacker with linear programming does not get them back."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest
from scipy.optimize import linprog

from tumorboard.governance.suppression import suppressed, total


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ({}, {}),
        ({("a",): 10}, {("a",): None}),
        ({("a",): 11}, {("a",): 10}),
        ({("a",): 0}, {("a",): None}),
        ({("a",): 3, ("b",): 100}, {("a",): None, ("b",): None}),
        ({("a",): 3, ("b",): 100, ("c",): 42}, {("a",): None, ("b",): 100, ("c",): None}),
        ({("a",): 3, ("b",): 7, ("c",): 42}, {("a",): None, ("b",): None, ("c",): 40}),
    ],
)
def test_one_dimension(counts: dict, told: dict) -> None:
    assert suppressed(counts) == told
    assert total(told) == sum(v or 0 for v in told.values())


def test_the_threshold_is_a_setting(settings: object) -> None:
    settings.SMALL_CELLS = 4
    assert suppressed({("a",): 7, ("b",): 9}) == {("a",): 5, ("b",): 10}
    assert suppressed({("a",): 7}, threshold=8) == {("a",): None}


def table(seed: int) -> dict[tuple[str, str], int]:
    random = Random(seed)
    size = range(random.randint(2, 4)), range(random.randint(2, 4))
    return {(f"r{r}", f"c{c}"): random.choice([0, 2, 8, 15, 40, 120]) for r, c in product(*size)}


@pytest.mark.parametrize("seed", range(150))
def test_no_line_holds_a_single_hidden_cell(seed: int) -> None:
    counts = table(seed)
    told = suppressed(counts)
    assert all(value is None or (value % 5 == 0 and counts[cell] > 10) for cell, value in told.items())
    for place in (0, 1):
        for name in {cell[place] for cell in counts}:
            line = [told[cell] for cell in counts if cell[place] == name]
            assert line.count(None) != 1


@pytest.mark.parametrize("seed", range(60))
def test_totals_do_not_give_a_cell_back(seed: int) -> None:
    """The attacker also knows every true total of a row and column, rounded as totals of their own are."""
    counts = table(seed)
    told = suppressed(counts)
    cells = list(counts)
    bounds = [(0, None) if told[c] is None else (told[c] - 2.5, told[c] + 2.5) for c in cells]
    rows, limits = [], []
    for place in (0, 1):
        for name in {cell[place] for cell in cells}:
            line = [1.0 if cell[place] == name else 0.0 for cell in cells]
            exact = sum(counts[cell] for cell in cells if cell[place] == name)
            shown = suppressed({(name,): exact})[(name,)]
            if shown is not None:
                rows += [line, [-x for x in line]]
                limits += [shown + 2.5, -(shown - 2.5)]
    for number, cell in enumerate(cells):
        if told[cell] is None and counts[cell] <= 10:
            wanted = [1.0 if n == number else 0.0 for n in range(len(cells))]
            kwargs = {"A_ub": rows or None, "b_ub": limits or None, "bounds": bounds}
            low = linprog(wanted, **kwargs)
            high = linprog([-x for x in wanted], **kwargs)
            assert low.status == 0
            assert high.status == 3 or -high.fun - low.fun >= 4.9, (cell, low.fun, -high.fun)
