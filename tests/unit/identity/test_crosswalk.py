"""Who is meant, however the files come."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tumorboard.identity.crosswalk import Crosswalk, Identifier, TwoRecords

pytestmark = pytest.mark.django_db

MRN: Identifier = ("mrn", "SYN-0001")
SPECIMEN: Identifier = ("specimen", "SP-1")
DEVICE: Identifier = ("device-user", "dev-1")
ELSEWHERE: Identifier = ("mrn:https://north.example/mrn", "SYN-0001")


@pytest.fixture
def crosswalk() -> Crosswalk:
    return Crosswalk(connection.cursor)


def patient(crosswalk: Crosswalk, identifier: Identifier) -> str:
    (key,) = crosswalk.patients_of([crosswalk.keys([identifier])[identifier]])
    return key


def test_nobody(crosswalk: Crosswalk) -> None:
    assert crosswalk.keys([]) == {}
    assert crosswalk.links() == []
    assert crosswalk.patients_of([]) == crosswalk.subjects_of([]) == crosswalk.merged_into([]) == set()
    assert crosswalk.record_numbers([]) == {}
    assert crosswalk.find("SYN-0001") is None


def test_an_identifier_has_one_key_for_ever(crosswalk: Crosswalk) -> None:
    first = crosswalk.keys([MRN, SPECIMEN])
    assert crosswalk.keys([SPECIMEN, MRN, MRN]) == first
    assert len(set(first.values())) == 2


def test_keys_say_nothing_about_the_identifier(crosswalk: Crosswalk) -> None:
    made = crosswalk.keys([("mrn", str(number)) for number in range(200)])
    assert len(set(made.values())) == 200
    assert all(key.isalnum() and len(key) == 21 for key in made.values())
    with connection.cursor() as cursor:
        cursor.execute("delete from identity.subjects")
    again = crosswalk.keys([("mrn", str(number)) for number in range(200)])
    assert not set(made.values()) & set(again.values())


@pytest.mark.parametrize("value", ["O'Hara", 'x"y', "%s", "'; drop table identity.subjects; --", "Ü 1", " "])
def test_hostile_identifiers_are_only_values(crosswalk: Crosswalk, value: str) -> None:
    assert patient(crosswalk, ("mrn", value)) == crosswalk.find(value)


def test_the_same_number_of_two_senders_is_two_people(crosswalk: Crosswalk) -> None:
    assert patient(crosswalk, MRN) != patient(crosswalk, ELSEWHERE)
    assert crosswalk.find("SYN-0001") is None


def test_a_link_makes_two_one_and_the_record_number_stays(crosswalk: Crosswalk) -> None:
    with_number, without = patient(crosswalk, MRN), patient(crosswalk, SPECIMEN)
    merge = crosswalk.link(SPECIMEN, MRN)
    assert merge is not None
    assert (merge.kept, merge.gone) == (with_number, without)
    assert crosswalk.merged_into([with_number]) == {without}
    assert len(crosswalk.subjects_of([with_number])) == 2
    assert crosswalk.subjects_of([without]) == set()


def test_a_link_stated_again_changes_nothing(crosswalk: Crosswalk) -> None:
    crosswalk.link(MRN, SPECIMEN)
    assert crosswalk.link(MRN, SPECIMEN) is None
    assert crosswalk.link(SPECIMEN, MRN) is None
    assert crosswalk.link(MRN, MRN) is None


def test_a_merged_patient_that_is_merged_again_is_still_known(crosswalk: Crosswalk) -> None:
    """Rows of each earlier surrogate must be taken away by the next build."""
    gone = {patient(crosswalk, SPECIMEN), patient(crosswalk, DEVICE)}
    crosswalk.link(SPECIMEN, DEVICE)
    crosswalk.link(DEVICE, MRN)
    assert crosswalk.merged_into([patient(crosswalk, MRN)]) == gone


def test_two_record_numbers_of_one_sender_are_never_merged(crosswalk: Crosswalk) -> None:
    other = ("mrn", "SYN-0002")
    crosswalk.link(MRN, SPECIMEN)
    before = crosswalk.links()
    with pytest.raises(TwoRecords, match="nothing was merged") as refused:
        crosswalk.link(SPECIMEN, other)
    assert "SYN" not in str(refused.value)
    assert patient(crosswalk, MRN) != patient(crosswalk, other)
    assert set(before) <= set(crosswalk.links())


def test_numbers_of_two_senders_may_be_one_person_and_ours_is_shown(crosswalk: Crosswalk) -> None:
    crosswalk.link(ELSEWHERE, SPECIMEN)
    crosswalk.link(SPECIMEN, ("mrn", "SYN-0009"))
    key = patient(crosswalk, ELSEWHERE)
    assert crosswalk.record_numbers([key]) == {key: "SYN-0009"}
    assert crosswalk.find("SYN-0009") == key


def test_a_patient_without_a_number_has_none(crosswalk: Crosswalk) -> None:
    assert crosswalk.record_numbers([patient(crosswalk, SPECIMEN)]) == {}


PEOPLE = [
    [("mrn", "A"), ("specimen", "a1"), ("specimen", "a2"), ("device-user", "da")],
    [("mrn", "B"), ("mrn:north", "b"), ("specimen", "b1"), ("dicom", "ib")],
    [("specimen", "c1"), ("device-user", "dc"), ("dicom", "ic")],
]
LINKS = [link for person in PEOPLE for link in pairwise(person)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(LINKS), turned=st.lists(st.booleans(), min_size=len(LINKS), max_size=len(LINKS)))
def test_links_in_any_order_end_the_same(crosswalk: Crosswalk, order: list[Any], turned: list[bool]) -> None:
    with transaction.atomic():
        before = {identifier: patient(crosswalk, identifier) for person in PEOPLE for identifier in person}
        for (first, second), turn in zip(order, turned, strict=True):
            crosswalk.link(second, first) if turn else crosswalk.link(first, second)
        for person in PEOPLE:
            (kept,) = {patient(crosswalk, identifier) for identifier in person}
            assert crosswalk.merged_into([kept]) == {before[i] for i in person} - {kept}
            numbers = [value for system, value in person if system == "mrn"]
            assert crosswalk.record_numbers([kept]) == dict.fromkeys([kept] if numbers else [], *numbers)
            if numbers:
                assert kept == before["mrn", numbers[0]]
        transaction.set_rollback(True)
