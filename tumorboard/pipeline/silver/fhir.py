"""What silver needs to know about FHIR R4 resources. Senders err: nothing here raises on an odd shape.

Codes are compared without their system: LOINC has a dash, SNOMED CT is all digits, NCI Thesaurus starts with
C, so they cannot be confused, and real senders put the wrong system beside the right code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tumorboard.pipeline.silver.rows import Received, Row, identity

METHOD = "fhir-rules 1.0"
SOURCE = "bronze.fhir"

# What was not done, was planned only, or was entered by mistake is no fact about the patient.
VOID = frozenset(
    {"entered-in-error", "not-done", "cancelled", "draft", "unknown", "registered", "preparation"}
)
REFUTED = frozenset({"refuted", "entered-in-error"})
SYNTHETIC = "HTEST"  # HL7 ActReason: test health data

_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")


class Coding(NamedTuple):
    system: str
    code: str
    display: str


class Moment(NamedTuple):
    """A date as stated, with its place in the resource."""

    on: date | None
    path: str
    text: str = ""


def dig(value: Any, *steps: str | int) -> Any:
    """The value at a path of field names and list positions; None where the path ends early."""
    for step in steps:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and len(value) > step else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def listed(value: Any) -> list[Row]:
    """The objects in a repeating element, also where the sender sent one without its list."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def words(value: Any) -> str:
    """A scalar as text; anything else is empty."""
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def number(value: Any) -> float | None:
    """A finite number, also where it was sent as text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if abs(found) != float("inf") and found == found else None  # noqa: PLR0124 (NaN)


def day(text: Any) -> date | None:
    """The day of a FHIR date of any precision, as written in its own time zone; a month is its first day."""
    match = _DATE.match(words(text))
    if match is None:
        return None
    year, month, day_of_month = (int(part or 1) for part in match.groups())
    try:
        return date(year, month, day_of_month)
    except ValueError:
        return None


def codings(concept: Any) -> list[Coding]:
    """Every coding of a CodeableConcept (or of a list of them)."""
    found = []
    for one in listed(concept):
        for item in listed(one.get("coding")):
            found.append(
                Coding(words(item.get("system")), words(item.get("code")), words(item.get("display")))
            )
    return found


def codes(concept: Any) -> set[str]:
    return {coding.code for coding in codings(concept) if coding.code}


def said(concept: Any) -> str:
    """A concept in the sender's words: its text, else the first display, else the first code."""
    for one in listed(concept):
        if text := words(one.get("text")):
            return text
    found = codings(concept)
    return next((c.display for c in found if c.display), next((c.code for c in found if c.code), ""))


def profiled(resource: Row, *names: str) -> bool:
    """Whether meta.profile names one of the profiles (compared by the last part of the address)."""
    stated = dig(resource, "meta", "profile") or []
    last = {
        words(p).split("|")[0].rsplit("/", 1)[-1] for p in (stated if isinstance(stated, list) else [stated])
    }
    return not last.isdisjoint(names)


def extensions(resource: Any, name: str) -> Iterator[Row]:
    """Extensions whose address ends in `name`, at this level only."""
    for item in listed(dig(resource, "extension")):
        if words(item.get("url")).rsplit("/", 1)[-1] == name:
            yield item


def stands(resource: Row) -> bool:
    """Whether the resource states a fact: neither void by its status nor refuted by its verification."""
    if words(resource.get("status")) in VOID:
        return False
    return codes(resource.get("verificationStatus")).isdisjoint(REFUTED)


def when(resource: Row, *elements: str) -> Moment:
    """The first of the named elements that holds a date; a Period counts by its start, else its end."""
    for element in elements:
        value = resource.get(element)
        if isinstance(value, dict):
            for end in ("start", "end"):
                if on := day(value.get(end)):
                    return Moment(on, f"$.{element}.{end}", words(value[end]))
        elif on := day(value):
            return Moment(on, f"$.{element}", words(value))
    return Moment(None, "")


def observed(resource: Row) -> Moment:
    """When an observation was true of the patient (not when it was reported)."""
    return when(resource, "effectiveDateTime", "effectivePeriod", "effectiveInstant")


def recorded(resource: Row) -> date | None:
    """When the sender put it on record."""
    return when(
        resource, "issued", "recordedDate", "authoredOn", "dateAsserted", "date",
        "effectiveDateTime", "effectivePeriod", "performedDateTime", "performedPeriod",
        "receivedTime", "started",
    ).on  # fmt: skip


def sender(resource: Row) -> str:
    """The sending system: meta.source without fragment and server, else the format's name."""
    source = words(dig(resource, "meta", "source")).split("#")[0]
    parts = urlsplit(source)
    return (parts.path.strip("/") or parts.netloc if parts.netloc else source) or "FHIR"


def own_id(received: Received, *parts: object) -> str:
    """The identity of what a resource states: by its own id, so that a corrected file keeps it."""
    resource = received.payload
    stated = words(resource.get("id")) or words(resource.get("_fullUrl")) or received.row_id
    return identity(received.kind, stated, *parts)


def names_of(received: Received) -> set[str]:
    """Every reference by which other resources of the file may mean this one."""
    stated = words(received.payload.get("id"))
    named = {words(received.payload.get("_fullUrl"))}
    if stated:
        named |= {f"{received.kind}/{stated}", f"urn:uuid:{stated}"}
    return named - {""}


def references(value: Any) -> list[str]:
    """The literal references in an element, without history version."""
    return [
        words(item.get("reference")).split("/_history/")[0] for item in listed(value) if item.get("reference")
    ]


def state(received: Received, path: str, **values: Any) -> Row:
    """A silver row from a resource, with its sender and date of record."""
    resource = received.payload
    return received.row(path, system=sender(resource), recorded_on=recorded(resource), **values)


def has(resource: Row, wanted: Iterable[str], *profiles: str) -> bool:
    """Whether a resource is meant, by its code or by its profile."""
    return not codes(resource.get("code")).isdisjoint(wanted) or profiled(resource, *profiles)
