"""Sign-in, sign-out and failures go on record, whichever page they happen on."""

from __future__ import annotations

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver

from tumorboard.accounts.models import User
from tumorboard.audit.events import Event
from tumorboard.audit.record import record


@receiver(user_logged_in)
@transaction.atomic
def signed_in(sender: Any, user: User, **kwargs: Any) -> None:
    record(Event.SIGNED_IN, by=user, target=user)


@receiver(user_logged_out)
@transaction.atomic
def signed_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        record(Event.SIGNED_OUT, by=user, target=user)


@receiver(user_login_failed)
@transaction.atomic(durable=True)  # no rollback of a caller may take a failure off the record
def sign_in_failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    record(Event.SIGN_IN_FAILED, by=None, target=_known(credentials.get("username")))


@receiver(user_locked_out)
@transaction.atomic(durable=True)
def sign_in_locked(sender: Any, username: str | None = None, **kwargs: Any) -> None:
    record(Event.SIGN_IN_LOCKED, by=None, target=_known(username))


def _known(username: str | None) -> User | None:
    """The account that was meant. What was typed is not recorded: it may be a password in the wrong field."""
    return User.objects.filter(username=username).first() if username else None
