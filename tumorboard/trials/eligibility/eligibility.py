"""A whole eligibility text as one tree: every criterion with its reading, blocks and lead-ins included."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from tumorboard.trials.criteria import And, Node, Not, Or
from tumorboard.trials.eligibility.claims import unknown
from tumorboard.trials.eligibility.reading import Reading, Status, read
from tumorboard.trials.eligibility.segments import Part, segment
from tumorboard.trials.eligibility.view import view
from tumorboard.trials.eligibility.words import CUE, is_filler


@dataclass(frozen=True, slots=True)
class Eligibility:
    """The parts of a text, the readings of its criteria in order, and the tree (None if there is none)."""

    text: str
    parts: tuple[Part, ...]
    criteria: tuple[Reading, ...]
    node: Node | None

    def coverage(self) -> Counter[tuple[str, Status]]:
        """How many criteria of each kind are understood, partly or not understood."""
        return Counter((reading.kind, reading.status) for reading in self.criteria)


def read_eligibility(text: str) -> Eligibility:
    """The eligibility of a registry record; nothing of the text is lost, nothing is guessed."""
    parts = segment(text)
    readings: dict[int, Reading] = {}
    nodes: list[Node] = []
    doubtful = ""
    for number, part in enumerate(parts):
        if part.kind == "heading":
            doubtful = ""
        if part.kind not in ("criterion", "lead-in"):
            continue
        if part.kind == "lead-in":
            doubtful = ""
            if _is_plain_lead_in(text[part.start : part.end]):
                continue
            if (
                part.section == "inclusion"
                and _has_cue(text[part.start : part.end])
                and not _has_children(parts, number)
            ):
                doubtful = text[part.start : part.end][:80]
        reading = _scoped(
            _under(read(text, part), parts, part, text, "" if part.kind == "lead-in" else doubtful), text
        )
        readings[number] = reading
    criteria = tuple(readings.values())
    nodes = _tied(text, [reading for reading in criteria if reading.node != And(())])
    return Eligibility(
        text, parts, criteria, And(tuple(nodes)) if len(nodes) > 1 else nodes[0] if nodes else None
    )


# ---- lead-ins

_PLAIN_LEAD_IN = re.compile(
    r"[^:]{0,40}\b(?:adequate|normal)\b[^:]{0,60}:|(?:[a-z ]{0,30}\bfollowing laboratory (?:results|values|parameters)[^:]*:)"
    r"|[^:]*\b(?:all of the following|any of the following (?:criteria|treatments|conditions)?|the following criteria)\b[^:]*:"
    r"|(?:previous therapy|hematologic(?:al)?|hepatic|renal|cardiac disease|laboratory values|organ function|patients with|significant cardiovascular history)\s*:?"
)


def _is_plain_lead_in(words: str) -> bool:
    """A line that only announces what follows, such as `Adequate liver function, defined as:`."""
    seen = view(words).strip()
    if re.search(r"\b(?:one|1) (?:or more )?of the following|≥ ?1 of|at least one of", seen):
        return False
    if _PLAIN_LEAD_IN.fullmatch(seen) and not re.search(
        r"\b(?:phase|unless|except|if)\b", seen.replace("only if all", "")
    ):
        return True
    return all(is_filler(word) for word in re.findall(r"[a-z0-9'/-]+", seen))


def _has_cue(words: str) -> bool:
    return (
        CUE.search(view(words)) is not None
        or re.search(r"\b(?:one|1) of|phase|cohort|arm\b", view(words)) is not None
    )


def _has_children(parts: tuple[Part, ...], number: int) -> bool:
    return any(part.above == number for part in parts)


def _under(reading: Reading, parts: tuple[Part, ...], part: Part, text: str, doubtful: str) -> Reading:
    """A criterion below a lead-in that is not plain depends on it, and so stays open where it matters."""
    above = parts[part.above] if part.above is not None else None
    while above is not None:
        words = text[above.start : above.end]
        if not _is_plain_lead_in(words):
            doubtful = words[:80]
            break
        above = parts[above.above] if above.above is not None else None
    return _doubted(reading, f"depends on: {doubtful}") if doubtful else reading


def _doubted(reading: Reading, why: str) -> Reading:
    """Still open whatever it says by itself, but an exclusion that does not apply does not exclude."""
    status: Status = "partly" if reading.claims else reading.status
    open_ = unknown(why)
    if reading.excludes and isinstance(reading.node, Not) and not CUE.search(view(why[11:])):
        return replace(reading, node=Not(And((reading.node.child, open_))), status=status, reason=why)
    return replace(reading, node=Or((And((reading.node, open_)), open_)), status=status, reason=why)


# ---- scopes: a phase, a cohort, a tumour type

_PREFIX = re.compile(
    r"\s*(?:for )?(?P<scope>(?:phase|cohort|arm|part|aim|stratum|strata|group|expansion|dose)s?\b[^:.;\n]{0,40}):"
)


def _scoped(reading: Reading, text: str) -> Reading:
    """A criterion of one block asks nothing of patients outside of it: `does it apply` stays open."""
    prefix = _PREFIX.match(view(text[reading.start : reading.end]))
    scope = reading.scope or (prefix["scope"].strip() if prefix else "")
    if not scope:
        return reading
    why = f"applies only to: {scope}"
    status: Status = "partly" if reading.claims else reading.status
    open_ = unknown(why)
    if reading.excludes and isinstance(reading.node, Not):
        node: Node = Not(And((reading.node.child, open_)))
    else:
        node = Or((reading.node, open_))
    return replace(reading, scope=scope, node=node, status=status, reason=reading.reason or why)


# ---- `or` between lines

_ENDS_OR = re.compile(r"(?:[;,]|\s)\s*or\s*[-:]?\s*$")
_IS_OR = re.compile(r"\s*or\s*[-:]?\s*")


def _tied(text: str, readings: Iterable[Reading]) -> list[Node]:
    """Criteria in order; where a line ends with `or`, or says nothing else, its neighbours are alternatives."""
    nodes: list[Node] = []
    either = False
    for reading in readings:
        seen = view(text[reading.start : reading.end])
        if _IS_OR.fullmatch(seen):
            either = bool(nodes)
            continue
        nodes.append(_alternatives(nodes.pop(), reading) if either and nodes else reading.node)
        either = _ENDS_OR.search(seen) is not None
    return nodes


def _alternatives(before: Node, reading: Reading) -> Node:
    """Two exclusions joined by `or` are two exclusions; two requirements are one choice."""
    return And((before, reading.node)) if reading.excludes else Or((before, reading.node))
