"""Functions and files stay small enough to see whole (docs/architecture.md)."""

from __future__ import annotations

import ast
import statistics

from tests.repository.code import modules

FILE = 500
MEDIAN, NINE_OF_TEN, LONGEST = 10, 35, 80


def lengths() -> dict[str, int]:
    """Lines of each function, from `def` to its end."""
    return {
        f"{module.name}:{function.lineno} {function.name}": function.end_lineno - function.lineno + 1
        for module in modules()
        for function in module.functions()
    }


def test_functions_are_short() -> None:
    found = lengths()
    assert len(found) > 500
    values = sorted(found.values())
    assert statistics.median(values) <= MEDIAN
    assert values[len(values) * 9 // 10] <= NINE_OF_TEN
    assert {name: lines for name, lines in found.items() if lines > LONGEST} == {}


def test_files_are_short() -> None:
    long = {m.name: lines for m in modules() if (lines := m.source.count("\n")) > FILE}
    assert long == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        m.name
        for m in modules()
        if m.tree.body
        and not (isinstance(getattr(m.tree.body[0], "value", None), ast.Constant))
        and not m.name.endswith(("apps.py", "urls.py", "asgi.py", "forms.py", "__init__.py"))
        and "pipeline/bronze" not in m.name
    ]
    assert silent == []
