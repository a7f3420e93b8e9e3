"""Laboratory values, tumour markers and wearables over time, against the treatment bars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from tumorboard.pipeline.gold.worn import DAILY_SUMS
from tumorboard.review.figures.layout import COLOURS, DASHES, Figure, figure, iso, therapy_bands
from tumorboard.review.results import comparator, written

Row = dict[str, Any]
CTDNA = "ctDNA VAF"
MARKERS = (CTDNA, "CEA", "CA 19-9", "CA 15-3", "PSA", "LDH", "S100B", "S100")


def lab_figure(labs: Sequence[Row], name: str, therapies: Sequence[Row]) -> Figure:
    """One test over time in its latest unit, with the reference range of its latest value as lines."""
    dated = [r for r in labs if r["name"] == name and r["value"] is not None and r["taken_on"]]
    dated.sort(key=lambda r: (r["taken_on"], r["row_id"]))
    unit = dated[-1]["unit"] if dated else ""
    rows = [row for row in dated if row["unit"] == unit]
    return figure(
        [_trace(name, rows, "taken_on", 0)] if rows else [],
        y=f"{name} {unit or ''}".strip(),
        label=described(name, unit, rows, "taken_on") + _remarks(rows, len(dated) - len(rows)),
        table=_table(rows, "taken_on", unit),
        shapes=therapy_bands(list(therapies)) + [_limit(value) for value in _reference(rows)],
    )


def _reference(rows: Sequence[Row]) -> list[float]:
    """The ends of the reference range that the latest value was sent with."""
    ends = [rows[-1]["low"], rows[-1]["high"]] if rows else []
    return [end for end in ends if end is not None]


def _remarks(rows: Sequence[Row], elsewhere: int) -> str:
    """What a reader of the curve must know beside its values."""
    limits = sum(bool(comparator(row)) for row in rows)
    parts = [
        f"reference {_range(rows[-1])}" if _reference(rows) else "",
        f"{limits} beyond what can be measured, drawn at that limit" if limits else "",
        f"{elsewhere} in another unit not drawn" if elsewhere else "",
    ]
    return "".join(f"; {part}" for part in parts if part)


def _range(row: Row) -> str:
    low, high = row["low"], row["high"]
    if low is None:
        return f"up to {high:g}"
    return f"from {low:g}" if high is None else f"{low:g} to {high:g}"


def wearable_figure(samples: Sequence[Row], measure: str, therapies: Sequence[Row]) -> Figure:
    """Daily values of one measure: sums for counts, means for rates."""
    days: dict[Any, list[float]] = defaultdict(list)
    for row in samples:
        if row["measure"] == measure and row["value"] is not None and row["started_at"]:
            days[row["started_at"].date()].append(row["value"])
    total = measure in DAILY_SUMS
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
        xaxis={"type": "date", **_span(rows)},
    )


def _span(rows: Sequence[Row]) -> dict[str, Any]:
    """Only the days that were worn: bands of earlier therapies do not widen the axis."""
    return {"range": [iso(rows[0]["day"]), iso(rows[-1]["day"])]} if len(rows) > 1 else {}


def charted(labs: Iterable[Row]) -> list[str]:
    """Tests worth a curve: measured at least twice; tumour markers first."""
    counts: dict[str, int] = defaultdict(int)
    for row in labs:
        counts[row["name"]] += row["value"] is not None and row["taken_on"] is not None
    names = [name for name, count in counts.items() if count > 1]
    return sorted(names, key=lambda name: (name not in MARKERS, name))


def described(name: str, unit: str | None, rows: Sequence[Row], day: str) -> str:
    """The curve in words, computed from the rows it is drawn from."""
    if not rows:
        return f"{name}: no value"
    first, last, in_unit = rows[0], rows[-1], f" {unit}" if unit else ""
    if len(rows) == 1:
        return f"{name}, one value on {iso(first[day])}: {_value(last)}{in_unit}"
    low, high = min(r["value"] for r in rows), max(r["value"] for r in rows)
    return (
        f"{name}, {len(rows)} values from {iso(first[day])} to {iso(last[day])}, "
        f"between {low:g} and {high:g}{in_unit}, last {_value(last)}"
    )


def _value(row: Row) -> str:
    return written(row) if "value_text" in row else f"{row['value']:.4g}"


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
        "rows": [[iso(r[day]), _value(r)] for r in rows],
    }
