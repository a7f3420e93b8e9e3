"""Alice cares for the patient, Bob sits on the board, Carol coordinates it, Charlie must get nothing."""

from __future__ import annotations

from itertools import count

from tumorboard.accounts.actions import set_roles
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role

PASSWORD = "a long enough secret"
numbers = count(1)


def person(username: str = "", *roles: Role, **fields: object) -> User:
    name = username or f"person{next(numbers)}"
    user = User(username=name, display_name=name.capitalize(), **fields)
    user.set_password(PASSWORD)
    user.save()
    set_roles(user=user, roles=roles, by="tests")
    return User.objects.get(pk=user.pk)


def oncologist(username: str = "") -> User:
    return person(username, Role.ONCOLOGIST)


def administrator(username: str = "") -> User:
    return person(username, Role.ADMINISTRATOR)
