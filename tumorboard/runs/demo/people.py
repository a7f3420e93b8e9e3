"""The demo's sign-ins: one per role, and a second oncologist to see what is not shared."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import transaction

from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role

PEOPLE: dict[str, tuple[Role, str, str]] = {
    "oncologist": (Role.ONCOLOGIST, "Dr A. Okafor", "Consultant oncologist"),
    "pathologist": (Role.PATHOLOGIST, "Dr L. Brandt", "Molecular pathologist"),
    "radiologist": (Role.RADIOLOGIST, "Dr S. Iyer", "Consultant radiologist"),
    "coordinator": (Role.COORDINATOR, "M. Duarte", "Tumor board coordinator"),
    "steward": (Role.DATA_STEWARD, "J. Novak", "Data steward"),
    "administrator": (Role.ADMINISTRATOR, "R. Haas", "Administrator"),
}


@transaction.atomic
def ensure_people(password: str) -> dict[str, User]:
    """Make the demo's accounts, or give those that exist the current password."""
    return {username: _ensure(username, *who, password) for username, who in PEOPLE.items()}


def _ensure(username: str, role: Role, name: str, title: str, password: str) -> User:
    user, _ = User.objects.get_or_create(
        username=username, defaults={"display_name": name, "job_title": title, "email": ""}
    )
    if not user.check_password(password):
        user.set_password(password)
        user.save()
    user.groups.add(Group.objects.get_or_create(name=role.group_name)[0])
    if role is Role.ADMINISTRATOR and not user.is_staff:
        user.is_staff = user.is_superuser = True
        user.save()
    return user
