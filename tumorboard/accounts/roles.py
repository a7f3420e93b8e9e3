"""What a person is in the hospital. A role is a Django group named "role:<code>"; the codes are stable.

No role opens a patient's record by itself: that takes the care team or a board (governance).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import TextChoices

if TYPE_CHECKING:
    from tumorboard.accounts.models import User

PREFIX = "role:"


class Role(TextChoices):
    ONCOLOGIST = "oncologist", "Oncologist"
    PATHOLOGIST = "pathologist", "Pathologist"
    RADIOLOGIST = "radiologist", "Radiologist"
    COORDINATOR = "coordinator", "Coordinator"
    DATA_STEWARD = "data_steward", "Data steward"
    ADMINISTRATOR = "administrator", "Administrator"
    RESEARCHER = "researcher", "Researcher"
    QUALITY_OFFICER = "quality_officer", "Quality officer"
    PRIVACY_OFFICER = "privacy_officer", "Privacy officer"

    @property
    def group_name(self) -> str:
        return PREFIX + self.value

    @property
    def description(self) -> str:
        return DESCRIPTIONS[self]


DESCRIPTIONS = {
    Role.ONCOLOGIST: "Treats patients: registers cases, reviews them, takes part in boards.",
    Role.PATHOLOGIST: "Contributes tissue and molecular findings: reviews cases, takes part in boards.",
    Role.RADIOLOGIST: "Contributes imaging findings: reviews cases, takes part in boards.",
    Role.COORDINATOR: "Prepares meetings: registers cases, sets agendas, follows up recommendations.",
    Role.DATA_STEWARD: "Looks after the data: ingest, quarantine, tables, lineage. No patient by role alone.",
    Role.ADMINISTRATOR: "Looks after accounts, boards and jobs. No patient by role alone.",
    Role.RESEARCHER: "Works on studies: reads de-identified data of patients who have consented.",
    Role.QUALITY_OFFICER: "Looks after quality of care in a unit: reads de-identified data of its patients.",
    Role.PRIVACY_OFFICER: "Looks after privacy: reads the access log, reviews emergency access and extracts. "
    "No patient by role alone.",
}
CLINICIANS = frozenset({Role.ONCOLOGIST, Role.PATHOLOGIST, Role.RADIOLOGIST})
CONSOLE = frozenset({Role.DATA_STEWARD, Role.ADMINISTRATOR})


def roles_of(user: User | None) -> frozenset[Role]:
    """The roles of an active account; nobody, and a deactivated account, has none."""
    if user is None or not user.is_authenticated or not user.is_active:
        return frozenset()
    codes = (name.removeprefix(PREFIX) for name in user.group_names if name.startswith(PREFIX))
    return frozenset(Role(code) for code in codes if code in Role.values)


def has_role(user: User | None, *roles: Role) -> bool:
    """Has the person at least one of these roles?"""
    return not roles_of(user).isdisjoint(roles)


def is_clinician(user: User | None) -> bool:
    return has_role(user, *CLINICIANS)


def may_use_console(user: User | None) -> bool:
    return has_role(user, *CONSOLE)
