"""Systemic therapy from medication resources: what was ordered and given becomes episodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tumorboard.pipeline.silver.agents import agents_in, plain_name
from tumorboard.pipeline.silver.cancers import is_cancer
from tumorboard.pipeline.silver.fhir import (
    Moment,
    codes,
    dig,
    extensions,
    listed,
    names_of,
    own_id,
    profiled,
    references,
    said,
    stands,
    state,
    when,
    words,
)
from tumorboard.pipeline.silver.rows import Received, Row, identity

EPISODE_GAP = timedelta(days=60)
"""Orders of one agent further apart start a new episode: about twice the longest usual cycle of 28 days."""

_PROFILES = ("mcode-cancer-related-medication-request", "mcode-cancer-related-medication-administration")
_NOT_GIVEN = {"proposal", "plan", "option"}  # MedicationRequest.intent of what was only thought of
INTENTS = {
    "373808002": "curative", "363676003": "palliative", "373846009": "adjuvant", "373847000": "neoadjuvant",
    "399707004": "supportive", "261004008": "diagnostic",
}  # fmt: skip
# mCODE value set of treatment termination reasons (SNOMED CT), for codes sent without words.
REASONS = {
    "266721009": "no response", "407563006": "not tolerated", "160932005": "financial problem",
    "105480006": "patient refusal", "184081006": "moved away", "309846006": "not available",
    "399307001": "lost to follow-up", "419620001": "death", "7058009": "noncompliance",
    "443729008": "trial completed", "77386006": "pregnancy",
}  # fmt: skip


@dataclass(frozen=True)
class Given:
    """One order or administration of one product."""

    item: Received
    agents: tuple[str, ...]
    start: Moment
    end: date | None
    group: str

    @property
    def resource(self) -> Row:
        return self.item.payload

    @property
    def is_administration(self) -> bool:
        return self.item.kind == "MedicationAdministration"


def systemic(resources: list[Received], not_cancer: set[str]) -> Iterator[Row]:
    """Episodes from the medication resources of one patient; `not_cancer` names his other conditions."""
    given = [found for item in resources if (found := _given(item, not_cancer))]
    orders = {name: found for found in given for name in names_of(found.item) if not found.is_administration}
    grouped: dict[str, list[Given]] = defaultdict(list)
    for found in given:
        order = next(
            (orders[name] for name in references(found.resource.get("request")) if name in orders), found
        )
        grouped[order.group or f"agent {' + '.join(order.agents)}"].append(found)
    for key in sorted(grouped):
        parts = [grouped[key]] if not key.startswith("agent ") else episodes(grouped[key])
        yield from (_therapy(part) for part in parts)


def _given(item: Received, not_cancer: set[str]) -> Given | None:
    resource = item.payload
    if (
        not stands(resource)
        or words(resource.get("intent")) in _NOT_GIVEN
        or resource.get("doNotPerform") is True
    ):
        return None
    product = _product(resource)
    agents = tuple(agents_in(product))
    if not profiled(resource, *_PROFILES) and not _by_agent(resource, agents, not_cancer):
        return None
    start, end = _period(resource)
    named = agents or ((plain_name(product),) if product else ())
    return Given(item, named, start, end, words(dig(resource, "groupIdentifier", "value"))) if named else None


def _by_agent(resource: Row, agents: tuple[str, ...], not_cancer: set[str]) -> bool:
    """An antineoplastic agent counts, unless every reason named for it is something else."""
    by_atc = any(code.startswith(("L01", "L02")) for code in codes(resource.get("medicationCodeableConcept")))
    if not by_atc and not agents:
        return False
    reasons = references(resource.get("reasonReference"))
    spoken = [{"code": concept} for concept in listed(resource.get("reasonCode"))]
    other = [name in not_cancer for name in reasons] + [not is_cancer(reason) for reason in spoken]
    return not other or not all(other)


def _product(resource: Row) -> str:
    """The product's name: coded, in a contained Medication, or as the reference displays it."""
    concept = resource.get("medicationCodeableConcept")
    reference = resource.get("medicationReference")
    if concept:
        return said(concept)
    inside = {f"#{words(part.get('id'))}": part for part in listed(resource.get("contained"))}
    contained = inside.get(words(dig(reference, "reference")), {})
    return said(contained.get("code")) or words(dig(reference, "display"))


