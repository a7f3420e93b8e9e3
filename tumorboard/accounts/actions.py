"""Every change to an account."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction

from tumorboard.accounts.models import User, new_session_seal
from tumorboard.accounts.roles import PREFIX, Role, roles_of
from tumorboard.audit.events import Event
from tumorboard.audit.record import record


@transaction.atomic
def create_user(
    *,
    username: str,
    display_name: str,
    password: str | None,
    roles: Iterable[Role] = (),
    by: User | str,
    job_title: str = "",
    email: str = "",
    is_staff: bool = False,
) -> User:
    """An account with its roles. `by` is a user, or the name of the command that sets up an installation.

    ValidationError names a username that is taken or not allowed. Without a password nobody can sign in.
    """
    user = User(
        username=username, display_name=display_name, job_title=job_title, email=email, is_staff=is_staff
    )
    user.set_password(password)
    user.full_clean()
    user.save()
    record(Event.USER_CREATED, by=by, target=user)
    set_roles(user=user, roles=roles, by=by)
    return user


@transaction.atomic
def set_roles(*, user: User, roles: Iterable[Role], by: User | str) -> None:
    """Give and take roles so that the person has exactly these; other groups (boards) are left alone."""
    wanted, held = frozenset(roles), roles_of(User.objects.select_for_update().get(pk=user.pk))
    for role in sorted(wanted - held):
        user.groups.add(Group.objects.get_or_create(name=role.group_name)[0])
        record(Event.ROLE_GIVEN, by=by, target=user, role=role.value)
    for role in sorted(held - wanted):
        user.groups.remove(Group.objects.get(name=PREFIX + role.value))
        record(Event.ROLE_TAKEN, by=by, target=user, role=role.value)
    user.__dict__.pop("group_names", None)


@transaction.atomic
def change_password(*, user: User, password: str, by: User) -> None:
    """Set a new password, which ends all other sessions of the account."""
    if not password:
        raise ValidationError("A password cannot be empty.")
    user.set_password(password)
    user.save(update_fields=["password"])
    record(Event.PASSWORD_CHANGED, by=by, target=user)


@transaction.atomic
def sign_out_everywhere(*, user: User, by: User) -> None:
    """End every session of the account, on every device, at its next request."""
    user.session_seal = new_session_seal()
    user.save(update_fields=["session_seal"])
    record(Event.SIGNED_OUT_EVERYWHERE, by=by, target=user)
