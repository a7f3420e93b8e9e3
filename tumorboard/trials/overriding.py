"""The verdict that follows when a clinician answers single criteria differently. Stored nowhere."""

from __future__ import annotations

from collections.abc import Mapping

from tumorboard.trials.criteria import Level, Node, Not, Predicate, Trial, all_of
from tumorboard.trials.logic import Value, combine, negate
from tumorboard.trials.screening import VITAL_STATUS, Verdict

_VERDICTS: dict[Value, Verdict] = {Value.MET: "fits", Value.UNKNOWN: "uncertain", Value.NOT_MET: "excluded"}


class UnknownPlace(LookupError):
    """The trial has no such place any more: its document changed."""


def verdict(trial: Trial, place: str, results: Mapping[str, Value]) -> Verdict:
    """The verdict of a place (`code` of gold.trial_matches) when its criteria have these results.

    `results` maps the path of a criterion to its result as shown, that is, after a `not` around it. One that
    is not named counts as unknown. Raises UnknownPlace.
    """
    tree = all_of([VITAL_STATUS, *_clauses(trial, place)])
    if tree is None or tree is VITAL_STATUS:
        return "none"
    raw = dict(_raw(tree, results, negated=False))
    return _VERDICTS[combine(tree, lambda leaf: raw[id(leaf)])]


def _clauses(trial: Trial, place: str) -> list[Node]:
    found = _find(trial.root, place or trial.trial_id, trial.trial_id, "", [])
    if found is None:
        raise UnknownPlace(f"{trial.trial_id} has no place {place}")
    return found


def _find(level: Level, wanted: str, trial_id: str, arm: str, above: list[Node]) -> list[Node] | None:
    """The clauses of the level named `wanted` and of those above it; places are named as screening does."""
    clauses = [*above, level.match] if level.match is not None else above
    place = f"{arm} / {level.code}" if arm else level.code
    if not level.below and (place or trial_id) == wanted:
        return clauses
    inner = place if level.name == "arm" else ""
    found = (_find(below, wanted, trial_id, inner, clauses) for below in level.below)
    return next((clauses for clauses in found if clauses is not None), None)


def _raw(node: Node, results: Mapping[str, Value], *, negated: bool) -> list[tuple[int, Value]]:
    if isinstance(node, Predicate):
        shown = results.get(node.path, Value.UNKNOWN)
        return [(id(node), negate(shown) if negated else shown)]
    if isinstance(node, Not):
        return _raw(node.child, results, negated=not negated)
    return [pair for child in node.children for pair in _raw(child, results, negated=negated)]
