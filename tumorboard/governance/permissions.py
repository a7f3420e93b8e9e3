"""May this person? Grants say which tables, relations say which patients, purposes say why.

The one decision function of the gate is `Standing.decide`; the rules it follows are pure functions in
`policies.deciding`. It fails closed: no user, no purpose, no grant or no relation means no.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from tumorboard.governance import rulebook
from tumorboard.governance.models import PatientReach, Study
from tumorboard.governance.policies.deciding import IDENTIFIED, Verdict, evaluate, rows_of
from tumorboard.governance.policies.words import Question, Rows
from tumorboard.governance.pseudonyms import study_of
from tumorboard.governance.purposes import (
    OPERATIONS,
    PURPOSES,
    QUALITY,
    RESEARCH,
    SERVICE_PURPOSES,
    TRAINING,
    TREATMENT,
)
from tumorboard.governance.rulebook import Rulebook
from tumorboard.governance.standing import LoadedPerson
from tumorboard.governance.standing_grants import CATALOG, SERVICE_GROUP
from tumorboard.governance.tags import UNTAGGED
from tumorboard.lake import tables

__all__ = [
    "CATALOG", "OPERATIONS", "PURPOSES", "QUALITY", "RESEARCH", "SERVICE_PURPOSES", "TRAINING", "TREATMENT",
    "Decision", "Standing", "can_reach", "chain", "decide", "granted_names", "has_grant", "is_service",
    "purposes_of", "reachable_keys",
]  # fmt: skip


@dataclass(frozen=True)
class Decision:
    """Yes or no, the rule that decided, and what it leaves of rows and columns.

    `masks`: column to the name of a registered mask; a column that is not named is shown clear. `patients`:
    of a read of all, the patients that the row filters leave; None where nothing filters. `policy_hash`: of
    the rules that decided. `label`: IDENTIFIED, LIMITED or SAFE_HARBOR.
    """

    allowed: bool
    rule: str
    masks: Mapping[str, str] = field(default_factory=dict)
    patients: frozenset[str] | None = None
    policy_hash: str = ""
    label: str = IDENTIFIED
    study: Study | None = None  # whose pseudonyms are used


class Standing:
    """What is true of a person for one request: read once, asked for every table and patient of it."""

    def __init__(self, person: LoadedPerson, rules: Rulebook) -> None:
        self.person, self.rules = person, rules

    @classmethod
    def of(cls, user: Any, patient_keys: Iterable[str], *, study: Study | None = None) -> Standing:
        return cls(LoadedPerson(user, patient_keys, study), rulebook.current())

    @property
    def user(self) -> Any:
        return self.person.user if self.person.active else None

    @property
    def service(self) -> bool:
        return self.person.service

    @cached_property
    def everyone(self) -> LoadedPerson:
        """The same person about all patients, for reads that name none."""
        return self.person.of_all()

    def decide(
        self, purpose: str, table: str, patient_key: str | None, columns: Collection[str] | None = None
    ) -> Decision:
        """May this person read `columns` of `table`, of one patient, for `purpose`? None: all of them."""
        return self._decided(purpose, self.verdict(purpose, table, patient_key, columns), patient_key)

    def decide_all(
        self, purpose: str, table: str, patient_keys: Sequence[str], columns: Collection[str] | None = None
    ) -> Decision:
        """The same for many patients at once: yes only if every one of them may be read."""
        if not patient_keys:
            return self.opens(purpose, table, columns)
        verdict = self.verdict(purpose, table, patient_keys[0], columns)
        hidden = verdict.allowed and any(key not in verdict.rows for key in patient_keys)
        return self._decided(purpose, verdict, patient_keys[0], refuse=hidden)

    def opens(self, purpose: str, table: str, columns: Collection[str] | None = None) -> Decision:
        """May this person read `table` for `purpose` at all, whoever it is about? Of a service: whom."""
        if self.service:
            return self.decide(purpose, table, None, columns)
        question = self.question(purpose, table, None, columns)
        return self._decided(purpose, evaluate(self.person, question, self.rules.rules, rows=False), None)

    def visible(self, purpose: str, table: str) -> frozenset[str] | None:
        """The patients of whom the table may be read; None: all, or a table without patients."""
        question = self.question(purpose, table, None, ())
        return _patients(rows_of(self.everyone, question, self.rules.rules))

    def may(self, privilege: str, name: str, purpose: str = "", patient_key: str | None = None) -> Decision:
        """May this person use another privilege than reading: export, modify, read_volume and so on?"""
        question = self.question(purpose, name, patient_key, (), privilege)
        verdict = evaluate(self.person, question, self.rules.rules, rows=patient_key is not None)
        return self._decided(purpose, verdict, patient_key)

    def verdict(
        self, purpose: str, table: str, patient_key: str | None, columns: Collection[str] | None = None
    ) -> Verdict:
        """The whole chain of rules, for "explain"."""
        question = self.question(purpose, table, patient_key, columns)
        person = self.everyone if patient_key is None else self.person
        return evaluate(person, question, self.rules.rules)

    def question(
        self,
        purpose: str,
        table: str,
        patient_key: str | None,
        columns: Collection[str] | None,
        privilege: str = "select",
    ) -> Question:
        tags = self.rules.tags.get(table, {})
        asked = tags if columns is None else {name: tags.get(name, UNTAGGED) for name in columns}
        return Question(purpose, table, asked, patient_key, _per_patient(table), privilege, tags)

    def _decided(
        self, purpose: str, verdict: Verdict, patient_key: str | None, *, refuse: bool = False
    ) -> Decision:
        if refuse or not verdict.allowed:
            rule = "row filter: not all of these patients" if refuse else verdict.rule
            return Decision(False, rule, policy_hash=self.rules.hash)
        patients = None if patient_key is not None else _patients(verdict.rows)
        return Decision(
            True,
            verdict.rule,
            dict(verdict.masks),
            patients,
            self.rules.hash,
            verdict.label,
            study_of(purpose, self.person.study) if verdict.masks else None,
        )


def _patients(rows: Rows) -> frozenset[str] | None:
    return None if rows.others else rows.keys


def _per_patient(table: str) -> bool:
    """What is no declared table (a volume, a model) is treated as if it held patients."""
    try:
        return tables.get(table).per_patient
    except tables.UnknownTable:
        return True


def decide(user: Any, purpose: str, table: str, patient_key: str | None) -> Decision:
    """The decision for a single table and patient."""
    return Standing.of(user, [patient_key] if patient_key else []).decide(purpose, table, patient_key)


def chain(name: str) -> tuple[str, ...]:
    """The securables a table, volume or model takes grants from: itself, its schema, the catalog."""
    return Question("", name).chain


def granted_names(user: Any, privilege: str) -> frozenset[str]:
    """Names of the securables on which the user, or a group of theirs, holds the privilege undenied."""
    grants = [grant for grant in LoadedPerson(user, ()).grants if grant.privilege == privilege]
    denied = {grant.securable for grant in grants if grant.deny}
    return frozenset(grant.securable for grant in grants if grant.securable not in denied)


def has_grant(user: Any, privilege: str, name: str, purpose: str | None = None) -> bool:
    """Whether a grant on the securable, or on one it inherits from, reaches the user, and none denies it."""
    reaching = [
        grant
        for grant in LoadedPerson(user, ()).grants
        if grant.privilege == privilege
        and grant.securable in chain(name)
        and (purpose is None or not grant.purposes or purpose in grant.purposes)
    ]
    return bool(reaching) and not any(grant.deny for grant in reaching)


def purposes_of(user: Any) -> tuple[str, ...]:
    """The purposes that the person's grants let them read for, in the order of PURPOSES."""
    person = LoadedPerson(user, ())
    readable = [g for g in person.grants if g.privilege in ("select", "select_deid") and not g.deny]
    found = {purpose for grant in readable for purpose in grant.purposes}
    return tuple(p for p in PURPOSES if p in found and (p in SERVICE_PURPOSES) == person.service)


def is_service(user: Any) -> bool:
    """The application's own account for screening and scoring; it cannot sign in."""
    return bool(user.groups.filter(name=SERVICE_GROUP).exists())


def can_reach(user: Any, patient_key: str) -> bool:
    """Whether a relation lets the user see this patient now."""
    return PatientReach.objects.of(user).filter(patient_key=patient_key).exists()


def reachable_keys(user: Any) -> QuerySet[Any]:
    """The patients a user may see now, as a subquery of patient_key."""
    return PatientReach.objects.of(user).values("patient_key")
