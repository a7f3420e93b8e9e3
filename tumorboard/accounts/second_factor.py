"""The second factor: one-time codes of an authenticator (TOTP, RFC 6238), and recovery codes on paper.

It needs no other system, so it works when single sign-on is down. A code is good once.
"""

from __future__ import annotations

import hmac
import secrets
import time
from datetime import timedelta
from typing import Any

import pyotp
import segno
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from tumorboard.accounts.models import RecoveryCode, SecondFactor, User
from tumorboard.accounts.refusals import Refused
from tumorboard.accounts.sealing import seal, unseal
from tumorboard.audit.events import Event
from tumorboard.audit.record import record

ISSUER = "Tumorboard"
STEP = 30  # seconds a code is good for; one step early or late is taken too
CONFIRMED_FOR = timedelta(minutes=5)
FAILURES, LOCKED_FOR = 5, timedelta(minutes=15)
RECOVERY_CODES = 8
SESSION_KEY = "second_factor_at"


def new_secret() -> str:
    return pyotp.random_base32()


def qr_code(user: User, secret: str) -> str:
    """A picture of the secret for an authenticator, as a data: address that the page's policy allows."""
    uri = pyotp.TOTP(secret).provisioning_uri(name=user.username, issuer_name=ISSUER)
    return segno.make(uri, error="m").svg_data_uri(scale=4, border=2)


def is_enrolled(user: Any) -> bool:
    return SecondFactor.objects.filter(user=user).exists()


@transaction.atomic
def enrol(*, user: User, secret: str, code: str, by: User) -> list[str]:
    """Set up the authenticator once it has shown a right code. Returns recovery codes, to be shown once."""
    if by.pk != user.pk:
        raise Refused("Everybody sets up their own second factor.")
    if SecondFactor.objects.filter(user=user).exists():
        raise Refused("A second factor is set up already. Remove it first.")
    step = _step_of(secret, code, after=0)
    if step is None:
        raise Refused("That code is not right. Is the clock of your device right?")
    SecondFactor.objects.create(user=user, secret=seal(secret.encode(), _place(user)), last_step=step)
    codes = [f"{secrets.token_hex(3)}-{secrets.token_hex(3)}" for _ in range(RECOVERY_CODES)]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, code=make_password(code)) for code in codes)
    record(Event.SECOND_FACTOR_ENROLLED, by=by, target=user)
    return codes


@transaction.atomic
def remove(*, user: User, by: User) -> None:
    """Take the second factor away: one's own after confirming it, another's as an administrator."""
    SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    record(Event.SECOND_FACTOR_REMOVED, by=by, target=user)


def confirm(request: HttpRequest, code: str) -> None:
    """Check a code and remember it in the session. Raises Refused; the failure is counted even so."""
    if not _checked(request.user, code.strip().replace(" ", "")):
        raise Refused("That code is not right, or was used before. Wait for the next one.")
    request.session[SESSION_KEY] = timezone.now().timestamp()


def confirmed_recently(request: HttpRequest) -> bool:
    """Whether this session has shown a second factor within the last five minutes."""
    at = request.session.get(SESSION_KEY)
    age = timezone.now().timestamp() - at if isinstance(at, (int, float)) else None
    return age is not None and 0 <= age < CONFIRMED_FOR.total_seconds() and is_enrolled(request.user)


@transaction.atomic
def _checked(user: Any, code: str) -> bool:
    """Whether the code is right, with its record; the row is locked, so that a code is good for one only."""
    factor = SecondFactor.objects.select_for_update().filter(user=user).first()
    if factor is None:
        raise Refused("Set up a second factor first, on your profile page.")
    if factor.locked_until is not None and factor.locked_until > timezone.now():
        raise Refused("Too many wrong codes. Try again in a quarter of an hour.")
    step = _step_of(unseal(factor.secret, _place(user)).decode(), code, after=factor.last_step)
    if step is None and not _recovered(user, code):
        _count_failure(factor)
        return False
    factor.last_step, factor.failures, factor.locked_until = step or factor.last_step, 0, None
    factor.save(update_fields=["last_step", "failures", "locked_until"])
    record(Event.SECOND_FACTOR_CONFIRMED, by=user, target=user)
    return True


def _count_failure(factor: SecondFactor) -> None:
    factor.failures += 1
    event = Event.SECOND_FACTOR_FAILED
    if factor.failures >= FAILURES:
        factor.failures, factor.locked_until = 0, timezone.now() + LOCKED_FOR
        event = Event.SECOND_FACTOR_LOCKED
    factor.save(update_fields=["failures", "locked_until"])
    record(event, by=factor.user, target=factor.user)


def _recovered(user: Any, code: str) -> bool:
    """A recovery code, used up by this."""
    if len(code) != 13:
        return False
    for row in RecoveryCode.objects.select_for_update().filter(user=user, used_at=None):
        if check_password(code, row.code):
            RecoveryCode.objects.filter(pk=row.pk).update(used_at=timezone.now())
            record(Event.RECOVERY_CODE_USED, by=user, target=user)
            return True
    return False


def _step_of(secret: str, code: str, *, after: int) -> int | None:
    """The time step the code belongs to: now, one before or after; later than the last one used."""
    if not (code.isascii() and code.isdigit() and len(code) == 6):
        return None
    totp, now = pyotp.TOTP(secret, interval=STEP), int(time.time()) // STEP
    for step in (now, now - 1, now + 1):
        if hmac.compare_digest(totp.at(step * STEP), code):
            return step if step > after else None
    return None


def _place(user: Any) -> str:
    return f"second factor of {user.pk}"
