"""Policies in words: whom they concern, which columns or patients, and what they do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet

from tumorboard.accounts.models import User
from tumorboard.accounts.roles import PREFIX, Role
from tumorboard.governance import rulebook
from tumorboard.governance.console.columns import kind_in_words
from tumorboard.governance.explaining import Change, simulate
from tumorboard.governance.models import Policy, Study
from tumorboard.governance.policies.builtin import BUILT_IN
from tumorboard.governance.policies.functions import MASKS, ROW_FILTERS
from tumorboard.governance.policies.words import DENY, MASK, NO_KIND, ROW_FILTER, Rule
from tumorboard.governance.purposes import RESEARCH, WORDS
from tumorboard.governance.standing_grants import CATALOG
from tumorboard.ui.filters import any_of

EFFECTS = {ROW_FILTER: "Only these patients", MASK: "Column mask", DENY: "Refused"}
PEOPLE_ASKED = 50  # of one simulation


@dataclass(frozen=True)
class InWords:
    """A rule as a sentence's parts."""

    rule: Rule
    whom: str
    on: str
    when: str
    purposes: str
    effect: str

    @property
    def hash(self) -> str:
        return self.rule.hash


def in_words(rule: Rule) -> InWords:
    return InWords(rule, _whom(rule), _on(rule), _when(rule), _purposes(rule), _effect(rule))


def principal(name: str) -> str:
    """A group by its role or board, a person by number."""
    if name == "*":
        return "everybody"
    kind, _, rest = name.partition(":")
    if kind == "board":
        board, _, part = rest.partition(":")
        return f"{part or 'members'} of board {board[:8]}"
    return Role(rest).label if f"{kind}:" == PREFIX and rest in Role.values else name


def _whom(rule: Rule) -> str:
    who = ", ".join(principal(name) for name in rule.principals)
    return f"{who} except {', '.join(principal(name) for name in rule.excepted)}" if rule.excepted else who


def _on(rule: Rule) -> str:
    return "everything" if rule.scope == CATALOG else rule.scope


def _when(rule: Rule) -> str:
    """The tag condition: words of one list are alternatives, the lists hold together."""
    parts = [
        _either("class", rule.classes),
        _either("kind", [_kind(kind) for kind in rule.kinds]),
        _either("sensitivity", rule.sensitivities),
    ]
    said = " and ".join(part for part in parts if part)
    if rule.effect == ROW_FILTER and not said:
        return "any table with patients"
    return f"columns of {said}" if said else "whatever the tags"


def _either(what: str, words: Iterable[str]) -> str:
    listed = list(words)
    return f"{what} {' or '.join(listed)}" if listed else ""


def _kind(kind: str) -> str:
    return "none (nobody has looked at it)" if kind == NO_KIND else kind_in_words(kind)


def _purposes(rule: Rule) -> str:
    return ", ".join(WORDS.get(purpose, purpose) for purpose in rule.purposes) or "every purpose"


def _effect(rule: Rule) -> str:
    if rule.effect == MASK and rule.function in MASKS:
        return MASKS[rule.function].words.capitalize()
    if rule.effect == ROW_FILTER and rule.function in ROW_FILTERS:
        return f"Only: {function_words(rule.function)}"
    return "Refused" if rule.effect == DENY else f"{rule.function}, which is gone: reads are refused"


def function_words(name: str) -> str:
    """What a row filter leaves, from its own description."""
    return (ROW_FILTERS[name].__doc__ or name).strip().splitlines()[0].rstrip(".")


# ---- lists


def search(chosen: Mapping[str, Any]) -> QuerySet[Policy]:
    rows = Policy.objects.select_related("drafted_by", "published_by", "retired_by").order_by(
        "name", "-version"
    )
    for name in ("state", "effect"):
        if chosen.get(name):
            rows = rows.filter(**{name: chosen[name]})
    if chosen.get("purpose"):
        rows = rows.filter(Q(purposes=[]) | Q(purposes__contains=[chosen["purpose"]]))
    if chosen.get("q"):
        rows = rows.filter(any_of(chosen["q"], "name", "scope", "reason"))
    return rows


def policy_in_words(policy: Policy) -> InWords:
    return in_words(rulebook.rule_of(policy))


def built_in() -> list[tuple[InWords, bool]]:
    """The policies of every installation; False where a published one of the same name holds instead."""
    replaced = set(Policy.objects.filter(state=Policy.State.PUBLISHED).values_list("name", flat=True))
    return [(in_words(rule), rule.name not in replaced) for rule in BUILT_IN]


def known_rule(name: str) -> Rule | None:
    """A built-in rule by name, to start a draft from."""
    return next((rule for rule in BUILT_IN if rule.name == name), None)


# ---- simulation


@dataclass(frozen=True)
class Simulation:
    """Who would see more, who less, of the people who were asked about."""

    changes: list[Change]
    asked: int
    of: int

    @property
    def gaining(self) -> int:
        return len({change.user.pk for change in self.changes if change.gains})

    @property
    def losing(self) -> int:
        return len({change.user.pk for change in self.changes if change.loses})

    @property
    def tables(self) -> list[tuple[str, int, int, int]]:
        """Table, people who gain, people who lose, columns seen differently."""
        names = sorted({change.table for change in self.changes})
        return [(name, *_counts([c for c in self.changes if c.table == name])) for name in names]


def _counts(changes: list[Change]) -> tuple[int, int, int]:
    gaining = {change.user.pk for change in changes if change.gains}
    losing = {change.user.pk for change in changes if change.loses}
    return len(gaining), len(losing), len({column for change in changes for column in change.columns})


def simulated(policy: Policy, role: str = "") -> Simulation:
    """Ask for people of a role, or of any, by name; for research the studies that are open to somebody."""
    people = User.objects.filter(is_active=True).order_by("username")
    groups = Group.objects.filter(name=Role(role).group_name) if role else Group.objects.all()
    people = people.filter(pk__in=User.objects.filter(groups__in=groups).values("pk"))
    asked = list(people[:PEOPLE_ASKED])
    studies = [study for study in Study.objects.filter(purpose=RESEARCH) if study.is_open()]
    changes = simulate(draft=policy, users=asked, studies=studies)
    changes.sort(key=lambda change: (str(change.user), change.table, change.purpose))
    return Simulation(changes, len(asked), people.count())
