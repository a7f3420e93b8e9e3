"""Laboratory values, tumour markers and wearables over time, against the treatment bars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from tumorboard.review.figures.layout import COLOURS, DASHES, Figure, figure, iso, therapy_bands

Row = dict[str, Any]
MARKERS = ("ctDNA VAF", "CEA", "CA 19-9", "CA 15-3", "PSA", "LDH", "S100B", "S100")


def lab_figure(labs: Sequence[Row], name: str, therapies: Sequence[Row]) -> Figure:
    """One test over time, with its reference range as lines."""
    rows = sorted(
        (r for r in labs if r["name"] == name and r["value"] is not None), key=lambda r: r["taken_on"]
    )
    unit = rows[-1]["unit"] if rows else ""
    traces = [_trace(name, rows, "taken_on", 0)] if rows else []
    shapes = therapy_bands(list(therapies)) + [
        _limit(rows[-1][side]) for side in ("low", "high") if rows and rows[-1][side] is not None
    ]
    return figure(
        traces,
        y=f"{name} {unit or ''}".strip(),
        label=described(name, unit, rows, "taken_on"),
        table=_table(rows, "taken_on", unit),
        shapes=shapes,
    )


def wearable_figure(samples: Sequence[Row], measure: str, therapies: Sequence[Row]) -> Figure:
    """Daily values of one measure: sums for counts, means for rates."""
    days: dict[Any, list[float]] = defaultdict(list)
    for row in samples:
        if row["measure"] == measure and row["value"] is not None and row["started_at"]:
            days[row["started_at"].date()].append(row["value"])
    total = measure in ("steps", "sleep_minutes")
    rows = [{"day": day, "value": sum(v) if total else sum(v) / len(v)} for day, v in sorted(days.items())]
    unit = next((r["unit"] for r in samples if r["measure"] == measure), "")
    name = measure.replace("_", " ")
    traces = [_trace(name, rows, "day", 0)] if rows else []
    return figure(
        traces,
        y=f"{name} {unit or ''}".strip(),
        label=described(name, unit, rows, "day"),
        table=_table(rows, "day", unit),
        shapes=therapy_bands(list(therapies)),
    )


def charted(labs: Iterable[Row]) -> list[str]:
    """Tests worth a curve: measured at least twice; tumour markers first."""
    counts: dict[str, int] = defaultdict(int)
    for row in labs:
        counts[row["name"]] += row["value"] is not None
    names = [name for name, count in counts.items() if count > 1]
    return sorted(names, key=lambda name: (name not in MARKERS, name))


def described(name: str, unit: str | None, rows: Sequence[Row], day: str) -> str:
    """The curve in words, computed from the rows it is drawn from."""
    if not rows:
        return f"{name}: no value"
    first, last = rows[0], rows[-1]
    low, high = min(r["value"] for r in rows), max(r["value"] for r in rows)
    return (
        f"{name}, {len(rows)} values from {iso(first[day])} to {iso(last[day])}, "
        f"between {low:g} and {high:g} {unit or ''}, last {last['value']:g}"
    ).replace("  ", " ")


def _trace(name: str, rows: Sequence[Row], day: str, number: int) -> Figure:
    return {
        "type": "scatter", "mode": "lines+markers", "name": name,
        "x": [iso(row[day]) for row in rows], "y": [row["value"] for row in rows],
        "line": {"color": COLOURS[number % 6], "dash": DASHES[number % 6], "width": 2},
    }  # fmt: skip


def _limit(value: float) -> Figure:
    line = {"dash": "dot", "width": 1, "color": "#767676"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": value, "y1": value, "line": line}


def _table(rows: Sequence[Row], day: str, unit: str | None) -> Figure:
    return {
        "columns": ["Date", f"Value {unit or ''}".strip()],
        "rows": [[iso(r[day]), r["value"]] for r in rows],
    }
