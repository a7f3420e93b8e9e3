"""Who may read what, why; that each read is on record before it happens; that old versions stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.utils import timezone

from tests.factories.accounts import person
from tests.unit.governance.conftest import born, write
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.audit.models import AuditEvent
from tumorboard.audit.record import NAMED
from tumorboard.governance import gate
from tumorboard.governance.actions import close_reach, open_reach, pin_snapshot, record_consents
from tumorboard.governance.gate import NotPublished, Refused, Request, deciding
from tumorboard.governance.models import PatientReach, SecurableGroupGrant
from tumorboard.governance.permissions import PURPOSES, can_reach, decide, reachable_keys
from tumorboard.lake.store import Lake

TREATMENT, OPERATIONS, TRAINING = "treatment", "operations", "training"


def board(*members: User) -> Group:
    group = Group.objects.create(name="board:1")
    for member in members:
        member.groups.add(group)
    return group


def asked(by: Any, patient: str | None, table: str = "silver.patients", **more: Any) -> Request:
    return Request(by=by, purpose=more.pop("purpose", TREATMENT), table=table, patient_key=patient, **more)


def person_of(kind: str, ann: str, ben: str) -> Any:
    """The people of the truth table, each as it is about Ann."""
    now = timezone.now()
    role = {
        "steward": Role.DATA_STEWARD,
        "administrator": Role.ADMINISTRATOR,
        "coordinator": Role.COORDINATOR,
    }
    if kind == "nobody":
        return None
    if kind == "anonymous":
        return AnonymousUser()
    if kind == "superuser":
        return User.objects.create_superuser("root", password="x")
    user = person(kind.replace(" ", ""), *([] if kind == "no role" else [role.get(kind, Role.ONCOLOGIST)]))
    reach = {"patient_key": ann, "by": "tests"}
    if kind in ("care team", "no role", "inactive", "steward of the care team"):
        open_reach(**reach, reason="care_team", user=user)
    if kind.startswith("board"):
        until = {"board": now + timedelta(days=1), "board, over": now - timedelta(seconds=1)}.get(kind)
        open_reach(**reach, reason="agenda", group=board(user), until=until)
    if kind == "board, not yet":
        PatientReach.objects.update(starts_at=now + timedelta(days=1))
    if kind == "care team, ended":
        close_reach(reach=open_reach(**reach, reason="care_team", user=user), by="tests")
    if kind == "care team of another":
        open_reach(patient_key=ben, reason="care_team", by="tests", user=user)
    if kind == "inactive":
        User.objects.filter(pk=user.pk).update(is_active=False)
        user = User.objects.get(pk=user.pk)
    return user


#                          Ann's rows, all rows, a table without patients
PEOPLE = {
    "nobody": (False, False, False),
    "anonymous": (False, False, False),
    "inactive": (False, False, False),
    "no role": (False, False, False),
    "superuser": (False, False, False),
    "steward": (False, False, False),
    "administrator": (False, False, False),
    "oncologist": (False, False, True),
    "coordinator": (False, False, True),
    "care team": (True, False, True),
    "care team, ended": (False, False, True),
    "care team of another": (False, False, True),
    "board": (True, False, True),
    "board, over": (False, False, True),
    "board, not yet": (False, False, True),
}


@pytest.mark.parametrize(("kind", "answers"), PEOPLE.items())
def test_people_read_for_treatment_whom_they_treat(
    lake_of_two: Path, ann: str, ben: str, kind: str, answers: tuple[bool, bool, bool]
) -> None:
    user = person_of(kind, ann, ben)
    requests = [asked(user, ann), asked(user, None), asked(user, None, "silver.trials")]
    for request, allowed in zip(requests, answers, strict=True):
        assert decide(user, TREATMENT, request.table, request.patient_key).allowed is allowed
        assert read_or_refused(request) is allowed
    for purpose in set(PURPOSES) - {TREATMENT} | {"", "curiosity"}:
        assert not any(read_or_refused(replace(request, purpose=purpose)) for request in requests), purpose


def read_or_refused(request: Request) -> bool:
    try:
        return gate.read(request).num_rows > 0
    except Refused:
        return False


def test_the_service_reads_whole_tables_for_its_own_work_only(service: User, ann: str, ben: str) -> None:
    record_consents(patient_keys=[ann, ben], scope="training", by="tests")
    for purpose in (OPERATIONS, TRAINING):
        assert gate.read(asked(service, None, purpose=purpose)).num_rows == 2
        assert gate.read(asked(service, ann, purpose=purpose)).num_rows == 1
    for purpose in ("treatment", "research", "quality", ""):
        with pytest.raises(Refused):
            gate.read(asked(service, None, purpose=purpose))


def test_reach_helpers_agree_with_the_gate(alice: User, ann: str, ben: str) -> None:
    assert can_reach(alice, ann)
    assert not can_reach(alice, ben)
    assert set(reachable_keys(alice).values_list("patient_key", flat=True)) == {ann}


def test_a_patient_gets_only_their_rows(alice: User, ann: str) -> None:
    assert gate.read(asked(alice, ann))["name"].to_pylist() == ["Quexington, Ann"]


def test_one_patient_out_of_reach_refuses_the_whole(alice: User, ann: str, ben: str) -> None:
    with pytest.raises(Refused):
        gate.read(Request(by=alice, purpose=TREATMENT, table="silver.patients", patient_keys=[ann, ben]))


@pytest.mark.parametrize("key", ["", "p0", "' OR 1=1"])
def test_a_key_of_nobody_is_refused_like_any_other(alice: User, key: str) -> None:
    with pytest.raises(Refused):
        gate.read(asked(alice, key))


def test_no_patients_is_not_all_patients(alice: User) -> None:
    assert gate.read(replace(asked(alice, None), patient_keys=[])).num_rows == 0


@pytest.mark.parametrize("kind", ["nobody", "no role", "superuser", "inactive"])
def test_no_patients_asks_for_the_right_all_the_same(
    lake_of_two: Path, ann: str, ben: str, kind: str
) -> None:
    with pytest.raises(Refused):
        gate.read(replace(asked(person_of(kind, ann, ben), None), patient_keys=[]))


def test_rows_of_bronze_are_of_the_patients_subjects(alice: User, ann: str, ben: str) -> None:
    assert gate.read(asked(alice, ann, "bronze.notes")).num_rows == 1
    open_reach(patient_key=ben, reason="care_team", by="tests", user=alice)
    assert gate.read(asked(alice, ben, "bronze.notes")).num_rows == 0


# --- the record ----------------------------------------------------------------------------------------


def last() -> AuditEvent:
    event = AuditEvent.objects.order_by("seq").last()
    assert event is not None
    return event


def test_a_read_says_who_what_when_why(alice: User, ann: str) -> None:
    gate.read(asked(alice, ann, columns=["name", "sex"]))
    event = last()
    assert (event.event, event.actor_id, event.patient_key) == ("lake_read", str(alice.pk), ann)
    assert (event.table, event.version, event.columns) == ("silver.patients", 1, ["name", "sex"])
    assert event.purpose == TREATMENT
    assert abs(event.at - timezone.now()) < timedelta(seconds=10)
    assert "Quexington" not in str(event.__dict__)


def test_all_columns_are_said_to_be_all(alice: User, ann: str) -> None:
    gate.read(asked(alice, ann))
    assert last().columns == ["*"]


def test_a_refusal_is_on_record(alice: User, ben: str) -> None:
    with pytest.raises(Refused):
        gate.read(asked(alice, ben))
    assert (last().event, last().patient_key, last().table) == ("lake_refused", ben, "silver.patients")


def test_a_read_is_on_record_for_each_of_its_patients(alice: User, ann: str, ben: str) -> None:
    open_reach(patient_key=ben, reason="care_team", by="tests", user=alice)
    gate.read(Request(by=alice, purpose=TREATMENT, table="silver.patients", patient_keys=[ann, ben]))
    (event,) = AuditEvent.objects.filter(event="lake_read")
    assert [AuditEvent.objects.for_patient(key).first() for key in (ann, ben)] == [event, event]


def test_a_long_list_is_one_record_with_its_digest(service: User, ann: str) -> None:
    keys = [ann, *(f"p{number}" for number in range(NAMED))]
    gate.read(Request(by=service, purpose=OPERATIONS, table="silver.patients", patient_keys=keys))
    assert last().patient_count == len(keys)
    assert len(last().patient_digest) == 64


READS = {
    "read": gate.read,
    "read_row": gate.read_row,
    "read_many": lambda request: gate.read_many([request, replace(request, table="silver.diagnoses")]),
    "read_file": lambda request: gate.read_file(replace(request, table="bronze.notes", row_ids=["letter-1"])),
}


@pytest.mark.parametrize("how", READS)
def test_without_a_record_there_is_no_data(
    alice: User, ann: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(Lake, "open", lambda self, table, version: opened.append(table.name))

    def fails(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError("the audit log cannot be written")

    monkeypatch.setattr(deciding, "append", fails)
    with pytest.raises(ConnectionError):
        READS[how](asked(alice, ann))
    assert opened == []


@pytest.mark.parametrize("how", READS)
def test_the_record_is_there_when_the_reading_begins(
    alice: User, ann: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    original = Lake.open

    def watched(self: Lake, table: Any, version: int) -> Any:
        seen.append(AuditEvent.objects.filter(event="lake_read", table=table.name, patient_key=ann).count())
        return original(self, table, version)

    monkeypatch.setattr(Lake, "open", watched)
    READS[how](asked(alice, ann))
    assert seen
    assert all(count == 1 for count in seen)


@pytest.mark.parametrize("how", READS)
def test_what_is_refused_is_recorded_and_not_opened(
    alice: User, ben: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(Lake, "open", lambda self, table, version: opened.append(table.name))
    with pytest.raises(Refused):
        READS[how](asked(alice, ben))
    assert opened == []
    assert set(AuditEvent.objects.for_patient(ben).values_list("event", flat=True)) == {"lake_refused"}


def test_one_refusal_refuses_all_tables(alice: User, ann: str, ben: str) -> None:
    with pytest.raises(Refused):
        gate.read_many([asked(alice, ann), asked(alice, ben, "silver.diagnoses")])


def test_one_read_is_for_one_person(alice: User, service: User, ann: str) -> None:
    with pytest.raises(ValueError, match="one person"):
        gate.read_many([asked(alice, ann), asked(service, ann, "silver.diagnoses")])


def test_tables_not_built_yet_are_left_out(alice: User, ann: str) -> None:
    found = gate.read_many([asked(alice, ann), asked(alice, ann, "gold.timeline")])
    assert list(found) == ["silver.patients"]
    assert gate.read_many([]) == {}


# --- files ---------------------------------------------------------------------------------------------


def test_a_file_is_given_as_received(alice: User, ann: str) -> None:
    assert gate.read_file(asked(alice, ann, "bronze.notes", row_ids=["letter-1"])) == b"the letter of Ann"


def test_the_file_of_another_patient_is_not_there(alice: User, ann: str, ben: str) -> None:
    open_reach(patient_key=ben, reason="care_team", by="tests", user=alice)
    with pytest.raises(NotPublished):
        gate.read_file(asked(alice, ben, "bronze.notes", row_ids=["letter-1"]))


def test_files_need_a_right_of_their_own(service: User, ann: str) -> None:
    SecurableGroupGrant.objects.filter(permission__codename="read_volume").delete()
    with pytest.raises(Refused):
        gate.read_file(asked(service, ann, "bronze.notes", purpose=OPERATIONS))
    assert (last().event, last().table) == ("lake_refused", "bronze.notes")


# --- versions ------------------------------------------------------------------------------------------


def test_a_snapshot_shows_what_was_pinned_for_ever(alice: User, ann: str) -> None:
    snapshot = pin_snapshot(by=alice)
    before = gate.read(asked(alice, ann, snapshot=snapshot))
    write("silver.patients", born(ann, "Third, Ann", 1961))
    write("gold.timeline")
    assert gate.read(asked(alice, ann))["name"].to_pylist() == ["Third, Ann"]
    assert gate.read(asked(alice, ann, snapshot=snapshot)) == before
    assert last().version == 1
    assert gate.read_many([asked(alice, ann, snapshot=snapshot)])["silver.patients"] == before
    with pytest.raises(NotPublished):
        gate.read(asked(alice, ann, "gold.timeline", snapshot=snapshot))


def test_an_old_version_is_read_under_todays_rights(alice: User, ann: str) -> None:
    assert gate.read(asked(alice, ann, version=0))["name"].to_pylist() == ["Early, Ann"]
    PatientReach.objects.update(ends_at=timezone.now())
    with pytest.raises(Refused):
        gate.read(asked(alice, ann, version=0))


def test_a_version_nobody_published(alice: User, ann: str) -> None:
    with pytest.raises(NotPublished):
        gate.read(asked(alice, ann, version=99))


def test_a_table_nobody_declared_or_built(alice: User, ann: str) -> None:
    for table in ("silver.nothing", "gold.timeline"):
        with pytest.raises(LookupError):
            gate.read(asked(alice, ann, table))
