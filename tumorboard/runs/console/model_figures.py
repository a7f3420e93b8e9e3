"""Figures of the model pages: calibration, groups, the watch, who has which modality (UpSet)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any

from tumorboard.fusion.cohort import MODALITIES
from tumorboard.fusion.inventory import in_words
from tumorboard.review.figures.layout import Figure, figure
from tumorboard.runs.console.models import groups
from tumorboard.scores.models import Watch

Row = Mapping[str, Any]
FAMILIES = {
    "inputs": "Inputs",
    "missingness": "Missingness",
    "score": "Score",
    "joint": "All together",
    "outcome": "Outcome",
}
SMALLEST_P = 1e-12
ABOVE = {"orientation": "h", "y": 1.02, "yanchor": "bottom"}  # the legend, where it hides no axis title


def calibration(fifths: Sequence[Row]) -> Figure:
    """Predicted against observed survival in fifths of risk, with the observed interval and the diagonal."""
    rows = [row for row in fifths if row["observed"] is not None]
    day = rows[0]["day"] if rows else 0
    bars = {
        "type": "data", "symmetric": False, "color": "--c1",
        "array": [row["high"] - row["observed"] for row in rows],
        "arrayminus": [row["observed"] - row["low"] for row in rows],
    }  # fmt: skip
    traces = [
        {"type": "scatter", "mode": "lines", "x": [0, 1], "y": [0, 1], "name": "perfect",
         "line": {"color": "--c5", "dash": "dot", "width": 1}, "hoverinfo": "skip"},
        {"type": "scatter", "mode": "markers", "name": "fifths of risk", "error_y": bars,
         "x": [row["predicted"] for row in rows], "y": [row["observed"] for row in rows],
         "marker": {"color": "--c1", "size": 9}},
    ]  # fmt: skip
    words = "; ".join(f"predicted {row['predicted']:.0%}, observed {row['observed']:.0%}" for row in rows)
    if len(rows) < len(fifths):
        words += f"; {len(fifths) - len(rows)} fifths were not followed up for so long"
    return figure(
        traces if rows else [],
        y="Observed survival",
        label=f"Calibration at {day} days, from highest to lowest risk: {words}"
        if rows
        else "No calibration",
        table={
            "columns": ["Patients", "Predicted", "Observed", "Low", "High"],
            "rows": [[row[n] for n in ("n", "predicted", "observed", "low", "high")] for row in fifths],
        },
        height=320,
        legend=ABOVE,
        xaxis={"range": [0, 1], "title": {"text": f"Predicted survival at {day} days"}},
        yaxis={"range": [0, 1], "title": {"text": "Observed survival"}},
    )


def bias(given: Sequence[Row]) -> Figure:
    """C of each group with its interval, everyone's as a line; groups with too few are named in the table."""
    rows = groups([dict(row) for row in given])
    shown = [row for row in rows if row.get("c") is not None and row["kind"]]
    whole = next((row["c"] for row in rows if not row["kind"] and row.get("c") is not None), None)
    names = [f"{row['label']}: {row['group']} (n {row['n']})" for row in shown]
    trace = {
        "type": "scatter", "mode": "markers", "y": names, "x": [row["c"] for row in shown],
        "marker": {"color": "--c1", "size": 9},
        "error_x": {"type": "data", "symmetric": False, "color": "--c1",
                    "array": [row["c_high"] - row["c"] for row in shown],
                    "arrayminus": [row["c"] - row["c_low"] for row in shown]},
    }  # fmt: skip
    line = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": whole, "x1": whole,
            "line": {"color": "--c5", "dash": "dot", "width": 1}}  # fmt: skip
    few = len([row for row in rows if row["kind"]]) - len(shown)
    spoken = "; ".join(f"{name} {row['c']:.2f}" for name, row in zip(names, shown, strict=True))
    return figure(
        [trace] if shown else [],
        y="",
        label=f"C by group: {spoken}; everyone {whole:.2f}; {few} groups have too few deaths"
        if shown and whole is not None
        else f"No figure by group: {few} groups have too few deaths",
        table={
            "columns": ["Group", "Patients", "Deaths", "C", "Low", "High"],
            "rows": [_group(r) for r in rows],
        },
        height=120 + 34 * len(shown),
        xaxis={"range": [0.3, 1.02], "title": {"text": "C-index (dotted: everyone)"}},
        yaxis={"automargin": True, "autorange": "reversed"},
        shapes=[line] if whole is not None else [],
    )


def _group(row: Row) -> list[Any]:
    name = f"{row['label']}: {row['group']}" if row["kind"] else "everyone"
    figures = [row.get(part) if row.get(part) is not None else "too few" for part in ("c", "c_low", "c_high")]
    return [name, row["n"], row["events"], *figures]


