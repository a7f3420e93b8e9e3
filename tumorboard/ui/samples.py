"""Invented rows for the style guide and its browser tests. No patient, no real value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
from django import forms
from django.core.paginator import Paginator

from tumorboard.ui.passages import passage

PAGES = ("styleguide", "patient", "meeting", "follow")
STEPS = 5
ROWS = COLUMNS = 128
FRAMES = 24
LETTER = (
    "I reviewed her in clinic today. She is well apart from a dry cough. The staging scan shows cT2b N2 M1a "
    "disease with a single contralateral nodule. There is no history of lung disease. Plan: discuss."
)
SOURCE = "/styleguide/source/{}"


_FACTS = """
Diagnosis | Adenocarcinoma, right upper lobe | Condition | 2024-03-12 | structured | verified |
Stage | cT2b N2 M1a, IVA (AJCC 8) | Clinic letter | 2024-04-02 | text | unverified |
Driver | EGFR p.L858R, VAF 31 % | Panel report | 2024-03-20 | vcf | verified |
Resistance | EGFR p.C797S, VAF 6.2 % | ctDNA report | 2026-11-09 | vcf | unverified | new
Tumour volume | 14.2 mL | CT chest | 2026-11-10 | image | verified |
Risk of death, 1 year | 0.34 | Late fusion 1.2 | 2026-11-20 | model | unverified |
Comorbidity | Interstitial lung disease | Letter | 2025-06-03 | text | conflict | conflict
"""
_NAMES = ("label", "value", "document", "on", "origin", "state", "alert")
FACTS: list[dict[str, Any]] = [
    dict(zip(_NAMES, (cell.strip() for cell in line.split("|")), strict=True))
    for line in _FACTS.strip().splitlines()
]
for _row, _each in enumerate(FACTS):
    _each["source"] = SOURCE.format(_row)
    _each["fact"] = f"gold.case_facts/{_row}"

_START = LETTER.index("cT2b")
PANEL = {
    "passage": passage(LETTER, _START, _START + len("cT2b N2 M1a"), around=90),
    "lineage": [{"label": "letter 4711"}, {"label": "silver.note_facts/88"}, {"label": "gold.case_facts/1"}],
    "disagrees": [{"document": "Radiology report", "on": date(2024, 3, 28), "value": "cT2a"}],
}
VARIANTS = [
    {"label": "L858R", "position": 858, "consequence": "missense_variant"},
    {"label": "T790M", "position": 790, "consequence": "missense_variant"},
    {"label": "C797S", "position": 797, "consequence": "missense_variant"},
    {"label": "E746_A750del", "position": 746, "consequence": "inframe_deletion"},
    {"label": "R1068*", "position": 1068, "consequence": "stop_gained"},
    {"label": "amplification", "position": None},
]
DOMAINS = [{"label": "Kinase", "start": 712, "end": 979}]
LANES = [
    ("diagnosis", "Diagnosis"),
    ("surgery", "Surgery"),
    ("systemic", "Systemic therapy"),
    ("radiotherapy", "Radiotherapy"),
    ("imaging", "Imaging"),
    ("pathology", "Pathology"),
    ("molecular", "Molecular"),
    ("response", "Response"),
    ("lab", "Labs"),
    ("performance", "Performance"),
    ("note", "Notes"),
    ("wearable", "Wearable"),
]


class SampleForm(forms.Form):
    reason = forms.CharField(help_text="Who asks, and what the board is to decide")
    level = forms.ChoiceField(
        label="Evidence level",
        widget=forms.RadioSelect,
        choices=[("guideline", "Guideline"), ("trial", "Trial"), ("consensus", "Consensus")],
    )
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)


def context(page: str) -> dict[str, Any]:
    return {
        "form": SampleForm({}),
        "synthetic": True,
        "facts": FACTS,
        "variants": VARIANTS,
        "domains": DOMAINS,
        "pages": Paginator(range(500), 20).page(7),
        "steps": STEPS,
        "next_url": "/styleguide/patient/",
        "post_url": "/styleguide/position" if page == "meeting" else "",
        "follow_url": "/styleguide/position" if page == "follow" else "",
    }


def _timeline(query: Mapping[str, str]) -> dict[str, Any]:
    """`n` events; the first lane is empty on purpose, and therapies overlap."""
    lanes = [{"id": code, "label": label} for code, label in LANES]
    count = int(query.get("n", "300"))
    begin = date(2024, 3, 1)
    events: list[list[Any]] = []
    for i in range(count):
        lane = 1 + (i * 7 + i // 11) % (len(LANES) - 1)
        on = begin + timedelta(days=(i * 37) % 990)
        until = on + timedelta(days=60 + i % 200) if lane == 2 and i % 4 == 0 else None
        label = f"{LANES[lane][1]} {i + 1}"
        source = SOURCE.format(i % len(FACTS))
        events.append([lane, label, on.isoformat(), until and until.isoformat(), "invented", source])
    if "undated" in query:
        events.append([10, "Letter without a date", "", None, "", SOURCE.format(1)])
    return {"lanes": lanes, "events": events, "origin": "2024-03-12"}


def _figure(query: Mapping[str, str]) -> dict[str, Any]:
    if "empty" in query:
        return {"data": [], "layout": {}}
    months = [0, 3, 6, 9, 12, 15, 18]
    survival = [1.0, 0.93, 0.86, 0.74, 0.61, 0.55, 0.48]
    other = [round(share**2, 2) for share in survival]
    median = next(month for month, alive in zip(months, survival, strict=True) if alive <= 0.5)
    return {
        "data": [
            {"type": "scatter", "name": "neighbours", "x": months, "y": survival, "line": {"shape": "hv"}},
            {
                "type": "scatter",
                "name": "all",
                "x": months,
                "y": other,
                "line": {"dash": "dash"},
            },
        ],
        "layout": {
            "xaxis": {"title": {"text": "months"}},
            "yaxis": {"title": {"text": "alive"}, "range": [0, 1]},
        },
        "label": f"Overall survival of 40 similar patients: median {median} months",
        "table": {
            "columns": ["Months", "Alive"],
            "rows": [list(row) for row in zip(months, survival, strict=True)],
        },
    }


def _stack(name: str) -> Callable[[Mapping[str, str]], dict[str, Any]]:
    return lambda query: {
        "rows": ROWS,
        "columns": COLUMNS,
        "frames": 0 if "empty" in query else FRAMES,
        "spacing": [0.7, 0.7],
        "slope": 1,
        "intercept": 0,
        "window": [40, 400],
        "frame": f"/styleguide/frames/{name}/{{i}}",
        "orientation": {"left": "R", "right": "L", "top": "A", "bottom": "P"},
    }


def frame(index: int, *, damaged: bool = False) -> bytes:
    """A disc of soft tissue (40 HU) in air (-1000 HU), with a node (-200 + 10 x slice HU) in its middle."""
    y, x = np.mgrid[0:ROWS, 0:COLUMNS] - ROWS / 2
    values = np.where(np.hypot(x * 0.8, y) < 45, 40, -1000)
    values[np.hypot(x, y) < 10] = -200 + 10 * index
    pixels = values.astype("<i2").tobytes()
    return pixels[: len(pixels) // 3] if damaged else pixels


DATA: dict[str, Callable[[Mapping[str, str]], dict[str, Any]]] = {
    "timeline": _timeline,
    "no-events": lambda query: _timeline({"n": "0"}),
    "figure": _figure,
    "stack": _stack("whole"),
    "stack-damaged": _stack("damaged"),
}
