"""A person's own tokens, for a notebook or a command on this machine. Each is on record."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from tumorboard.accounts import second_factor
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance.capabilities import issue_capability
from tumorboard.governance.choosing import studies_of
from tumorboard.governance.models import Capability, Privilege, Study
from tumorboard.governance.models.capabilities import PERSONAL
from tumorboard.governance.permissions import CATALOG, Standing, has_grant, is_service, purposes_of
from tumorboard.governance.purposes import RESEARCH
from tumorboard.lake import tables

LONGEST = 8  # hours
AT_ONCE = 5


def openable(by: Any, purposes: Collection[str]) -> list[str]:
    """The tables that the person may read for one of these purposes; never rows as received."""
    standing = Standing.of(by, ())
    names = [t.name for t in tables.all_tables() if not t.name.startswith("bronze.")]
    return [name for name in names if any(standing.opens(p, name).allowed for p in purposes)]


@transaction.atomic
def issue_token(
    *,
    name: str,
    channel: str,
    purposes: Sequence[str],
    reads: Sequence[str],
    hours: int,
    by: Any,
    confirmed: bool,
    study: Study | None = None,
) -> str:
    """A new token for oneself: the only copy. It opens nothing that the person's own rights do not open at
    each read; it ends after `hours`, and when the person changes their password or signs out everywhere.

    `confirmed`: a second factor was shown within the last minutes; asked of those who have one.
    """
    if is_service(by) or not by.is_active:
        raise PermissionDenied("own tokens are for people")
    if second_factor.is_enrolled(by) and not confirmed:
        raise Refused("Confirm your second factor first.")
    if not name.strip() or channel not in PERSONAL or not 1 <= hours <= LONGEST:
        raise Refused(f"A token has a name, is for a notebook or a command, and lasts 1 to {LONGEST} hours.")
    _check_purposes(by, purposes, study)
    _check_tables(by, purposes, reads)
    if Capability.objects.personal().in_force().filter(user=by).count() >= AT_ONCE:
        raise Refused(f"You have {AT_ONCE} tokens in force. Revoke one first.")
    return issue_capability(
        user=by,
        purposes=list(purposes),
        reads=sorted(set(reads)),
        by=by,
        channel=channel,
        lasts=timedelta(hours=hours),
        name=name.strip(),
        study=study,
        seal=by.get_session_auth_hash(),
    )


def _check_purposes(by: Any, purposes: Sequence[str], study: Study | None) -> None:
    if not purposes or not set(purposes) <= set(purposes_of(by)):
        raise Refused("Choose among the purposes that your roles allow.")
    if (RESEARCH in purposes) != (study is not None):
        raise Refused("A token for research, and no other, names its study.")
    if study is not None and study not in studies_of(by):
        raise Refused("Research is for one of your open studies.")


def _check_tables(by: Any, purposes: Sequence[str], reads: Sequence[str]) -> None:
    if not reads:
        raise Refused("Choose at least one table.")
    if closed := sorted(set(reads) - set(openable(by, purposes))):
        raise Refused(f"{closed[0]} is not open to you for these purposes.")


@transaction.atomic
def revoke_token(*, token: Capability, by: Any) -> None:
    """End a token now: one's own, or, as somebody who reads the access log, another's."""
    if token.user_id != by.pk and not has_grant(by, Privilege.AUDIT_READ, CATALOG):
        raise PermissionDenied("this token is somebody else's")
    now = timezone.now()
    if not Capability.objects.personal().in_force().filter(pk=token.pk).update(revoked_at=now):
        raise ChangedMeanwhile("This token has ended already.")
    record(Event.TOKEN_REVOKED, by=by, target=token, channel=token.channel, owner=token.user_id)
