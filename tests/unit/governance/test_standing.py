"""What a person is, in two statements: they say what the models say."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.factories.accounts import person
from tumorboard.accounts.models import User
from tumorboard.governance.models import PatientReach, Securable, SecurableGroupGrant, SecurableUserGrant
from tumorboard.governance.permissions import Standing
from tumorboard.governance.policies.words import Grant
from tumorboard.governance.standing import LoadedPerson, grants_of

DAY = timedelta(days=1)
TIMES = [(-1, None), (-1, 1), (-2, -1), (1, None)]  # days from now: begins, ends


@pytest.fixture
def member(db: None) -> User:
    user = person("mia")
    user.groups.add(Group.objects.create(name="board:a"), Group.objects.create(name="board:b"))
    Group.objects.create(name="board:of others")
    return user


@pytest.fixture
def relations(member: User) -> list[str]:
    """Every kind of relation, each of a patient of its own."""
    now, other = timezone.now(), person("otto")
    groups = {group.name: {"group": group} for group in Group.objects.filter(name__startswith="board:")}
    whose: dict[str, dict[str, Any]] = {"own": {"user": member}, "other": {"user": other}, **groups}
    keys = []
    for (name, principal), (begins, ends), reason in product(whose.items(), TIMES, PatientReach.Reason):
        keys.append(f"{name} {begins} {ends} {reason}")
        until = None if ends is None else now + ends * DAY
        PatientReach.objects.create(
            patient_key=keys[-1], reason=reason, starts_at=now + begins * DAY, ends_at=until, **principal
        )
    return keys


@pytest.mark.parametrize("asked", ["all of them", "every second", "one unknown", "none", "open"])
def test_relations_are_those_of_the_model(member: User, relations: list[str], asked: str) -> None:
    keys = {
        "all of them": relations,
        "every second": relations[::2],
        "one unknown": ["x"],
        "none": [],
        "open": None,
    }[asked]
    rows = PatientReach.objects.of(member)
    rows = rows if keys is None else rows.filter(patient_key__in=keys)
    found = LoadedPerson(member, keys)
    emergency = {row.patient_key for row in rows if row.reason == PatientReach.Reason.BREAK_GLASS}
    assert found.related == {row.patient_key for row in rows}
    assert found.own == {row.patient_key for row in rows if row.user_id} - emergency
    assert found.emergency == emergency


def _granted(securables: list[Securable], **terms: Any) -> None:
    kind = SecurableUserGrant if "user" in terms else SecurableGroupGrant
    select = Permission.objects.get(codename="select", content_type__app_label="governance")
    for securable in securables:
        kind.objects.create(permission=select, content_object=securable, purposes=["treatment"], **terms)


def test_equal_grants_of_several_groups_are_one(member: User) -> None:
    (labs, notes, old) = (
        Securable.objects.create(kind="table", name=f"t.{n}") for n in ("labs", "notes", "old")
    )
    first, second = member.groups.order_by("name")
    _granted([labs], group=first)
    _granted([labs, notes], group=second)
    _granted([labs], user=member, effect="deny")
    _granted([old], user=member, expires_at=timezone.now() - DAY)
    _granted([old], group=Group.objects.get(name="board:of others"))
    purposes = frozenset({"treatment"})
    of_group = {Grant("select", "t.labs", purposes), Grant("select", "t.notes", purposes)}
    found = LoadedPerson(member, ()).grants
    assert set(found) == of_group | {Grant("select", "t.labs", purposes, deny=True)}
    assert len(found) == 3
    assert set(grants_of([second.pk])) == of_group


def test_somebody_without_anything(db: None) -> None:
    found = LoadedPerson(person("nemo"), ["p"])
    assert (found.grants, found.group_ids, found.related) == ((), [], frozenset())


def test_a_decision_asks_three_times(member: User, relations: list[str]) -> None:
    Standing.of(member, relations).decide("treatment", "silver.labs", relations[0])
    with CaptureQueriesContext(connection) as asked:
        standing = Standing.of(member, relations)
        for table in ("silver.labs", "silver.patients", "gold.timeline"):
            standing.decide_all("treatment", table, relations)
        standing.user.group_names  # noqa: B018 - known from the first of them
    assert len(asked) <= 3
