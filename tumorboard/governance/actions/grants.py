"""Grants on securables: given, denied, taken."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance import rulebook
from tumorboard.governance.actions.checks import check_may
from tumorboard.governance.actions.who import person
from tumorboard.governance.models import (
    DATA_PRIVILEGES,
    Effect,
    Privilege,
    Securable,
    SecurableGroupGrant,
    SecurableUserGrant,
)
from tumorboard.governance.purposes import PURPOSES


@transaction.atomic
def give_grant(
    *,
    privilege: str,
    securable: Securable,
    by: Any,
    user: Any = None,
    group: Group | None = None,
    purposes: Collection[str] = (),
    until: datetime | None = None,
    ticket: str = "",
    effect: str = Effect.ALLOW,
) -> SecurableUserGrant | SecurableGroupGrant:
    """Give a person, or a group, a privilege; or deny it, which wins over every grant.

    Whoever manages a securable cannot open its data to themself: a second steward must.
    """
    check_may(by, Privilege.MANAGE, securable.name)
    if (user is None) == (group is None):
        raise Refused("A grant is for one person or one group.")
    _check_purposes(Privilege(privilege), purposes, effect)
    if effect == Effect.ALLOW:
        _check_not_to_oneself(Privilege(privilege), by, user, group)
    principal: dict[str, Any] = {"user": user} if user is not None else {"group": group}
    model = SecurableUserGrant if user is not None else SecurableGroupGrant
    grant, _ = model.objects.update_or_create(
        **principal,
        permission=permission(privilege),
        content_object=securable,
        effect=effect,
        defaults={
            "purposes": sorted(purposes), "expires_at": until, "granted_by": person(by), "ticket": ticket,
        },
    )  # fmt: skip
    _recorded(Event.GRANT_GIVEN, grant, by)
    return grant


@transaction.atomic
def take_grant(*, grant: SecurableUserGrant | SecurableGroupGrant, by: Any) -> None:
    """Take a grant or a denial away. Nobody lifts a denial of data from themself."""
    check_may(by, Privilege.MANAGE, grant.content_object.name)
    if grant.effect == Effect.DENY:
        user, group = getattr(grant, "user", None), getattr(grant, "group", None)
        _check_not_to_oneself(grant.privilege, by, user, group)
    _recorded(Event.GRANT_TAKEN, grant, by)
    if not type(grant).objects.filter(pk=grant.pk).delete()[0]:
        raise ChangedMeanwhile("This grant has already been taken away.")


def permission(privilege: str) -> Permission:
    return Permission.objects.get(
        content_type__app_label="governance", content_type__model="securable", codename=privilege
    )


def _check_purposes(privilege: Privilege, purposes: Collection[str], effect: str) -> None:
    if unknown := sorted(set(purposes) - set(PURPOSES)):
        raise Refused(f"There is no purpose {unknown[0]!r}; known are {', '.join(PURPOSES)}.")
    if privilege in DATA_PRIVILEGES and effect == Effect.ALLOW and not purposes:
        raise Refused("A grant that opens data names its purposes.")


def _check_not_to_oneself(privilege: Privilege, by: Any, user: Any, group: Group | None) -> None:
    if privilege not in DATA_PRIVILEGES or isinstance(by, str):
        return
    mine = group is not None and by.groups.filter(pk=group.pk).exists()
    if mine or (user is not None and user.pk == by.pk):
        raise Refused("Nobody opens patients' data to themself: ask a second steward.")


def _recorded(event: Event, grant: Any, by: Any) -> None:
    whom = {"group": grant.group.name} if hasattr(grant, "group") else {"user": grant.user_id}
    record(
        event,
        by=by,
        target=("securable", grant.content_object.name),
        privilege=grant.permission.codename,
        effect=str(grant.effect),
        purposes=list(grant.purposes),
        ticket=grant.ticket,
        **whom,
    )
    rulebook.move_mark()
