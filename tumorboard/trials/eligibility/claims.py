"""A claim is one thing that a criterion says, with its place in the text, as a node of the tree.

Rules find claims in the view of a criterion (`view`). Which of them count, and what is left over, is
decided in
`reading`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from tumorboard.trials.criteria import And, Node, Not, Or, Predicate, Question, Unsupported, predicates

#: Where the text stands in a registry record; every leaf's path begins with it.
PATH = "protocolSection.eligibilityModule.eligibilityCriteria"

ClaimKind = Literal[
    "age", "sex", "performance", "laboratory", "kidney", "heart", "vital sign", "life expectancy", "stage",
    "heart failure class", "prior lines", "prior therapy", "washout", "brain metastases", "comorbidity",
    "recent event", "second malignancy", "pregnancy", "diagnosis", "disease status", "marker", "alteration",
    "measurable disease", "size", "toxicity grade", "procedural", "organ function",
]  # fmt: skip
Joint = Literal["and", "or", "unclear"]


@dataclass(frozen=True, slots=True)
class Claim:
    """`text[start:end]` says `node`. `facts` are the same in a short canonical wording, for tables and
    tests."""

    start: int
    end: int
    kind: ClaimKind
    node: Node
    facts: tuple[str, ...]
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One criterion: its text, the view of it, and where it begins in the whole text."""

    text: str
    seen: str
    offset: int
    excludes: bool

    def leaf(self, asks: Question, start: int, end: int) -> Predicate:
        """A leaf for `seen[start:end]`, with its wording and its place in the whole text."""
        span = (self.offset + start, self.offset + end)
        return Predicate(f"{PATH}[{span[0]}:{span[1]}]", self.text[start:end][:300], asks, span)

    def open(self, why: str, start: int, end: int, topic: str = "text") -> Predicate:
        """A leaf that stays open."""
        return self.leaf(Unsupported(why, topic), start, end)  # type: ignore[arg-type]


Rule = Callable[[Source], Iterator[Claim]]


def joined(nodes: list[Node], how: Joint) -> Node:
    """The nodes as one. `unclear`: the text can be read both ways, so the whole stretch stays open."""
    if len(nodes) == 1:
        return nodes[0]
    if how == "unclear":
        return _open_stretch(nodes)
    return And(tuple(nodes)) if how == "and" else Or(tuple(nodes))


def _open_stretch(nodes: list[Node]) -> Predicate:
    leaves = [leaf for node in nodes for leaf in predicates(node)]
    spans = [leaf.span for leaf in leaves if leaf.span is not None]
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    wording = " / ".join(dict.fromkeys(leaf.wording for leaf in leaves))[:300]
    why = "'and' or 'or': the text can be read both ways"
    return Predicate(f"{PATH}[{start}:{end}]", wording, Unsupported(why, "text"), (start, end))


def negated(claim: Claim, start: int) -> Claim:
    """The claim turned round, from where its negation begins."""
    return Claim(
        start,
        claim.end,
        claim.kind,
        Not(claim.node),
        tuple(f"not {fact}" for fact in claim.facts),
        claim.doubt,
    )
