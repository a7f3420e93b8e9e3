"""Why somebody may see a value or not, and who would gain or lose by a policy before it is in force.

Pure questions to the engine that decides every read; the console shows the answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tumorboard.governance import rulebook
from tumorboard.governance.models import Policy, Study
from tumorboard.governance.permissions import Decision, Standing, purposes_of
from tumorboard.governance.policies.deciding import Step, applies, matches
from tumorboard.governance.policies.functions import MASKS
from tumorboard.governance.policies.words import MASK, Rule, Tags
from tumorboard.governance.purposes import RESEARCH
from tumorboard.governance.rulebook import rule_of
from tumorboard.lake import tables


@dataclass(frozen=True)
class Explanation:
    """The chain of rules up to the one that decided, what the column is, and how it would be seen."""

    allowed: bool
    rule: str
    steps: tuple[Step, ...]
    tags: Tags
    mask: str  # its name; empty: clear
    mask_words: str
    policies: tuple[str, ...]  # names of the policies that concern this table, purpose and person
    policy_hash: str


def explain(
    *,
    user: Any,
    patient_key: str | None,
    table: str,
    column: str,
    purpose: str,
    study: Study | None = None,
) -> Explanation:
    """The deciding rule for this person, patient and column, by the same function that decides reads."""
    standing = Standing.of(user, [patient_key] if patient_key else [], study=study)
    verdict = standing.verdict(purpose, table, patient_key, [column])
    question = standing.question(purpose, table, patient_key, [column])
    tags = question.columns[column]
    concerning = [r for r in standing.rules.rules if applies(r, standing.person, question)]
    shaping = [r.name for r in concerning if r.effect != MASK or matches(r, tags)]
    mask = verdict.masks.get(column, "")
    return Explanation(
        allowed=verdict.allowed,
        rule=verdict.rule,
        steps=tuple(verdict.steps),
        tags=tags,
        mask=mask,
        mask_words=MASKS[mask].words if mask else "clear",
        policies=tuple(shaping),
        policy_hash=standing.rules.hash,
    )


@dataclass(frozen=True)
class View:
    """How a person sees a table: whether at all, behind which masks, and how many patients."""

    allowed: bool
    masks: tuple[tuple[str, str], ...] = ()
    patients: int | None = None  # None: every patient, or a table without patients


@dataclass(frozen=True)
class Change:
    """What a policy would change for one person, table and purpose."""

    user: Any
    table: str
    purpose: str
    study: Study | None
    before: View
    after: View

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that would be seen differently."""
        return tuple(sorted({name for name, _ in {*self.before.masks} ^ {*self.after.masks}}))

    @property
    def gains(self) -> bool:
        """Whether the person would see anything more than now."""
        clearer = any(_strictness(self.after, c) < _strictness(self.before, c) for c in self.columns)
        opened = self.after.allowed and not self.before.allowed
        return opened or (self.after.allowed and (clearer or _count(self.after) > _count(self.before)))

    @property
    def loses(self) -> bool:
        """Whether the person would see anything less than now."""
        darker = any(_strictness(self.after, c) > _strictness(self.before, c) for c in self.columns)
        closed = self.before.allowed and not self.after.allowed
        return closed or (self.before.allowed and (darker or _count(self.after) < _count(self.before)))


def simulate(
    *,
    draft: Policy | Rule,
    users: Iterable[Any],
    names: Sequence[str] | None = None,
    studies: Sequence[Study] = (),
) -> list[Change]:
    """Who would see more or less with the draft in force: users x purposes x tables that it concerns.

    For research, give the studies to ask for. Patients are those that the row filters leave of all.
    """
    rule = draft if isinstance(draft, Rule) else rule_of(draft)
    scope = [name for name in names or _tables() if rule.scope in _chain(name)]
    changes = []
    for user in users:
        for purpose in purposes_of(user):
            for study in studies if purpose == RESEARCH else [None]:
                standing = Standing.of(user, (), study=study)
                changes += _changes(standing, standing.rules.with_rule(rule), purpose, scope)
    return changes


def _changes(
    standing: Standing, changed: rulebook.Rulebook, purpose: str, names: Sequence[str]
) -> list[Change]:
    later = Standing(standing.person, changed)
    found = []
    for name in names:
        before, after = _view(standing, purpose, name), _view(later, purpose, name)
        if before != after:
            found.append(Change(standing.user, name, purpose, standing.person.study, before, after))
    return found


def _view(standing: Standing, purpose: str, table: str) -> View:
    decision: Decision = standing.opens(purpose, table)
    if not decision.allowed:
        return View(False)
    rows = standing.visible(purpose, table)
    masks = tuple(sorted(decision.masks.items()))
    return View(True, masks, None if rows is None else len(rows))


def _strictness(view: View, column: str) -> int:
    mask = dict(view.masks).get(column)
    return MASKS[mask].strictness if mask else 0


def _count(view: View) -> float:
    return float("inf") if view.patients is None else view.patients


def _tables() -> list[str]:
    return [table.name for table in tables.all_tables()]


def _chain(name: str) -> tuple[str, ...]:
    return (name, name.partition(".")[0], "tumorboard")
