"""Kleene's tables and the laws that follow from them."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tumorboard.trials.criteria import And, Node, Not, Or, Predicate, Unsupported
from tumorboard.trials.logic import (
    Answer,
    Outcome,
    Reason,
    Value,
    both,
    combine,
    either,
    fewest_answers,
    negate,
    open_leaves,
    would_exclude,
)

law = settings(deadline=None, max_examples=100)
M, U, N = Value.MET, Value.UNKNOWN, Value.NOT_MET


def test_the_published_tables() -> None:
    order = (M, U, N)
    assert [[both([a, b]) for b in order] for a in order] == [[M, U, N], [U, U, N], [N, N, N]]
    assert [[either([a, b]) for b in order] for a in order] == [[M, M, M], [M, U, U], [M, U, N]]
    assert [negate(a) for a in order] == [N, U, M]


values = st.lists(st.sampled_from(Value), min_size=1, max_size=6)


@law
@given(values, st.randoms())
def test_order_and_repetition_do_not_matter(found: list[Value], random: object) -> None:
    shuffled = [*found, found[0]]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert both(found) == both(shuffled)
    assert either(found) == either(shuffled)


@law
@given(values)
def test_double_negation_and_de_morgan(found: list[Value]) -> None:
    assert [negate(negate(value)) for value in found] == found
    assert negate(both(found)) == either(negate(value) for value in found)


@st.composite
def trees(draw: st.DrawFn) -> tuple[Node, dict[Predicate, Value]]:
    """A tree in which each leaf stands once, with a value for each leaf."""
    shape = draw(
        st.recursive(
            st.just("leaf"),
            lambda inner: st.one_of(
                st.tuples(st.just("not"), inner),
                st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3)),
            ),
            max_leaves=7,
        )
    )
    answers: dict[Predicate, Value] = {}
    return _grow(shape, answers, draw), answers


def _grow(shape: object, answers: dict[Predicate, Value], draw: st.DrawFn) -> Node:
    if shape == "leaf":
        leaf = Predicate(f"leaf{len(answers)}", "", Unsupported(""))
        answers[leaf] = draw(st.sampled_from(Value))
        return leaf
    label, inner = shape  # type: ignore[misc]
    if label == "not":
        return Not(_grow(inner, answers, draw))
    children = tuple(_grow(each, answers, draw) for each in inner)
    return And(children) if label == "and" else Or(children)


@law
@given(trees())
def test_settling_an_unknown_never_turns_a_known_result(drawn: tuple[Node, dict[Predicate, Value]]) -> None:
    tree, answers = drawn
    before = combine(tree, answers.__getitem__)
    for leaf in [leaf for leaf, value in answers.items() if value is U]:
        for settled in (M, N):
            after = combine(
                tree, lambda each, leaf=leaf, settled=settled: settled if each is leaf else answers[each]
            )
            assert before in (U, after)


@law
@given(trees())
def test_only_open_leaves_can_change_the_result(drawn: tuple[Node, dict[Predicate, Value]]) -> None:
    tree, answers = drawn
    still_open = list(open_leaves(tree, answers.__getitem__))
    assert bool(still_open) == (combine(tree, answers.__getitem__) is U)
    assert all(_decides(tree, answers, leaf) for leaf in still_open)
    closed = [leaf for leaf, value in answers.items() if value is U and leaf not in still_open]
    for choice in (M, N):
        assert _with(tree, answers, closed, choice) == combine(tree, answers.__getitem__)


def _with(tree: Node, answers: dict[Predicate, Value], leaves: list[Predicate], value: Value) -> Value:
    return combine(tree, lambda leaf: value if leaf in leaves else answers[leaf])


def _decides(tree: Node, answers: dict[Predicate, Value], leaf: Predicate) -> bool:
    """Whether there are answers to the other unknown leaves under which this one decides."""
    others = [each for each, value in answers.items() if value is U and each is not leaf]
    for choice in product((M, N), repeat=len(others)):
        settled = answers | dict(zip(others, choice, strict=True))
        if _with(tree, settled, [leaf], M) != _with(tree, settled, [leaf], N):
            return True
    return False


@law
@given(trees())
def test_the_fewest_answers_make_it_fit(drawn: tuple[Node, dict[Predicate, Value]]) -> None:
    tree, answers = drawn
    needed = fewest_answers(tree, answers.__getitem__)
    if combine(tree, answers.__getitem__) is N:
        assert needed is None
        return
    assert needed is not None
    assert _can_be_met(tree, answers, sorted(needed, key=lambda leaf: leaf.path))


def _can_be_met(tree: Node, answers: dict[Predicate, Value], leaves: list[Predicate]) -> bool:
    if not leaves:
        return combine(tree, answers.__getitem__) is M
    first, *rest = leaves
    return any(_can_be_met(tree, {**answers, first: value}, rest) for value in (M, N))


def _leaf(name: str) -> Predicate:
    return Predicate(name, name, Unsupported(""))


def test_four_unknowns_in_two_branches_are_all_worth_asking() -> None:
    a, b, c, d = (_leaf(name) for name in "abcd")
    tree = Or((And((a, b)), And((c, d))))
    unknown: Answer = lambda leaf: U  # noqa: E731
    assert list(open_leaves(tree, unknown)) == [a, b, c, d]
    assert len(fewest_answers(tree, unknown) or ()) == 2


def test_a_decided_branch_asks_nothing() -> None:
    a, b, c = (_leaf(name) for name in "abc")
    answers = {a: N, b: U, c: U}
    tree = And((Or((And((a, b)), c)),))
    assert list(open_leaves(tree, answers.__getitem__)) == [c]


def test_single_answers_that_exclude() -> None:
    a, b, c = (_leaf(name) for name in "abc")
    assert would_exclude(And((a, Or((b, c)))), lambda leaf: U) == [a]
    assert would_exclude(Not(a), lambda leaf: U) == [a]


def test_no_result_without_evidence_and_no_unknown_without_reason() -> None:
    with pytest.raises(ValueError, match="evidence"):
        Outcome.known(True, [])
    with pytest.raises(ValueError, match="reason"):
        Outcome(Value.UNKNOWN)
    assert Outcome.unknown(Reason.STALE, "Repeat").negated().reason is Reason.STALE
