"""The risk score drawn: survival curve with its interval, and what each modality contributed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tumorboard.review.figures.layout import Figure, figure

BAND = "rgba(33, 102, 172, 0.18)"


def survival_figure(curve: dict[str, list[float]], name: str = "Estimated survival") -> Figure:
    """`curve` holds months, survival, low and high, aligned; `name` says whose curve it is."""
    months, survival, low, high = (curve.get(part, []) for part in ("months", "survival", "low", "high"))
    if len({len(months), len(survival), len(low), len(high)}) > 1:
        raise ValueError("a survival curve needs a value, a low and a high limit for each month")
    traces = [
        {"type": "scatter", "mode": "lines", "x": months, "y": high, "line": {"width": 0, "shape": "hv"},
         "name": "upper limit", "showlegend": False, "hoverinfo": "skip"},
        {"type": "scatter", "mode": "lines", "x": months, "y": low, "line": {"width": 0, "shape": "hv"},
         "fill": "tonexty", "fillcolor": BAND, "name": "interval"},
        {"type": "scatter", "mode": "lines", "x": months, "y": survival, "name": name,
         "line": {"color": "--c1", "width": 2, "shape": "hv"}},
    ]  # fmt: skip
    rows = [list(row) for row in zip(months, survival, low, high, strict=True)]
    return figure(
        traces if months else [],
        y="Probability of survival",
        label=_words(name, months, survival, low, high),
        table={"columns": ["Month", "Survival", "Low", "High"], "rows": rows},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        xaxis={"title": {"text": "Months from the day of the decision"}},
        yaxis={"range": [0, 1], "title": {"text": "Probability of survival"}},
    )


def contribution_figure(contributions: dict[str, Any], absent: Sequence[str] = ()) -> Figure:
    """One bar a modality: its share of the log hazard. Absent modalities stand at exactly 0."""
    shares = {name: float(part["share"]) for name, part in contributions.items()}
    if shares:
        shares |= {name: 0.0 for name in absent if name not in shares}
    names = sorted(shares, key=lambda name: shares[name])
    bar = {
        "type": "bar", "orientation": "h", "y": names, "x": [shares[name] for name in names],
        "marker": {"color": ["--bad" if shares[name] > 0 else "--c1" for name in names]},
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


def percentile_figure(percentile: float | None, cohort: str) -> Figure:
    """Where the patient's risk stands among the training patients, 0 (lowest) to 100."""
    if percentile is None:
        return figure([], y="", label="No percentile", table={"columns": [], "rows": []})
    trace = {
        "type": "scatter", "mode": "markers+text", "x": [percentile], "y": [0], "textposition": "top center",
        "text": [f"{percentile:.0f}"], "marker": {"color": "--c1", "size": 14, "symbol": "diamond"},
    }  # fmt: skip
    scale = {"type": "line", "x0": 0, "x1": 100, "y0": 0, "y1": 0, "line": {"color": "--c5", "width": 2}}
    return figure(
        [trace],
        y="",
        label=f"Risk higher than in {percentile:.0f} of 100 patients of the {cohort or 'training cohort'}",
        table={"columns": ["Percentile of risk"], "rows": [[round(percentile, 1)]]},
        height=180,
        shapes=[scale],
        xaxis={"range": [-2, 102], "title": {"text": "Percentile of risk (right: higher risk)"}},
        yaxis={"visible": False, "range": [-1, 1]},
    )


def _words(name: str, months: list[float], survival: list[float], low: list[float], high: list[float]) -> str:
    if not months:
        return "No survival curve"
    at = max((i for i, month in enumerate(months) if month <= 12), default=0)
    return f"{name} at {months[at]:g} months {survival[at]:.0%}, interval {low[at]:.0%} to {high[at]:.0%}"
