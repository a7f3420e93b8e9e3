"""One's own tokens: what may be in one, shown once, revoked, on record.

Reading with one: tests/integration/test_client.py.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import person
from tumorboard.accounts.models import SecondFactor, User
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.accounts.roles import Role
from tumorboard.audit.models import AuditEvent
from tumorboard.governance.actions import (
    add_study_member,
    create_study,
    issue_token,
    register_securables,
    revoke_token,
)
from tumorboard.governance.actions.tokens import AT_ONCE
from tumorboard.governance.models import Capability

pytestmark = pytest.mark.django_db
ADDRESS = "governance:tokens"


@pytest.fixture(autouse=True)
def granted(db: None) -> None:
    register_securables()


@pytest.fixture
def alice() -> User:
    return person("alice", Role.ONCOLOGIST)


def issued(by: User, **more: Any) -> str:
    asked = {
        "name": "notes", "channel": "notebook", "purposes": ["treatment"], "reads": ["gold.timeline"],
        "hours": 8,
    }  # fmt: skip
    return issue_token(**{**asked, "by": by, "confirmed": False, **more})


def test_a_token_is_kept_as_a_hash_and_ends(alice: User) -> None:
    token = issued(alice)
    (kept,) = Capability.objects.personal()
    assert kept.expires_at - kept.issued_at <= timedelta(hours=8, seconds=1)
    assert (kept.user, kept.writes, kept.job_id, kept.used_at) == (alice, [], "", None)
    everything = str(list(Capability.objects.values())) + str(list(AuditEvent.objects.values()))
    assert token not in everything
    assert AuditEvent.objects.filter(event="token_issued", actor_id=str(alice.pk)).count() == 1


WRONG = {
    "no purpose": {"purposes": []},
    "a purpose of others": {"purposes": ["treatment", "quality"]},
    "a purpose of services": {"purposes": ["operations"]},
    "no table": {"reads": []},
    "a table as received": {"reads": ["bronze.fhir"]},
    "too long": {"hours": 9},
    "no time": {"hours": 0},
    "no name": {"name": " "},
    "a channel of the web": {"channel": "web"},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_no_token_is_for(alice: User, wrong: str) -> None:
    with pytest.raises(Refused):
        issued(alice, **WRONG[wrong])
    assert not Capability.objects.exists()


def test_research_names_a_study_of_ones_own() -> None:
    rita = person("rita", Role.RESEARCHER)
    study = create_study(code="lung", title="L", starts_on=date(2020, 1, 1), by="tests")
    research = {"purposes": ["research"], "reads": ["silver.labs"]}
    for wrong in ({}, {"study": study}):
        with pytest.raises(Refused):
            issued(rita, **research, **wrong)
    add_study_member(study=study, user=rita, by="tests")
    assert issued(rita, **research, study=study)


def test_whoever_has_a_second_factor_shows_it(alice: User) -> None:
    SecondFactor.objects.create(user=alice, secret=b"x")
    with pytest.raises(Refused, match="second factor"):
        issued(alice)
    assert issued(alice, confirmed=True)


def test_not_many_at_once(alice: User) -> None:
    for _ in range(AT_ONCE):
        issued(alice)
    with pytest.raises(Refused, match="in force"):
        issued(alice)
    revoke_token(token=Capability.objects.first(), by=alice)
    assert issued(alice)


def test_who_revokes(alice: User) -> None:
    issued(alice)
    token = Capability.objects.get()
    with pytest.raises(PermissionDenied):
        revoke_token(token=token, by=person("", Role.ONCOLOGIST))
    revoke_token(token=token, by=person("", Role.PRIVACY_OFFICER))
    with pytest.raises(ChangedMeanwhile):
        revoke_token(token=token, by=alice)
    assert AuditEvent.objects.filter(event="token_revoked").count() == 1


def test_the_page_shows_a_token_once(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.get(reverse("accounts:profile")).content.count(reverse(ADDRESS).encode()) == 1
    asked = {
        "name": "My notes", "channel": "cli", "purposes": ["treatment"], "reads": ["gold.timeline"],
        "hours": 2,
    }  # fmt: skip
    shown = client.post(reverse(ADDRESS), asked).content.decode()
    (token,) = re.findall(r"<code>([\w-]{43})</code>", shown)
    again = client.get(reverse(ADDRESS)).content.decode()
    assert "My notes" in again and token not in again
    assert client.post(reverse(ADDRESS), {**asked, "hours": 20}).status_code == 422
    assert client.post(reverse(ADDRESS), {**asked, "reads": ["bronze.fhir"]}).status_code == 422
    revoke = reverse("governance:revoke_token", args=[Capability.objects.get().pk])
    other = Client()
    other.force_login(person("", Role.ONCOLOGIST))
    assert other.post(revoke).status_code == 404
    assert client.post(revoke).status_code == 302
    assert not Capability.objects.in_force().exists()


def test_the_page_asks_for_the_second_factor_first(client: Client, alice: User) -> None:
    SecondFactor.objects.create(user=alice, secret=b"x")
    client.force_login(alice)
    assert reverse("accounts:confirm_second_factor").encode() in client.get(reverse(ADDRESS)).content
