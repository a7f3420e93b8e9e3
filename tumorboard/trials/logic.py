"""Three values and how they combine: Kleene's strong logic (Kleene 1952, Introduction to
Metamathematics, section 64), with a reason for every unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from tumorboard.trials.criteria import And, Node, Not, Predicate


class Value(StrEnum):
    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, holds: bool) -> Value:
        return cls.MET if holds else cls.NOT_MET


class Reason(StrEnum):
    """Why a criterion is unknown."""

    NOT_TESTED = "not_tested"
    NOT_ASSESSABLE = "not_assessable"
    NOT_RECORDED = "not_recorded"
    STALE = "stale"
    INDETERMINATE = "indeterminate"
    CONFLICT = "conflict"
    PARTIAL_MATCH = "partial_match"
    UNSUPPORTED = "unsupported"
    TEXT_ONLY = "text_only"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one question about one patient.

    A result that is not unknown names its evidence (`table/row_id`), an unknown one its reason and what
    would settle it; anything else cannot be built. `note` is a sentence for the screen.
    """

    value: Value
    evidence: tuple[str, ...] = ()
    note: str = ""
    reason: Reason | None = None
    would_settle: str = ""
    at_boundary: bool = False

    def __post_init__(self) -> None:
        if self.value is not Value.UNKNOWN and not self.evidence:
            raise ValueError("an outcome that is met or not met must name its evidence")
        if (self.value is Value.UNKNOWN) != (self.reason is not None):
            raise ValueError("an outcome has a reason exactly when it is unknown")

    @classmethod
    def known(
        cls, holds: bool, evidence: Iterable[str], note: str = "", *, at_boundary: bool = False
    ) -> Self:
        return cls(Value.of(holds), tuple(evidence), note, at_boundary=at_boundary)

    @classmethod
    def unknown(cls, reason: Reason, would_settle: str, note: str = "", evidence: Iterable[str] = ()) -> Self:
        return cls(Value.UNKNOWN, tuple(evidence), note, reason, would_settle)

    def negated(self) -> Outcome:
        return replace(self, value=negate(self.value))


def negate(value: Value) -> Value:
    if value is Value.UNKNOWN:
        return Value.UNKNOWN
    return Value.of(value is Value.NOT_MET)


def both(values: Iterable[Value]) -> Value:
    """AND: one not met decides; else one unknown keeps it open."""
    seen = set(values)
    if Value.NOT_MET in seen:
        return Value.NOT_MET
    return Value.UNKNOWN if Value.UNKNOWN in seen else Value.MET


def either(values: Iterable[Value]) -> Value:
    """OR: one met decides; else one unknown keeps it open."""
    return negate(both(negate(value) for value in values))


Answer = Callable[[Predicate], Value]


def combine(node: Node, answer: Answer) -> Value:
    """The value of a tree, given the value of each leaf."""
    if isinstance(node, Predicate):
        return answer(node)
    if isinstance(node, Not):
        return negate(combine(node.child, answer))
    values = [combine(child, answer) for child in node.children]
    return both(values) if isinstance(node, And) else either(values)


def open_leaves(node: Node, answer: Answer) -> Iterator[Predicate]:
    """Unknown leaves whose answer can still change the result.

    A leaf counts when every node above it is unknown as well: then, and only then (each leaf standing
    once in the tree), there are answers to the others under which this one decides. Testing one leaf
    alone is too narrow: in (a and b) or (c and d) with all four unknown, no single answer changes anything.
    """
    yield from deciding_leaves(node, answer, Value.UNKNOWN)


def deciding_leaves(node: Node, answer: Answer, value: Value) -> Iterator[Predicate]:
    """Leaves that make the tree this value: every node above them has it, too (or, under a `not`, the
    opposite). Those of `not met` exclude; those of `unknown` are open."""
    if combine(node, answer) is not value:
        return
    if isinstance(node, Predicate):
        yield node
    elif isinstance(node, Not):
        yield from deciding_leaves(node.child, answer, negate(value))
    else:
        for child in node.children:
            yield from deciding_leaves(child, answer, value)


def fewest_answers(node: Node, answer: Answer, wanted: Value = Value.MET) -> frozenset[Predicate] | None:
    """The smallest set of open leaves that, answered the right way, gives `wanted`; None if impossible."""
    value = combine(node, answer)
    if value is not Value.UNKNOWN:
        return frozenset() if value is wanted else None
    if isinstance(node, Predicate):
        return frozenset({node})
    if isinstance(node, Not):
        return fewest_answers(node.child, answer, negate(wanted))
    options = [fewest_answers(child, answer, wanted) for child in node.children]
    possible = [option for option in options if option is not None]
    if isinstance(node, And) == (wanted is Value.MET):
        return frozenset().union(*possible) if len(possible) == len(options) else None
    return min(possible, key=len, default=None)


def would_exclude(node: Node, answer: Answer) -> list[Predicate]:
    """Open leaves of which one wrong answer alone excludes."""
    leaves = open_leaves(node, answer)
    return [leaf for leaf in leaves if Value.NOT_MET in _results_if_settled(node, answer, leaf)]


def _results_if_settled(node: Node, answer: Answer, leaf: Predicate) -> set[Value]:
    def supposing(value: Value) -> Answer:
        return lambda other: value if other is leaf else answer(other)

    return {combine(node, supposing(value)) for value in (Value.MET, Value.NOT_MET)}
