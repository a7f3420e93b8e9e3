"""Names, for those who may know them."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.governance.conftest import born, write
from tumorboard.accounts.models import User
from tumorboard.audit.models import AuditEvent
from tumorboard.governance import gate, people
from tumorboard.governance.actions import open_reach, pin_snapshot
from tumorboard.governance.people import _age


def test_a_header(alice: User, ann: str) -> None:
    header = people.headers(by=alice, patient_keys=[ann, ann])[ann]
    assert (header.name, header.record_number, header.sex) == ("Quexington, Ann", "SYN-0001", "female")
    assert (header.birth_date, header.synthetic, header.initials) == (date(1960, 6, 15), True, "QA")
    assert header.diagnosis == "New primary"


def test_nobody_asked_for(alice: User) -> None:
    before = AuditEvent.objects.count()
    assert people.headers(by=alice, patient_keys=[]) == {}
    assert AuditEvent.objects.count() == before


def test_one_out_of_reach_refuses_the_list(alice: User, ann: str, ben: str) -> None:
    with pytest.raises(gate.Refused):
        people.headers(by=alice, patient_keys=[ann, ben])


def test_a_patient_the_lake_does_not_know_yet(alice: User) -> None:
    open_reach(patient_key="p0", reason="care_team", by="tests", user=alice)
    header = people.headers(by=alice, patient_keys=["p0"])["p0"]
    assert (header.name, header.record_number, header.age) == ("Name not recorded", "", None)
    assert (header.sex, header.diagnosis, header.synthetic) == ("unknown", "", False)


def test_a_header_of_a_snapshot(alice: User, ann: str) -> None:
    snapshot = pin_snapshot(by=alice)
    write("silver.patients", born(ann, "Third, Ann", 1960))
    assert people.headers(by=alice, patient_keys=[ann], snapshot=snapshot)[ann].name == "Quexington, Ann"


def test_a_list_costs_the_same_queries_as_one(
    alice: User, ann: str, ben: str, django_assert_max_num_queries: object
) -> None:
    open_reach(patient_key=ben, reason="care_team", by="tests", user=alice)
    people.headers(by=alice, patient_keys=[ann, ben])
    with django_assert_max_num_queries(14):
        people.headers(by=alice, patient_keys=[ann, ben])


@pytest.mark.parametrize("number", ["SYN-0001", " SYN-0001\n"])
def test_find(alice: User, ann: str, number: str) -> None:
    assert people.find(by=alice, record_number=number) == ann
    event = AuditEvent.objects.get(event="patient_looked_up")
    assert (event.patient_key, event.actor_id, event.detail) == (ann, str(alice.pk), {"found": True})


@pytest.mark.parametrize("number", ["", "SYN-9999", "' or 1=1", "%"])
def test_find_nobody_leaves_a_record_without_the_number(alice: User, number: str) -> None:
    assert people.find(by=alice, record_number=number) is None
    event = AuditEvent.objects.get(event="patient_looked_up")
    assert event.detail == {"found": False}
    assert not number or number not in str(event.__dict__)


@pytest.mark.parametrize(
    ("born_on", "on", "age"),
    [
        (date(1960, 6, 15), date(2025, 6, 14), 64),
        (date(1960, 6, 15), date(2025, 6, 15), 65),
        (date(2000, 2, 29), date(2001, 2, 28), 0),
        (date(2000, 2, 29), date(2001, 3, 1), 1),
        (date(2025, 1, 1), date(2025, 1, 1), 0),
        (None, date(2025, 1, 1), None),
    ],
)
def test_age_is_in_completed_years(born_on: date | None, on: date, age: int | None) -> None:
    assert _age(born_on, on) == age
