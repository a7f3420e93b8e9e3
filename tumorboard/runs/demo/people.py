"""The demo's sign-ins: one for each role, and a second data steward, because some things take two."""

from __future__ import annotations

from django.db import transaction

from tumorboard.accounts.actions import change_password, create_user
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role

PEOPLE: dict[str, tuple[Role, str, str]] = {
    "oncologist": (Role.ONCOLOGIST, "Dr A. Okafor", "Consultant oncologist"),
    "pathologist": (Role.PATHOLOGIST, "Dr L. Brandt", "Molecular pathologist"),
    "radiologist": (Role.RADIOLOGIST, "Dr S. Iyer", "Consultant radiologist"),
    "coordinator": (Role.COORDINATOR, "M. Duarte", "Tumor board coordinator"),
    "steward": (Role.DATA_STEWARD, "J. Novak", "Data steward"),
    "steward2": (Role.DATA_STEWARD, "K. Yilmaz", "Data steward, for four eyes"),
    "privacy": (Role.PRIVACY_OFFICER, "E. Lindqvist", "Privacy officer"),
    "administrator": (Role.ADMINISTRATOR, "R. Haas", "Administrator"),
}


@transaction.atomic
def ensure_people(password: str) -> dict[str, User]:
    """Make the demo's accounts, or give those that exist the current password."""
    return {username: _ensure(username, *who, password) for username, who in PEOPLE.items()}


def _ensure(username: str, role: Role, name: str, title: str, password: str) -> User:
    user = User.objects.filter(username=username).first()
    if user is None:
        return create_user(
            username=username,
            display_name=name,
            job_title=title,
            password=password,
            roles=[role],
            is_staff=role is Role.ADMINISTRATOR,
            by="demo",
        )
    if not user.check_password(password):
        change_password(user=user, password=password, by=user)
    return user
