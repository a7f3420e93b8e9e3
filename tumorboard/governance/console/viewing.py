"""The catalog as somebody else sees it: which tables open, and behind which masks. Never the data itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group

from tumorboard.accounts.roles import Role
from tumorboard.governance import rulebook
from tumorboard.governance.console.access import Held
from tumorboard.governance.console.columns import in_words
from tumorboard.governance.models import Study
from tumorboard.governance.permissions import Decision, Standing
from tumorboard.governance.policies.functions import MASKS
from tumorboard.governance.policies.words import Grant
from tumorboard.governance.standing import NOBODY_REACHED, grants_of
from tumorboard.lake import tables
from tumorboard.lake.tables import Table

CLEAR = "clear"


@dataclass(frozen=True)
class Archetype:
    """Somebody who has one role and nothing else: no relation to any patient, no study."""

    principals: frozenset[str]
    grants: tuple[Grant, ...]
    active: bool = True
    service: bool = False
    user: Any = None
    study: Study | None = None
    related: frozenset[str] = field(default=NOBODY_REACHED)
    own: frozenset[str] = field(default=NOBODY_REACHED)
    emergency: frozenset[str] = field(default=NOBODY_REACHED)
    consented: frozenset[str] = field(default=NOBODY_REACHED)
    trainable: frozenset[str] = field(default=NOBODY_REACHED)
    of_unit: frozenset[str] = field(default=NOBODY_REACHED)
    restricted: frozenset[str] = field(default=NOBODY_REACHED)


def of_role(role: Role) -> Standing:
    groups = list(Group.objects.filter(name=role.group_name).values_list("pk", flat=True))
    grants = grants_of(groups)
    return Standing(Archetype(frozenset({role.group_name}), grants), rulebook.current())  # type: ignore[arg-type]


def of_person(user: Any, study: Study | None = None) -> Standing:
    return Standing.of(user, (), study=study)


@dataclass(frozen=True)
class Seen:
    """A table as somebody sees it for a purpose."""

    table: Table
    browsed: bool
    decision: Decision

    @property
    def masked(self) -> int:
        return len(self.decision.masks)


def catalog(standing: Standing, purpose: str, words: str = "") -> list[Seen]:
    """Every table whose name holds the words."""
    mine = Held(standing.person.grants)
    return [
        Seen(table, mine.browses(table.name), standing.opens(purpose, table.name))
        for table in tables.all_tables()
        if words.lower() in table.name
    ]


@dataclass(frozen=True)
class SeenColumn:
    name: str
    meaning: str
    tags: str
    shown: str  # clear, or the mask in words

    @property
    def is_clear(self) -> bool:
        return self.shown == CLEAR


def columns(standing: Standing, purpose: str, table: Table) -> tuple[Decision, list[SeenColumn]]:
    """Each column with what is shown of it; without a single one where the table is closed."""
    decision, tags = standing.opens(purpose, table.name), standing.rules.tags.get(table.name, {})
    if not decision.allowed:
        return decision, []
    return decision, [
        SeenColumn(name, column.meaning, in_words(tags[name]), _shown(decision, name))
        for name, column in table.columns.items()
    ]


def _shown(decision: Decision, column: str) -> str:
    mask = decision.masks.get(column)
    return MASKS[mask].words if mask else CLEAR
