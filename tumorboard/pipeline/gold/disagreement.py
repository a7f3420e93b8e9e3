"""When two sources disagree. Nothing is settled here: the newest structured source is shown, the other named.

Every rule takes the row that is shown and the candidates, and gives those that contradict it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from tumorboard.pipeline.gold.records import Row

SAME_STAGING = timedelta(days=60)  # stages further apart may both be right: the disease moved on
SAME_START = timedelta(days=14)
SAME_DAYS = timedelta(days=3)  # two measurements of one visit; later ones may be a change
SAME_VISIT = timedelta(days=7)
SAME_STATE = timedelta(days=30)

_T = re.compile(r"\b[cpyra]{0,2}(T(?:is|X|[0-4][a-e]?))(?=[\s,;.)N]|$)")
_N = re.compile(r"(?:\b[cpyra]{0,2}|(?<=[\da-e]))(N(?:X|[0-3][a-c]?))(?=[\s,;.)M(]|$)")
_M = re.compile(r"(?:\b[cpyra]{0,2}|(?<=[\da-c]))(M(?:X|[01][a-d]?))(?=[\s,;.)]|$)")
_GROUP = re.compile(r"\b(0|I{1,3}|IV)([A-D][1-3]?)?\b")


def usable(note: Row) -> bool:
    """What a note states of this patient now: not denied, of a relative, history or supposed."""
    return (
        not note.get("negated") and note.get("experiencer") != "other" and note.get("certainty") == "stated"
    )


def of_comorbidity(note: Row, notes: Iterable[Row]) -> bool:
    """Whether the words lie inside a comorbidity: "chronic kidney disease stage 3" is no tumour stage."""
    return note["concept"] == "stage" and any(
        other["concept"] == "comorbidity"
        and other.get("document_id") == note.get("document_id")
        and other["start"] <= note["start"] < other["end"]
        for other in notes
    )


def on(note: Row) -> date | None:
    """When what a note says was true; else when it was written."""
    return note.get("event_on") or note.get("recorded_on")


def stage_parts(text: str) -> dict[str, str]:
    """T, N, M and stage group named in a text."""
    found = {name: match[1] for name, match in (("t", _T.search(text)), ("n", _N.search(text))) if match}
    if match := _M.search(text):
        found["m"] = match[1]
    if match := _GROUP.search(text):
        found["stage_group"] = match[0]
    return found


def stages_differ(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether a part both state differs. `T2` and `T2a` do not: one is only less exact."""
    for part in ("t", "n", "m", "stage_group"):
        left, right = str(one.get(part) or ""), str(other.get(part) or "")
        if left and right and not left.startswith(right) and not right.startswith(left):
            return True
    return False


def against_stage(shown: Row, others: Iterable[Row], notes: Iterable[Row]) -> list[Row]:
    """Stages of the same kind within 60 days, and notes from then on, that name another category."""
    kinds = {shown.get("kind"), "any"}
    rows = [
        row
        for row in others
        if row is not shown
        and ("any" in (shown.get("kind"), row.get("kind")) or row.get("kind") in kinds)
        and _within(row.get("assessed_on"), shown.get("assessed_on"), SAME_STAGING)
        and stages_differ(shown, row)
    ]
    told = [
        note
        for note in notes
        if _not_before(on(note), shown.get("assessed_on"), SAME_STAGING)
        and stages_differ(shown, stage_parts(str(note.get("value") or "")))
    ]
    return rows + told


def against_number(
    shown: Row, number: float | None, others: Iterable[Row], notes: Iterable[Row], *, value: str, by: str
) -> list[Row]:
    """Another number within three days, and notes of the same visit or later (from a week before)."""
    rows = [
        row
        for row in others
        if row is not shown
        and _within(row.get(by), shown.get(by), SAME_DAYS)
        and row.get(value) not in (None, number)
    ]
    told = [
        note
        for note in notes
        if _not_before(on(note), shown.get(by), SAME_VISIT) and _excludes(note.get("value"), number)
    ]
    return rows + told


def against_word(
    shown: Row, others: Iterable[Row], notes: Iterable[Row], *, value: str, by: str
) -> list[Row]:
    """Another word of the same visit, and notes that speak of now or of that day (a note that dates its
    words elsewhere, "best response in May", speaks of another time)."""
    rows = [
        row
        for row in others
        if row is not shown
        and _within(row.get(by), shown.get(by), SAME_DAYS)
        and row.get(value) != shown.get(value)
    ]
    told = [
        note
        for note in notes
        if str(note.get("value")) != str(shown.get(value)) and _speaks_of(note, shown.get(by))
    ]
    return rows + told


def _excludes(told: Any, number: float | None) -> bool:
    """Whether a number or a range such as `1-2` leaves the shown number out."""
    ends = [float(end) for end in re.findall(r"\d+(?:\.\d+)?", str(told or ""))]
    return bool(ends) and number is not None and not min(ends) <= number <= max(ends)


def against_start(shown: Row, therapies: Iterable[Row], notes: Iterable[Row]) -> list[Row]:
    """Notes that date the start of this therapy more than two weeks elsewhere, unless the same agents were
    started then too (a second time is no contradiction)."""
    mine = _named(shown)
    starts = [row.get("started_on") for row in therapies if _named(row) & mine]
    return [
        note
        for note in notes
        if note.get("rule") == "therapy.started"
        and _words(note.get("value")) & mine
        and (told := note.get("event_on")) is not None
        and shown.get("started_on") is not None
        and not any(_within(told, start, SAME_START) for start in starts)
        and _is_closest(shown, therapies, told)
    ]


def _is_closest(shown: Row, therapies: Iterable[Row], told: date) -> bool:
    """A wrong date belongs to the one course of these agents that lies nearest."""
    starts = [row["started_on"] for row in therapies if row.get("started_on") and _named(row) & _named(shown)]
    return bool(min(starts, key=lambda start: abs(start - told)) == shown["started_on"])


def _named(therapy: Row) -> set[str]:
    names = [therapy["name"], *(therapy.get("agents") or [])]
    return {word for name in names for word in _words(name)}


def _words(text: Any) -> set[str]:
    """Agents in a name: `pembrolizumab + carboplatin` has two."""
    return {part.strip().lower() for part in re.split(r"[+/,;]", str(text or "")) if part.strip()}


def _speaks_of(note: Row, shown_on: date | None) -> bool:
    span = SAME_STATE if on(note) == note.get("recorded_on") else SAME_VISIT
    return _within(on(note), shown_on, span)


def first_number(text: Any) -> float | None:
    found = re.search(r"\d+(?:\.\d+)?", str(text or ""))
    return float(found[0]) if found else None


def _within(one: date | None, other: date | None, span: timedelta) -> bool:
    return one is not None and other is not None and abs(one - other) <= span


def _not_before(one: date | None, other: date | None, span: timedelta) -> bool:
    """Not older than `other` by more than `span`; an undated statement may be about now."""
    return one is None or other is None or one >= other - span
