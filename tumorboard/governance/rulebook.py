"""The rules in force: published policies and effective tags. Kept until a mark in the database changes."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace

from django.db import connection

from tumorboard.governance.models import ColumnTag, Policy, PolicyEpoch
from tumorboard.governance.policies.builtin import BUILT_IN
from tumorboard.governance.policies.words import Rule, hash_of
from tumorboard.governance.tags import Effective, Override, effective
from tumorboard.lake import tables


@dataclass(frozen=True)
class Rulebook:
    """What decides, with its hash, which goes into every audit record."""

    rules: tuple[Rule, ...]
    tags: Effective
    hash: str

    def with_rule(self, draft: Rule) -> Rulebook:
        """As it would be with a draft published."""
        rules = (*(rule for rule in self.rules if rule.name != draft.name), draft)
        return replace(self, rules=rules, hash=_hash(rules, self.tags))


_kept: dict[tuple[uuid.UUID, int], Rulebook] = {}


def current() -> Rulebook:
    """The rules as the database has them now: one query, and the rules themselves only when they changed."""
    key = (mark(), len(tables.all_tables()))
    found = _kept.get(key)
    if found is None:
        found = _load()
        _kept.clear()
        _kept[key] = found
    return found


def mark() -> uuid.UUID:
    """Changes whenever a rule, tag, grant, study or consent does."""
    with connection.cursor() as cursor:
        cursor.execute("select mark from governance_policyepoch where id = 1")
        found = cursor.fetchone()
    return found[0] if found else PolicyEpoch.objects.get_or_create(pk=1)[0].mark


def move_mark() -> None:
    """To be called by every action that changes what a decision rests on, after its audit record."""
    PolicyEpoch.objects.update_or_create(pk=1, defaults={"mark": uuid.uuid4()})


def rule_of(policy: Policy) -> Rule:
    """A policy as the evaluator reads it."""
    return Rule(
        name=policy.name,
        scope=policy.scope,
        effect=policy.effect,
        function=policy.function,
        purposes=tuple(policy.purposes),
        classes=tuple(policy.classes),
        kinds=tuple(policy.kinds),
        sensitivities=tuple(policy.sensitivities),
        principals=tuple(policy.principals) or ("*",),
        excepted=tuple(policy.excepted),
    )


def overrides() -> dict[str, Override]:
    """Tags that stewards have set, by target."""
    return {
        row.target: Override(
            row.klass, frozenset(row.kinds), row.sensitivity, row.transform, row.second_id is not None
        )
        for row in ColumnTag.objects.all()
    }


def _load() -> Rulebook:
    published = {
        policy.name: rule_of(policy) for policy in Policy.objects.filter(state=Policy.State.PUBLISHED)
    }
    rules = (*(rule for rule in BUILT_IN if rule.name not in published), *published.values())
    tags = effective(tables.all_tables(), overrides())
    return Rulebook(rules, tags, _hash(rules, tags))


def _hash(rules: tuple[Rule, ...], tags: Effective) -> str:
    lines = sorted(
        f"{table}.{name}:{t.klass}:{','.join(sorted(t.kinds))}:{t.sensitivity}"
        for table, columns in tags.items()
        for name, t in columns.items()
    )
    return hashlib.sha256("\n".join([hash_of(rules), *lines]).encode()).hexdigest()
