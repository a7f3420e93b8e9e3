"""Local therapy from Procedures: operations and radiotherapy."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from tumorboard.pipeline.silver.cancers import is_cancer
from tumorboard.pipeline.silver.fhir import (
    codes,
    dig,
    extensions,
    has,
    listed,
    number,
    own_id,
    profiled,
    references,
    said,
    stands,
    state,
    when,
    words,
)
from tumorboard.pipeline.silver.medications import intent_of, reason_of
from tumorboard.pipeline.silver.rows import Received, Row

COURSE_GAP = timedelta(days=30)
"""Sessions without a stated dose that lie closer than this are one course."""

_RADIOTHERAPY = {"1217123003", "USCRS-33529", "108290001"}
_RADIOTHERAPY_WORDS = re.compile(r"radiotherap|radiation therap|brachytherap|radiosurg", re.IGNORECASE)
_SURGERY = {"387713003", "258174001"}
_ACTIVE = ("in-progress", "on-hold")
Span = tuple[date | None, date | None]


def local(procedures: list[Received], cancers: set[str]) -> Iterator[Row]:
    """Operations and radiotherapy courses; `cancers` are the references that mean a cancer of the patient."""
    standing = [item for item in procedures if stands(item.payload)]
    courses = [item for item in standing if _is_radiotherapy(item.payload)]
    for item in standing:
        if item not in courses and _is_surgery(item.payload, cancers):
            yield _row([item], "surgery", _surgical_detail(item.payload))
    for course in _courses(courses):
        yield _row(course, "radiotherapy", _dose(course))


def _is_radiotherapy(procedure: Row) -> bool:
    if profiled(procedure, "mcode-radiotherapy-course-summary"):
        return True
    if not (codes(procedure.get("code")) | codes(procedure.get("category"))).isdisjoint(_RADIOTHERAPY):
        return True
    return bool(_RADIOTHERAPY_WORDS.search(said(procedure.get("code"))))


def _is_surgery(procedure: Row, cancers: set[str]) -> bool:
    """By profile, else a surgical procedure that names the cancer as its reason."""
    if profiled(procedure, "mcode-cancer-related-surgical-procedure"):
        return True
    if codes(procedure.get("category")).isdisjoint(_SURGERY) and not has(procedure, _SURGERY):
        return False
    named = not cancers.isdisjoint(references(procedure.get("reasonReference")))
    return named or any(is_cancer({"code": concept}) for concept in listed(procedure.get("reasonCode")))


def _courses(sessions: list[Received]) -> list[list[Received]]:
    """A summary with dose or fractions is a course; so are bare sessions of one kind that follow closely."""
    courses = [[item] for item in sessions if _fractions(item.payload) or _gray(item.payload)]
    bare: dict[str, list[Received]] = defaultdict(list)
    for item in sessions:
        if [item] not in courses:
            bare[said(item.payload.get("code"))].append(item)
    for kind in sorted(bare):
        courses += _runs(sorted(bare[kind], key=lambda item: str(_span(item.payload))))
    return courses


def _runs(sessions: list[Received]) -> list[list[Received]]:
    runs: list[list[Received]] = []
    until: date | None = None
    for item in sessions:
        start, end = _span(item.payload)
        if not runs or start is None or until is None or start - until > COURSE_GAP:
            runs.append([])
        runs[-1].append(item)
        until = end or start
    return runs


def _span(procedure: Row) -> Span:
    period = procedure.get("performedPeriod")
    start = when(procedure, "performedPeriod", "performedDateTime").on
    end = when(period, "end").on if isinstance(period, dict) else start
    return start, end


def _row(items: list[Received], kind: str, detail: str) -> Row:
    first, last = items[0], items[-1]
    resource = first.payload
    active = words(last.payload.get("status")) in _ACTIVE
    stopped = words(last.payload.get("status")) == "stopped"
    return state(
        first,
        when(resource, "performedPeriod", "performedDateTime").path or "$.code",
        therapy_id=own_id(first),
        kind=kind,
        name=said(resource.get("code")) or None,
        agents=[],
        intent=intent_of(resource) or None,
        started_on=_span(resource)[0],
        ended_on=None if active else _span(last.payload)[1],
        status="active" if active else "stopped" if stopped else "completed",
        end_reason=reason_of(last.payload) or None,
        detail=detail or None,
    )


def _surgical_detail(procedure: Row) -> str:
    return ", ".join(filter(None, [said(procedure.get("bodySite")), said(procedure.get("outcome"))]))


def _dose(course: list[Received]) -> str:
    """`60 Gy in 30 fractions, chest`; for bare sessions how many are recorded."""
    procedure = course[0].payload
    gray, fractions, site = _gray(procedure), _fractions(procedure), said(procedure.get("bodySite"))
    if not gray and not fractions:
        counted = f"{len(course)} sessions recorded" if len(course) > 1 else ""
        return ", ".join(filter(None, [counted, site]))
    dose = f"{gray:g} Gy" if gray else ""
    parts = f"{fractions:g} fractions" if fractions else ""
    return ", ".join(filter(None, [" in ".join(filter(None, [dose, parts])), site]))


def _gray(procedure: Row) -> float | None:
    """The largest total dose to any volume, in Gy (mCODE sends cGy)."""
    doses = [_in_gray(part.get("valueQuantity")) for part in _delivered(procedure, "totalDoseDelivered")]
    return max(filter(None, doses), default=None)


def _in_gray(quantity: object) -> float | None:
    value = number(dig(quantity, "value"))
    centi = words(dig(quantity, "code")) == "cGy" or words(dig(quantity, "unit")) == "cGy"
    return None if value is None else value / 100 if centi else value


def _fractions(procedure: Row) -> float | None:
    stated = [number(_integer(part)) for part in _delivered(procedure, "fractionsDelivered")]
    stated += [number(_integer(part)) for part in extensions(procedure, "mcode-radiotherapy-sessions")]
    return max(filter(None, stated), default=None)


def _delivered(procedure: Row, part: str) -> Iterator[Row]:
    for volume in extensions(procedure, "mcode-radiotherapy-dose-delivered-to-volume"):
        yield from extensions(volume, part)


def _integer(extension: Row) -> object:
    return extension.get("valueUnsignedInt", extension.get("valueInteger", extension.get("valuePositiveInt")))
