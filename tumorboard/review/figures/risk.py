"""The risk score drawn: survival curve with its interval, and what each modality contributed."""

from __future__ import annotations

from typing import Any

from tumorboard.review.figures.layout import COLOURS, Figure, figure

BAND = "rgba(33, 102, 172, 0.18)"


def survival_figure(curve: dict[str, list[float]]) -> Figure:
    """`curve` holds months, survival, low and high, aligned."""
    months, survival = curve.get("months", []), curve.get("survival", [])
    low, high = curve.get("low", []), curve.get("high", [])
    traces = [
        {"type": "scatter", "mode": "lines", "x": months, "y": high, "line": {"width": 0, "shape": "hv"},
         "name": "upper limit", "showlegend": False, "hoverinfo": "skip"},
        {"type": "scatter", "mode": "lines", "x": months, "y": low, "line": {"width": 0, "shape": "hv"},
         "fill": "tonexty", "fillcolor": BAND, "name": "interval"},
        {"type": "scatter", "mode": "lines", "x": months, "y": survival, "name": "estimated survival",
         "line": {"color": COLOURS[0], "width": 2, "shape": "hv"}},
    ]  # fmt: skip
    rows = [list(row) for row in zip(months, survival, low, high, strict=False)]
    return figure(
        traces if months else [],
        y="Probability of survival",
        label=_words(months, survival, low, high),
        table={"columns": ["Month", "Survival", "Low", "High"], "rows": rows},
        xaxis={"title": {"text": "Months from the time of the score"}},
        yaxis={"range": [0, 1], "title": {"text": "Probability of survival"}},
    )


def contribution_figure(contributions: dict[str, Any]) -> Figure:
    """One bar a modality: its share of the log hazard. Absent modalities stand at exactly 0."""
    shares = {name: float(_share(part)) for name, part in contributions.items()}
    names = sorted(shares, key=lambda name: shares[name])
    bar = {
        "type": "bar", "orientation": "h", "y": names, "x": [shares[name] for name in names],
        "marker": {"color": [COLOURS[1] if shares[name] > 0 else COLOURS[0] for name in names]},
    }  # fmt: skip
    words = ", ".join(f"{name} {shares[name]:+.2f}" for name in reversed(names))
    return figure(
        [bar] if names else [],
        y="",
        label=f"Contribution to the log hazard: {words}" if words else "No contribution",
        table={
            "columns": ["Modality", "Log hazard"],
            "rows": [[name, round(shares[name], 3)] for name in names],
        },
        xaxis={"title": {"text": "Contribution to the log hazard (right: higher risk)"}},
        yaxis={"automargin": True},
    )


def _share(part: Any) -> float:
    return part.get("share", part.get("log_hazard", 0.0)) if isinstance(part, dict) else part


def _words(months: list[float], survival: list[float], low: list[float], high: list[float]) -> str:
    if not months:
        return "No survival curve"
    at = max((i for i, month in enumerate(months) if month <= 12), default=0)
    return (
        f"Estimated survival at {months[at]:g} months {survival[at]:.0%}, "
        f"interval {low[at]:.0%} to {high[at]:.0%}"
    )