def drift(watch: Watch | None, shown: int = 25) -> Figure:
    """How far each test lies from chance: -log10 p, with its own limit; alarms first."""
    findings = (watch.findings if watch else [])[:shown]
    names = [f"{one['subject']} ({one['test']})" for one in findings]
    depth = [_depth(one["p"]) for one in findings]
    limits = [_depth(one["limit"]) for one in findings]
    traces = [
        {"type": "bar", "orientation": "h", "y": names, "x": depth, "name": "found",
         "marker": {"color": ["--bad" if one["alarm"] else "--c1" for one in findings]}},
        {"type": "scatter", "mode": "markers", "y": names, "x": limits, "name": "alarm from here on",
         "marker": {"symbol": "line-ns-open", "color": "--fg", "size": 12}},
    ]  # fmt: skip
    alarms = [one["subject"] for one in findings if one["alarm"]]
    return figure(
        traces if findings else [],
        y="",
        label=f"{len(findings)} tests with the smallest p; alarms: {', '.join(alarms) or 'none'}",
        table={
            "columns": ["Family", "Subject", "Test", "p", "Limit", "Alarm"],
            "rows": [
                [
                    FAMILIES[one["family"]],
                    one["subject"],
                    one["test"],
                    one["p"],
                    one["limit"],
                    _yes(one["alarm"]),
                ]
                for one in findings
            ],
        },
        height=140 + 22 * len(findings),
        legend=ABOVE,
        xaxis={"title": {"text": "-log10 p (longer: less likely to be chance)"}, "rangemode": "tozero"},
        yaxis={"automargin": True, "autorange": "reversed"},
    )


def _depth(p: float) -> float:
    return round(-log10(max(p, SMALLEST_P)), 3)


def upset(stock: Row) -> Figure:
    """Patterns of modalities as an UpSet plot (Lex 2014): bars above, each pattern's modalities below."""
    patterns = [row for row in stock.get("patterns", []) if row["n"]]
    names = list(reversed(MODALITIES)) if patterns else []
    return figure(
        _upset_traces(patterns, names) if patterns else [],
        y="",
        label="Patients by the modalities they have: "
        + "; ".join(f"{in_words(row['has'])} {row['n']}" for row in patterns),
        table={
            "columns": ["Modalities", "Patients"],
            "rows": [[in_words(row["has"]), _count(row["n"], stock)] for row in stock.get("patterns", [])],
        },
        height=380,
        showlegend=False,
        xaxis={"visible": False, "range": [-0.6, max(len(patterns), 1) - 0.4]},
        yaxis={"domain": [0.42, 1], "title": {"text": "Patients"}, "rangemode": "tozero"},
        yaxis2={"domain": [0, 0.36], "tickvals": list(range(len(names))), "ticktext": names,
                "range": [-0.6, len(names) - 0.4], "showgrid": False, "zeroline": False, "anchor": "x"},
    )  # fmt: skip


def _upset_traces(patterns: Sequence[Row], names: Sequence[str]) -> list[Figure]:
    """Bars; below them a line per pattern, pale dots for absent modalities, dark ones for present ones."""
    told = [
        (x, y, name in (row["has"] or ())) for x, row in enumerate(patterns) for y, name in enumerate(names)
    ]
    bars: Figure = {
        "type": "bar", "x": list(range(len(patterns))), "y": [row["n"] for row in patterns],
        "marker": {"color": "--c1"}, "text": [str(row["n"]) for row in patterns],
        "textposition": "outside", "cliponaxis": False, "name": "patients",
        "hovertext": [in_words(row["has"]) for row in patterns],
    }  # fmt: skip
    absent = _dots([(x, y) for x, y, has in told if not has and patterns[x]["has"] is not None], "--line")
    present = _dots([(x, y) for x, y, has in told if has], "--fg")
    return [bars, *_joins(patterns, names), absent, present]


def _dots(places: list[tuple[int, int]], colour: str) -> Figure:
    return {
        "type": "scatter", "mode": "markers", "yaxis": "y2", "hoverinfo": "skip",
        "x": [x for x, _ in places], "y": [y for _, y in places], "marker": {"color": colour, "size": 11},
    }  # fmt: skip


def _joins(patterns: Sequence[Row], names: Sequence[str]) -> list[Figure]:
    """The line between the first and last modality of a pattern."""
    lines = []
    for x, row in enumerate(patterns):
        rows = [y for y, name in enumerate(names) if name in (row["has"] or ())]
        if len(rows) > 1:
            lines.append(
                {"type": "scatter", "mode": "lines", "yaxis": "y2", "x": [x, x], "y": [min(rows), max(rows)],
                 "line": {"color": "--fg", "width": 3}, "hoverinfo": "skip"}
            )  # fmt: skip
    return lines


def _count(n: int | None, stock: Row) -> int | str:
    return f"fewer than {stock['smallest']}" if n is None else n


def _yes(value: bool) -> str:
    return "yes" if value else "no"
