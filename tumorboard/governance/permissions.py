"""May this person? Grants say which tables, relations say which patients, purposes say why.

The one decision function of the gate is `decide`. It fails closed: no user, no purpose, no grant or no
relation means no.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from tumorboard.governance.models import PatientReach, Securable, SecurableGroupGrant, SecurableUserGrant
from tumorboard.lake import tables

TREATMENT, RESEARCH, QUALITY, TRAINING, OPERATIONS = (
    "treatment",
    "research",
    "quality",
    "training",
    "operations",
)
PURPOSES = (TREATMENT, RESEARCH, QUALITY, TRAINING, OPERATIONS)
# Purposes of the application's own work: its services read whole tables, people never do.
SERVICE_PURPOSES = (TRAINING, OPERATIONS)


@dataclass(frozen=True)
class Decision:
    """Yes or no, and the rule that decided."""

    allowed: bool
    rule: str


def decide(user: Any, purpose: str, table: str, patient_key: str | None) -> Decision:
    """May `user` read `table`, for one patient (or for all, when None), for `purpose`?"""
    if user is None or not user.is_active:
        return Decision(False, "inactive")
    if purpose not in PURPOSES:
        return Decision(False, "no purpose")
    if not has_grant(user, "select", table):
        return Decision(False, "no grant")
    return _service(purpose, patient_key) if is_service(user) else _person(user, purpose, table, patient_key)


def _service(purpose: str, patient_key: str | None) -> Decision:
    return Decision(purpose in SERVICE_PURPOSES or patient_key is not None, "service")


def _person(user: Any, purpose: str, table: str, patient_key: str | None) -> Decision:
    if purpose != TREATMENT:
        return Decision(False, "purpose not open to people yet")
    if patient_key is None:
        return Decision(not tables.get(table).per_patient, "table without patients")
    return Decision(can_reach(user, patient_key), "relation")


def has_grant(user: Any, privilege: str, name: str) -> bool:
    """Whether a grant on the securable, or on one it inherits from, reaches the user."""
    securable = Securable.objects.select_related("parent__parent").filter(name=name).first()
    if securable is None:
        return False
    chain = [link.pk for link in securable.chain()]
    wanted = {"content_object__in": chain, "permission__codename": privilege}
    return (
        SecurableGroupGrant.objects.filter(group__user=user, **wanted).exists()
        or SecurableUserGrant.objects.filter(user=user, **wanted).exists()
    )


def is_service(user: Any) -> bool:
    """The application's own account for screening and scoring; it cannot sign in."""
    return bool(user.groups.filter(name="service").exists())


def can_reach(user: Any, patient_key: str) -> bool:
    """Whether a relation lets the user see this patient now."""
    return PatientReach.objects.of(user).filter(patient_key=patient_key).exists()


def reachable_keys(user: Any) -> QuerySet[Any]:
    """The patients a user may see now, as a subquery of patient_key."""
    return PatientReach.objects.of(user).values("patient_key")
