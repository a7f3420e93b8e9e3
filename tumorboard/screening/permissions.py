"""Who may add to a patient's screening. Seeing the patient comes first."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role, has_role, is_clinician
from tumorboard.governance.permissions import can_reach


def user_can_override(user: User | None, patient_key: str) -> bool:
    """A clinician who reaches the patient: what a criterion means for a person is a clinical judgement."""
    return is_clinician(user) and can_reach(user, patient_key)


def check_can_override(user: User | None, patient_key: str) -> None:
    if not user_can_override(user, patient_key):
        raise PermissionDenied("Only clinicians who care for the patient may answer a criterion themselves.")


def user_can_curate(user: User | None) -> bool:
    """Clinicians, coordinators and data stewards: trial documents hold no patient."""
    return is_clinician(user) or has_role(user, Role.COORDINATOR, Role.DATA_STEWARD)


def check_can_curate(user: User | None) -> None:
    if not user_can_curate(user):
        raise PermissionDenied("Only clinicians, coordinators and data stewards may curate trials.")


def user_can_refer(user: User | None, patient_key: str) -> bool:
    """Clinicians, and coordinators, who reach the patient."""
    return (is_clinician(user) or has_role(user, Role.COORDINATOR)) and can_reach(user, patient_key)


def check_can_refer(user: User | None, patient_key: str) -> None:
    if not user_can_refer(user, patient_key):
        raise PermissionDenied("Only clinicians and coordinators of the patient may note steps to a trial.")
