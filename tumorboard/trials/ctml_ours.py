"""Keys of our own for criteria CTML has no key for: laboratory limits, organ function, washouts and the like.

They stand in a `clinical` node beside CTML's own and are written as a curator would say them:
`lab: "Neutrophils >= 1.5 10*9/L within 14 days"`, `washout: "28 days since chemotherapy"`. Other engines do
not know them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal, cast

from tumorboard.codes.tnm import StageGroup
from tumorboard.pipeline.silver.agents import AGENTS
from tumorboard.trials.conditions import CONDITIONS
from tumorboard.trials.criteria import (
    CnsMetastases,
    Comorbidity,
    Comparison,
    KidneyFunction,
    Lab,
    Performance,
    PriorTherapy,
    Question,
    Stage,
    Treatments,
    Washout,
)
from tumorboard.trials.drugs import class_named, generic
from tumorboard.trials.units import unit_of

_WITHIN = re.compile(r"\s+within (\d{1,4}) days$", re.IGNORECASE)
_LIMIT = re.compile(
    r"(?P<name>[^<>=≤≥]*?)\s*(?P<sign>[<>=≤≥]{1,2})\s*(?P<number>\d{1,3}(?:,\d{3})+|\d[\d.]*)\s*(?P<unit>.*)"
)
MODALITIES = ("systemic", "surgery", "radiotherapy")


def _windowed(value: Any) -> tuple[str, int | None]:
    """The text without its window, and the window in days."""
    text = str(value).strip()[:300]
    window = _WITHIN.search(text)
    return (text[: window.start()], int(window[1])) if window else (text, None)


def _limited(value: Any) -> tuple[re.Match[str], Comparison, int | None]:
    text, days = _windowed(value)
    match = _LIMIT.fullmatch(text)
    if match is None:
        raise ValueError("expected a name, a sign, a number and a unit, such as Platelets >= 100 10*9/L")
    return match, Comparison.parse(match["sign"] + match["number"].replace(",", "")), days


def lab(value: Any) -> Lab:
    match, limit, days = _limited(value)
    unit = match["unit"].strip()
    times = re.fullmatch(r"(?:[x×]\s*)?(ULN|LLN)", unit, re.IGNORECASE)
    if not match["name"]:
        raise ValueError("no analyte is named")
    if times:
        return Lab(match["name"], limit, "", cast(Literal["ULN", "LLN"], times[1].upper()), days)
    return Lab(match["name"], limit, unit, "", days)


def kidney(value: Any) -> KidneyFunction:
    match, limit, days = _limited(value)
    per_surface = "1.73" in match["unit"]
    if unit_of(match["unit"] or "mL/min") not in ("mL/min", "mL/min/{1.73_m2}"):
        raise ValueError("expected mL/min or mL/min/1.73m2")
    return KidneyFunction(limit, "mL/min/1.73m2" if per_surface else "mL/min", within_days=days)


def washout(value: Any) -> Washout:
    match = re.fullmatch(r"(\d{1,4}) days?(?: since (.+))?", str(value).strip()[:200])
    if match is None:
        raise ValueError("expected something like 28 days since chemotherapy")
    return Washout(int(match[1]), treatments(match[2]) if match[2] else Treatments())


def prior_therapy(value: Any) -> PriorTherapy:
    text, days = _windowed(value)
    return PriorTherapy(treatments(text), days)


def treatments(text: str) -> Treatments:
    """A class, a modality or an agent by any of its names; ValueError for one no list knows."""
    folded = " ".join(text.casefold().split())
    if folded in MODALITIES:
        return Treatments(modalities=(folded,))
    if generic(folded) in AGENTS:
        return Treatments(agents=(generic(folded),))
    return Treatments(classes=(class_named(folded),))


def cns_metastases(value: Any) -> CnsMetastases:
    state = str(value).strip().lower()
    if state not in ("any", "active", "untreated", "stable", "leptomeningeal"):
        raise ValueError("expected any, active, untreated, stable or leptomeningeal")
    return CnsMetastases(cast(Literal["any"], state))


def comorbidity(value: Any) -> Comorbidity:
    text, days = _windowed(value)
    names = {name.casefold(): name for name in CONDITIONS}
    bare = text.removeprefix("active ") if text.casefold() not in names else text
    if not bare:
        raise ValueError("no condition is named")
    return Comorbidity(names.get(bare.casefold(), bare), bare != text, days)


def stage(value: Any) -> Stage:
    groups = value if isinstance(value, list) else [value]
    if not groups:
        raise ValueError("no stage is named")
    return Stage(tuple(StageGroup.parse(group) for group in groups))


def _performance(scale: Literal["ECOG", "KPS"]) -> Callable[[Any], Performance]:
    def read(value: Any) -> Performance:
        text, days = _windowed(value)
        return Performance(scale, Comparison.parse(text), days)

    return read


OURS: dict[str, Callable[[Any], Question]] = {
    "ecog_numerical": _performance("ECOG"),
    "karnofsky_numerical": _performance("KPS"),
    "lab": lab,
    "creatinine_clearance": kidney,
    "washout": washout,
    "prior_therapy": prior_therapy,
    "cns_metastases": cns_metastases,
    "comorbidity": comorbidity,
    "stage_group": stage,
}