def _period(resource: Row) -> tuple[Moment, date | None]:
    """From when to when: the dosage's bounds, else the day of giving, else the day of the order."""
    bounds = dig(resource, "dosageInstruction", 0, "timing", "repeat", "boundsPeriod")
    if isinstance(bounds, dict) and (start := when(bounds, "start")).on:
        path = "$.dosageInstruction[0].timing.repeat.boundsPeriod.start"
        return start._replace(path=path), when(bounds, "end").on
    effective = resource.get("effectivePeriod")
    end = when(effective, "end").on if isinstance(effective, dict) else None
    return when(resource, "effectivePeriod", "effectiveDateTime", "authoredOn", "dateAsserted"), end


def episodes(given: Iterable[Given]) -> list[list[Given]]:
    """Runs of one agent without a gap longer than EPISODE_GAP; undated ones stand alone at the end."""
    dated = sorted((g for g in given if g.start.on), key=lambda g: str(g.start.on))
    runs: list[list[Given]] = []
    until = date.min
    for found in dated:
        start = found.start.on or date.min
        if not runs or start - until > EPISODE_GAP:
            runs.append([])
            until = date.min
        runs[-1].append(found)
        until = max(until, found.end or start)
    return runs + [[g] for g in given if not g.start.on]


def _therapy(parts: list[Given]) -> Row:
    lead = _lead(parts)
    agents = list(dict.fromkeys(agent for part in parts for agent in part.agents))
    status = _status(parts)
    return state(
        lead.item,
        lead.start.path or "$",
        therapy_id=_identity(lead, agents),
        kind="systemic",
        name=_stated(parts, "regimen", "valueString") or " + ".join(agents).capitalize(),
        agents=agents,
        line=_line(parts),
        intent=_intent(parts),
        started_on=lead.start.on,
        ended_on=None if status == "active" else _end(parts),
        status=status,
        end_reason=_reason(parts),
        detail=_detail(parts),
    )


def _lead(parts: list[Given]) -> Given:
    """Where the start is read: the first recorded dose if it lies on another day, else the order."""
    ranked = sorted(parts, key=lambda g: (str(g.start.on or "9999"), g.is_administration))
    doses = [part for part in ranked if part.is_administration and part.start.on]
    orders = [part for part in ranked if not part.is_administration]
    if doses and (not orders or doses[0].start.on != orders[0].start.on):
        return doses[0]
    return ranked[0]


def _identity(lead: Given, agents: list[str]) -> str:
    return identity("systemic", lead.group, *agents, lead.start.text) if lead.group else own_id(lead.item)


def _stated(parts: list[Given], extension: str, element: str) -> str:
    found = (words(e.get(element)) for part in parts for e in extensions(part.resource, extension))
    return next(filter(None, found), "")


def _line(parts: list[Given]) -> int | None:
    stated = _stated(parts, "therapy-line", "valueInteger")
    return int(stated) if stated.isdigit() else None


def _intent(parts: list[Given]) -> str | None:
    return next((found for part in parts if (found := intent_of(part.resource))), None)


def intent_of(resource: Row) -> str:
    """Why it was given: mCODE's intent extension in one word where its code is known."""
    for name in ("mcode-procedure-intent", "mcode-treatment-intent"):
        for extension in extensions(resource, name):
            concept = extension.get("valueCodeableConcept")
            known = (INTENTS[code] for code in sorted(codes(concept)) if code in INTENTS)
            if found := next(known, said(concept)):
                return found
    return ""


def _status(parts: list[Given]) -> str:
    """Active if any order is; otherwise what became of the last one."""
    orders = [part for part in parts if not part.is_administration] or parts
    stated = [words(part.resource.get("status")) for part in orders]
    if any(status in ("active", "in-progress", "on-hold") for status in stated):
        return "active"
    return stated[-1] if stated[-1] in ("completed", "stopped") else "unknown"


def _end(parts: list[Given]) -> date | None:
    """The stated end, else the last of several orders or doses; a single order does not say when it ended."""
    stated = [part.end for part in parts if part.end]
    if stated:
        return max(stated)
    days = {part.start.on for part in parts if part.start.on}
    return max(days) if len(days) > 1 else None


def _reason(parts: list[Given]) -> str | None:
    return next((found for part in reversed(parts) if (found := reason_of(part.resource))), None)


def reason_of(resource: Row) -> str:
    concept = resource.get("statusReason")
    spoken = said(concept)
    return REASONS.get(spoken, spoken)


def _detail(parts: list[Given]) -> str | None:
    """How often it was ordered and given, where that was more than once."""
    orders = sum(not part.is_administration for part in parts if not part.group)
    doses = sum(part.is_administration for part in parts)
    counted = [f"{orders} orders" if orders > 1 else "", f"{doses} doses recorded" if doses > 1 else ""]
    return ", ".join(filter(None, counted)) or None
