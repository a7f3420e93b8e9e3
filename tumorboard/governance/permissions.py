"""May this person? Grants say which tables, relations say which patients, purposes say why.

The one decision function of the gate is `Standing.decide`. It fails closed: no user, no purpose, no grant
or no relation means no.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from tumorboard.governance.models import PatientReach, SecurableGroupGrant, SecurableUserGrant
from tumorboard.governance.purposes import (
    OPERATIONS,
    PURPOSES,
    QUALITY,
    RESEARCH,
    SERVICE_PURPOSES,
    TRAINING,
    TREATMENT,
)
from tumorboard.governance.standing_grants import CATALOG
from tumorboard.lake import tables

__all__ = [
    "CATALOG", "OPERATIONS", "PURPOSES", "QUALITY", "RESEARCH", "SERVICE_PURPOSES", "TRAINING", "TREATMENT",
    "Decision", "Standing", "can_reach", "chain", "decide", "granted_names", "has_grant", "is_service",
    "reachable_keys",
]  # fmt: skip


@dataclass(frozen=True)
class Decision:
    """Yes or no, and the rule that decided."""

    allowed: bool
    rule: str
    masks: Mapping[str, str] = field(default_factory=dict)
    patients: frozenset[str] | None = None
    policy_hash: str = ""
    label: str = "IDENTIFIED"


@dataclass(frozen=True)
class Standing:
    """What is true of a person for one request: read once, asked for every table and patient of it."""

    user: Any
    granted: frozenset[str]
    service: bool
    reached: frozenset[str]

    @classmethod
    def of(cls, user: Any, patient_keys: Iterable[str], *, study: Any = None) -> Standing:
        if user is None or not user.is_active:  # nobody at all, or an account that was closed
            return cls(None, frozenset(), False, frozenset())
        reached = PatientReach.objects.of(user).filter(patient_key__in=list(patient_keys))
        keys = frozenset(reached.values_list("patient_key", flat=True))
        return cls(user, granted_names(user, "select"), is_service(user), keys)

    def decide(
        self, purpose: str, table: str, patient_key: str | None, columns: Sequence[str] | None = None
    ) -> Decision:
        """May this person read `table`, for one patient (or for all, when None), for `purpose`?"""
        opened = self.opens(purpose, table)
        return self._patient(table, patient_key) if opened.allowed and not self.service else opened

    def opens(self, purpose: str, table: str) -> Decision:
        """May this person read `table` for `purpose` at all, whoever it is about?"""
        if self.user is None:
            return Decision(False, "inactive")
        if purpose not in PURPOSES:
            return Decision(False, "no purpose")
        if self.granted.isdisjoint(chain(table)):
            return Decision(False, "no grant")
        if self.service:
            return Decision(purpose in SERVICE_PURPOSES, "service")
        return Decision(purpose == TREATMENT, "purpose of people")

    def _patient(self, table: str, patient_key: str | None) -> Decision:
        if patient_key is None:
            return Decision(not tables.get(table).per_patient, "table without patients")
        return Decision(patient_key in self.reached, "relation")


def decide(user: Any, purpose: str, table: str, patient_key: str | None) -> Decision:
    """The decision for a single table and patient."""
    return Standing.of(user, [patient_key] if patient_key else []).decide(purpose, table, patient_key)


def chain(name: str) -> tuple[str, ...]:
    """The securables a table, volume or model takes grants from: itself, its schema, the catalog."""
    return (name, name.partition(".")[0], CATALOG)


def granted_names(user: Any, privilege: str) -> frozenset[str]:
    """Names of the securables on which the user, or a group of theirs, holds the privilege."""
    if user is None or not user.is_active:
        return frozenset()
    held = {"permission__codename": privilege}
    of_groups = SecurableGroupGrant.objects.filter(group__user=user, **held)
    of_user = SecurableUserGrant.objects.filter(user=user, **held)
    names = of_groups.values_list("content_object__name").union(of_user.values_list("content_object__name"))
    return frozenset(name for (name,) in names)


def has_grant(user: Any, privilege: str, name: str) -> bool:
    """Whether a grant on the securable, or on one it inherits from, reaches the user."""
    return not granted_names(user, privilege).isdisjoint(chain(name))


def is_service(user: Any) -> bool:
    """The application's own account for screening and scoring; it cannot sign in."""
    return bool(user.groups.filter(name="service").exists())


def can_reach(user: Any, patient_key: str) -> bool:
    """Whether a relation lets the user see this patient now."""
    return PatientReach.objects.of(user).filter(patient_key=patient_key).exists()


def reachable_keys(user: Any) -> QuerySet[Any]:
    """The patients a user may see now, as a subquery of patient_key."""
    return PatientReach.objects.of(user).values("patient_key")
