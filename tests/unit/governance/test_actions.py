"""Relations that open and end, grants that can be given again, snapshots."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.factories.accounts import person
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.audit.models import AuditEvent
from tumorboard.governance.actions import (
    close_reach,
    open_reach,
    pin_snapshot,
    register_securables,
    snapshots,
)
from tumorboard.governance.actions import reach as reaching
from tumorboard.governance.models import PatientReach, Securable, SecurableGroupGrant
from tumorboard.governance.permissions import can_reach, has_grant
from tumorboard.lake import tables

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(db: None) -> User:
    return person("alice", Role.ONCOLOGIST)


def test_open_and_close(user: User) -> None:
    reach = open_reach(patient_key="p1", reason="care_team", by=user, user=user)
    assert can_reach(user, "p1")
    assert close_reach(reach=reach, by=user)
    assert not can_reach(user, "p1")
    assert not close_reach(reach=reach, by=user)
    events = AuditEvent.objects.filter(patient_key="p1").values_list("event", flat=True)
    assert list(events) == ["reach_opened", "reach_closed"]


def test_the_same_relation_twice_is_one_until_the_later_end(user: User) -> None:
    now = timezone.now()
    what = {"patient_key": "p1", "reason": "agenda", "by": user, "user": user}
    first = open_reach(**what, until=now + timedelta(days=2))
    for until, expected in [(1, 2), (5, 5)]:
        again = open_reach(**what, until=now + timedelta(days=until))
        assert again.pk == first.pk
        assert again.ends_at == now + timedelta(days=expected)
    assert open_reach(**what).ends_at is None
    assert open_reach(**what, until=now + timedelta(days=1)).ends_at is None
    assert PatientReach.objects.count() == 1


def test_after_its_end_a_relation_is_opened_anew(user: User) -> None:
    first = open_reach(patient_key="p1", reason="care_team", by=user, user=user)
    close_reach(reach=first, by=user)
    assert open_reach(patient_key="p1", reason="care_team", by=user, user=user).pk != first.pk
    assert can_reach(user, "p1")


def test_a_boards_relation_reaches_its_members_while_they_are(user: User) -> None:
    group = Group.objects.create(name="board:1")
    open_reach(patient_key="p1", reason="agenda", by=user, group=group)
    assert not can_reach(user, "p1")
    user.groups.add(group)
    assert can_reach(user, "p1")
    user.groups.remove(group)
    assert not can_reach(user, "p1")


def test_a_relation_is_of_a_person_or_a_group(user: User) -> None:
    group = Group.objects.create(name="board:1")
    for whom in ({}, {"user": user, "group": group}):
        with pytest.raises(IntegrityError), transaction.atomic():
            open_reach(patient_key="p1", reason="agenda", by=user, **whom)


@pytest.mark.parametrize("action", ["open", "close", "pin"])
def test_nothing_changes_without_its_record(user: User, action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    reach = open_reach(patient_key="p0", reason="care_team", by=user, user=user)

    def fails(*args: object, **kwargs: object) -> None:
        raise ConnectionError("the audit log cannot be written")

    for module in (reaching, snapshots):
        monkeypatch.setattr(module, "record", fails)
    with pytest.raises(ConnectionError), transaction.atomic():
        match action:
            case "open":
                open_reach(patient_key="p1", reason="care_team", by=user, user=user)
            case "close":
                close_reach(reach=reach, by=user)
            case "pin":
                pin_snapshot(by=user)
    assert PatientReach.objects.in_force().count() == 1


def test_registering_again_changes_nothing(db: None) -> None:
    register_securables()
    before = (Securable.objects.count(), SecurableGroupGrant.objects.count())
    register_securables()
    assert (Securable.objects.count(), SecurableGroupGrant.objects.count()) == before
    assert set(Securable.objects.filter(kind="table").values_list("name", flat=True)) == {
        table.name for table in tables.all_tables()
    }


@pytest.mark.parametrize(
    ("role", "privileges"),
    [
        (Role.ONCOLOGIST, {"select", "read_volume"}),
        (Role.PATHOLOGIST, {"select", "read_volume"}),
        (Role.RADIOLOGIST, {"select", "read_volume"}),
        (Role.COORDINATOR, {"select", "read_volume"}),
        (Role.DATA_STEWARD, {"browse"}),
        (Role.ADMINISTRATOR, {"browse"}),
    ],
)
def test_standing_grants_of_a_role(db: None, role: Role, privileges: set[str]) -> None:
    register_securables()
    holder = person("", role)
    held = {p for p in ("select", "read_volume", "browse") if has_grant(holder, p, "silver.patients")}
    assert held == privileges


def test_a_snapshot_pins_the_latest_of_every_table(lake_of_two: Path, user: User) -> None:
    snapshot = pin_snapshot(by=user)
    assert {name: entry["version"] for name, entry in snapshot.entries.items()} == {
        "bronze.notes": 0, "silver.diagnoses": 0, "silver.patients": 1, "silver.trials": 0,
    }  # fmt: skip
    assert all(len(entry["hash"]) == 64 for entry in snapshot.entries.values())
    assert snapshot.version("gold.timeline") is None


def test_a_snapshot_of_an_empty_lake(user: User) -> None:
    assert pin_snapshot(by=user).entries == {}
