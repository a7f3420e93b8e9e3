"""What all figures share. Colours of text and axes are set in the browser, by the theme."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils import timezone

Figure = dict[str, Any]
HEIGHT = 260
COLOURS = ("#2166ac", "#b2182b", "#1b7837", "#762a83", "#8c510a", "#01665e")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")  # never colour alone


def figure(traces: list[Figure], *, y: str, label: str, table: Figure, **layout: Any) -> Figure:
    """A Plotly figure as JSON-ready values, with its description and its data as a table."""
    return {
        "data": traces,
        "layout": {
            "height": HEIGHT,
            "margin": {"l": 56, "r": 16, "t": 16, "b": 40},
            "yaxis": {"title": {"text": y}, "zeroline": False},
            "xaxis": {"type": "date"},
            "showlegend": len(traces) > 1,
            "legend": {"orientation": "h", "y": -0.2},
            "hovermode": "closest",
            **layout,
        },
        "label": label,
        "table": table,
    }


def therapy_bands(therapies: list[dict[str, Any]]) -> list[Figure]:
    """Systemic therapies as shaded spans behind a series over time. One whose end is not known is a line."""
    return [
        {
            "type": "rect", "xref": "x", "yref": "paper", "y0": 0, "y1": 1,
            "line": {"width": 0 if end > row["started_on"] else 1, "color": colour},
            "x0": iso(row["started_on"]), "x1": iso(end), "fillcolor": colour, "opacity": 0.08,
            "label": {"text": row["name"], "textposition": "top left", "font": {"size": 10}},
        }
        for row, end, colour in _systemic(therapies)
    ]  # fmt: skip


def _systemic(therapies: list[dict[str, Any]]) -> Iterator[tuple[dict[str, Any], date, str]]:
    """Each systemic therapy with a first day, its last day to draw and its colour."""
    begun = [row for row in therapies if row["kind"] == "systemic" and row["started_on"]]
    for number, row in enumerate(sorted(begun, key=lambda row: (row["started_on"], row["name"]))):
        ongoing = timezone.localdate() if row["status"] == "active" else row["started_on"]
        yield row, row["ended_on"] or ongoing, COLOURS[number % len(COLOURS)]


def iso(value: date | None) -> str | None:
    return value.isoformat() if value else None
