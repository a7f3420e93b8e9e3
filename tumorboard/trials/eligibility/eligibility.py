"""A whole eligibility text as one tree: every criterion with its reading, blocks and lead-ins included."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from tumorboard.trials.criteria import And, Node, Not, Or, Predicate, Unsupported, all_of
from tumorboard.trials.eligibility.claims import PATH
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
    criteria = tuple(_readings(text, parts))
    return Eligibility(text, parts, criteria, _numbered(all_of(_tied(text, criteria))))


def _readings(text: str, parts: tuple[Part, ...]) -> Iterator[Reading]:
    """A lead-in that only announces is no criterion; one that may be a condition makes what follows
    doubtful."""
    doubtful = ""
    for number, part in enumerate(parts):
        words = text[part.start : part.end]
        if part.kind != "criterion":
            doubtful = doubtful if part.kind == "mark" else ""
        if part.kind not in ("criterion", "lead-in") or _is_announcement(part, words):
            continue
        reading = _under(text, read(text, part), parts, part, doubtful)
        yield _scoped(text, reading)
        if part.kind == "lead-in" and part.section == "inclusion" and _is_conditional(words):
            doubtful = "" if any(below.above == number for below in parts) else words[:80]


def _numbered(node: Node | None) -> Node | None:
    """The tree with a path of its own for every leaf: a second leaf at one place gets `.2`."""
    seen: Counter[str] = Counter()

    def own(at: Node) -> Node:
        if isinstance(at, Predicate):
            seen[at.path] += 1
            return at if seen[at.path] == 1 else replace(at, path=f"{at.path}.{seen[at.path]}")
        if isinstance(at, Not):
            return Not(own(at.child))
        return type(at)(tuple(own(child) for child in at.children))

    return None if node is None else own(node)


# ---- lead-ins

_PLAIN_LEAD_IN = re.compile(
    r"[^:]{0,40}\b(?:adequate|normal)\b[^:]{0,60}:|(?:[a-z ]{0,30}\bfollowing"
    r" laboratory (?:results|values|parameters)[^:]*:)"
    r"|[^:]*\b(?:all of the following|any of the following (?:criteria"
    r"|treatments|conditions)?|the following criteria)\b[^:]*:"
    r"|(?:previous therapy|hematologic(?:al)?|hepatic|renal|cardiac disease"
    r"|laboratory values|organ function|patients with|significant cardiovascular"
    r" history)\s*:?"
)


_SUBTITLE = re.compile(r"(?:hematologic(?:al)?|hepatic|renal|cardiac|coagulation|bone marrow|other)\s*:?")


def _is_announcement(part: Part, words: str) -> bool:
    if part.kind == "criterion":
        return _SUBTITLE.fullmatch(view(words).strip()) is not None
    return _is_plain_lead_in(words, part.section == "exclusion")


def _is_plain_lead_in(words: str, excludes: bool) -> bool:
    """A line that only announces what follows, such as `Adequate liver function, defined as:`."""
    seen = view(words).strip()
    if re.search(r"\b(?:one|1) (?:or more )?of the following|≥ ?1 of|at least one of|\beither\b", seen):
        return False
    if not excludes and re.search(r"\bany (?:one )?of\b", seen):
        return False
    if _PLAIN_LEAD_IN.fullmatch(seen) and not re.search(
        r"\b(?:phase|unless|except|if)\b", seen.replace("only if all", "")
    ):
        return True
    return all(is_filler(word) for word in re.findall(r"[a-z0-9'/-]+", seen))


def _is_conditional(words: str) -> bool:
    seen = view(words)
    return CUE.search(seen) is not None or re.search(r"\b(?:one|1) of|phase|cohort|arm\b", seen) is not None


def _under(text: str, reading: Reading, parts: tuple[Part, ...], part: Part, doubtful: str) -> Reading:
    """A criterion below a lead-in that is not plain depends on it, and so stays open where it matters."""
    above = parts[part.above] if part.above is not None else None
    while above is not None:
        words = text[above.start : above.end]
        if not _is_plain_lead_in(words, above.section == "exclusion"):
            doubtful = words[:80]
            break
        above = parts[above.above] if above.above is not None else None
    return _doubted(text, reading, f"depends on: {doubtful}") if doubtful else reading


def _doubted(text: str, reading: Reading, why: str) -> Reading:
    """Open as a whole; but an exclusion that does not apply by itself does not exclude."""
    status: Status = "partly" if reading.claims else reading.status
    open_ = _open(text, reading, why)
    node: Node = open_
    if reading.excludes and isinstance(reading.node, Not) and not CUE.search(view(why[11:])):
        node = Not(And((reading.node.child, open_)))
    return replace(reading, node=node, status=status, reason=why)


def _open(text: str, reading: Reading, why: str) -> Predicate:
    span = (reading.start, reading.end)
    return Predicate(f"{PATH}[{span[0]}:{span[1]}]", text[slice(*span)][:300], Unsupported(why, "text"), span)


# ---- scopes: a phase, a cohort, a tumour type

_PREFIX = re.compile(
    r"\s*(?:for )?(?P<scope>(?:phase|cohort|arm|part|aim|stratum|strata"
    r"|group|expansion|dose)s?\b[^:.;\n]{0,40}):"
)


def _scoped(text: str, reading: Reading) -> Reading:
    """A criterion of one block asks nothing of patients outside of it: `does it apply` stays open."""
    prefix = _PREFIX.match(view(text[reading.start : reading.end]))
    scope = reading.scope or (prefix["scope"].strip() if prefix else "")
    if not scope:
        return reading
    why = f"applies only to: {scope}"
    status: Status = "partly" if reading.claims else reading.status
    open_ = _open(text, reading, why)
    if reading.excludes and isinstance(reading.node, Not):
        node: Node = Not(And((reading.node.child, open_)))
    else:
        node = Or((reading.node, open_))
    return replace(reading, scope=scope, node=node, status=status, reason=reading.reason or why)


# ---- `or` between lines

_ENDS_OR = re.compile(r"(?:[;,]|\s)\s*or\s*[-:]?\s*$")
_IS_OR = re.compile(r"\s*or\s*[-:]?\s*")


def _tied(text: str, readings: Iterable[Reading]) -> list[Node]:
    """Criteria in order; where a line ends with `or`, or says nothing else, its neighbours are
    alternatives."""
    nodes: list[Node] = []
    either = False
    for reading in readings:
        if reading.node == And(()):
            continue
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
