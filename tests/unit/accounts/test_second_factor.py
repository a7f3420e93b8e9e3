"""One-time codes: once, in time, few wrong ones; recovery codes; confirmed for five minutes."""

from __future__ import annotations

import time
from datetime import timedelta

import pyotp
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories.accounts import oncologist
from tumorboard.accounts import second_factor
from tumorboard.accounts.models import RecoveryCode, SecondFactor, User
from tumorboard.accounts.refusals import Refused
from tumorboard.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


class Asked:
    """As much of a request as the second factor looks at."""

    def __init__(self, user: User) -> None:
        self.user, self.session = user, {}


@pytest.fixture
def alice(db: None) -> User:
    return oncologist("alice")


@pytest.fixture
def secret(alice: User) -> str:
    secret = second_factor.new_secret()
    second_factor.enrol(user=alice, secret=secret, code=code(secret, -1), by=alice)
    return secret


def code(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(time.time()) + 30 * steps)


def test_a_right_code_is_good_for_five_minutes(
    alice: User, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(alice)
    assert not second_factor.confirmed_recently(asked)
    second_factor.confirm(asked, code(secret))
    assert second_factor.confirmed_recently(asked)
    for seconds, holds in [(299, True), (301, False), (-1, False)]:
        asked.session[second_factor.SESSION_KEY] = timezone.now().timestamp() - seconds
        assert second_factor.confirmed_recently(asked) is holds
    asked.session[second_factor.SESSION_KEY] = "yes"
    assert not second_factor.confirmed_recently(asked)


def test_a_code_is_good_once(alice: User, secret: str) -> None:
    used = code(secret)
    second_factor.confirm(Asked(alice), used)
    with pytest.raises(Refused):
        second_factor.confirm(Asked(alice), used)
    with pytest.raises(Refused, match="not right"):
        second_factor.confirm(Asked(alice), code(secret, -1))  # older than the last one used
    second_factor.confirm(Asked(alice), code(secret, 1))


@pytest.mark.parametrize("wrong", ["", "000000", "12345", "abcdef", "１２３４５６", "1234567"])
def test_a_wrong_code(alice: User, secret: str, wrong: str) -> None:
    if wrong == code(secret):
        return
    with pytest.raises(Refused):
        second_factor.confirm(Asked(alice), wrong)
    assert SecondFactor.objects.get().failures == 1
    assert AuditEvent.objects.filter(event="second_factor_failed").count() == 1


@pytest.mark.parametrize("steps", [-3, 3])
def test_a_code_of_another_time(alice: User, secret: str, steps: int) -> None:
    with pytest.raises(Refused):
        second_factor.confirm(Asked(alice), code(secret, steps))


def test_too_many_wrong_codes_lock_it(alice: User, secret: str) -> None:
    for _ in range(second_factor.FAILURES):
        with pytest.raises(Refused, match="not right"):
            second_factor.confirm(Asked(alice), "nonsense")
    with pytest.raises(Refused, match="Too many"):
        second_factor.confirm(Asked(alice), code(secret))
    assert AuditEvent.objects.filter(event="second_factor_locked").exists()
    SecondFactor.objects.update(locked_until=timezone.now() - timedelta(seconds=1))
    second_factor.confirm(Asked(alice), code(secret))


def test_a_recovery_code_is_good_once_and_never_stored(alice: User) -> None:
    secret = second_factor.new_secret()
    codes = second_factor.enrol(user=alice, secret=secret, code=code(secret), by=alice)
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    assert not set(codes) & set(RecoveryCode.objects.values_list("code", flat=True))
    second_factor.confirm(Asked(alice), codes[0])
    with pytest.raises(Refused):
        second_factor.confirm(Asked(alice), codes[0])
    second_factor.confirm(Asked(alice), codes[1])


def test_the_secret_is_sealed_and_of_one_account(alice: User, secret: str) -> None:
    assert secret.encode() not in bytes(SecondFactor.objects.get().secret)
    bob = oncologist("bob")
    SecondFactor.objects.update(user=bob)
    with pytest.raises(Exception, match="does not open"):
        second_factor.confirm(Asked(bob), code(secret))


def test_nobody_sets_it_up_for_another_or_twice(alice: User, secret: str) -> None:
    for user, by in [(oncologist("bob"), alice), (alice, alice)]:
        with pytest.raises(Refused):
            second_factor.enrol(user=user, secret=secret, code=code(secret), by=by)


def test_without_one_there_is_nothing_to_confirm(alice: User) -> None:
    with pytest.raises(Refused, match="Set up"):
        second_factor.confirm(Asked(alice), "123456")


def test_the_pages(alice: User, client: Client) -> None:
    client.force_login(alice)
    page = client.get(reverse("accounts:second_factor"))
    secret = client.session["second_factor"]
    assert "data:image/svg+xml" in page.content.decode()
    assert secret in page.content.decode()
    wrong = client.post(reverse("accounts:second_factor"), {"code": "1"})
    assert "not right" in wrong.content.decode()
    done = client.post(reverse("accounts:second_factor"), {"code": code(secret)}).content.decode()
    assert "recovery codes" in done
    assert secret not in client.get(reverse("accounts:second_factor")).content.decode()
    confirm = reverse("accounts:confirm_second_factor")
    assert client.post(confirm, {"code": "1", "next": "/profile/"}).status_code == 409
    for where, lands in [
        ("/profile/", "/profile/"),
        ("https://elsewhere.example/", reverse("cases:worklist")),
    ]:
        SecondFactor.objects.update(last_step=0)
        assert client.post(confirm, {"code": code(secret), "next": where}).url == lands
    SecondFactor.objects.update(last_step=0)
    client.post(reverse("accounts:remove_second_factor"), {"code": code(secret)})
    assert not second_factor.is_enrolled(alice)
