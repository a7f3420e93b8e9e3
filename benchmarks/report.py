"""What all benchmarks share: their options, and their figures as a table or as JSON."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Mapping

PATIENTS = 20
SEED = 7
Figures = Mapping[str, float | int | str]


def options(description: str | None, arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--patients", type=int, default=PATIENTS, help="size of the synthetic cohort (1x)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser.parse_args(arguments)


def show(title: str, figures: Figures, as_json: bool) -> None:
    """Print figures by name: those that end in `ratio` are ratios, the rest explains them."""
    if as_json:
        print(json.dumps(figures))
        return
    print(f"\n{title}")
    for name, value in figures.items():
        print(f"  {name:52} {_text(name, value):>12}")


def _text(name: str, value: float | int | str) -> str:
    if isinstance(value, float):
        return f"{value:.2f} x" if name.endswith("ratio") else f"{value:,.3f}".rstrip("0").rstrip(".")
    return f"{value:,}" if isinstance(value, int) else value


def seconds(work: Callable[[], object], times: int = 1) -> float:
    """The median time of `work`."""
    return statistics.median(_once(work) for _ in range(times))


def _once(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
