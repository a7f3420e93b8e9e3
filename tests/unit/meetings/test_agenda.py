from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.utils import timezone

from tests.factories.cases import case as new_case
from tests.factories.lake import Rows
from tests.factories.meetings import Session, session
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.cases.models import Case
from tumorboard.cases.status import Status
from tumorboard.governance.models import PatientReach, PublishedVersion, Snapshot
from tumorboard.governance.permissions import can_reach
from tumorboard.meetings import actions
from tumorboard.meetings.models import AgendaItem, Meeting

pytestmark = pytest.mark.django_db


def add(made: Session, **fields: object) -> AgendaItem:
    case = new_case(board=made.board, by=made.alice)
    return actions.add_item(meeting=made.meeting, case=case, by=made.coordinator, **fields)


def order(made: Session) -> list[int]:
    return list(made.meeting.items.values_list("pk", flat=True))


def test_an_agenda_item_pins_the_data_and_opens_the_patient_to_the_board():
    PublishedVersion.objects.create(
        table="gold.case_facts", version=4, content_hash="h4", run_id="r", code_version="1"
    )
    made = session()
    assert made.item.snapshot.entries == {"gold.case_facts": {"version": 4, "hash": "h4"}}
    reach = made.item.reach
    assert (reach.reason, reach.group) == ("agenda", made.board.group)
    assert reach.ends_at == made.meeting.starts_at + timedelta(days=14)
    for user in (made.chair, made.member, made.guest, made.coordinator, made.alice):
        assert can_reach(user, made.case.patient_key)
    assert not can_reach(made.charlie, made.case.patient_key)
    assert made.case.status == Status.ON_AGENDA
    assert (made.case.meeting_uuid, made.case.slot_at) == (made.meeting.uuid, made.meeting.starts_at)


def test_after_two_weeks_the_board_no_longer_sees_the_patient():
    made = session()
    PatientReach.objects.filter(pk=made.item.reach_id).update(
        starts_at=timezone.now() - timedelta(days=20), ends_at=timezone.now() - timedelta(days=1)
    )
    assert not can_reach(made.member, made.case.patient_key)
    assert can_reach(made.alice, made.case.patient_key)


def test_the_attendance_list_starts_with_the_members():
    made = session()
    names = {(row.user, row.present) for row in made.meeting.attendance.all()}
    everyone = (made.chair, made.presenter, made.member, made.coordinator, made.guest)
    assert names == {(user, False) for user in everyone}


def test_a_failed_audit_undoes_the_agenda_item():
    made = session()
    case = new_case(board=made.board, by=made.alice)
    before = (AgendaItem.objects.count(), Snapshot.objects.count(), PatientReach.objects.count())
    with patch("tumorboard.meetings.actions.agenda.record", side_effect=OSError), pytest.raises(OSError):
        actions.add_item(meeting=made.meeting, case=case, by=made.coordinator)
    assert (AgendaItem.objects.count(), Snapshot.objects.count(), PatientReach.objects.count()) == before
    assert Case.objects.get(pk=case.pk).status == Status.REGISTERED


@pytest.mark.parametrize("status", set(Status) - {Status.REGISTERED, Status.IN_PREPARATION, Status.READY})
def test_only_cases_in_preparation_come_on_the_agenda(status: Status):
    made = session()
    case = new_case(status, board=made.board, by=made.alice)
    with pytest.raises(Refused):
        actions.add_item(meeting=made.meeting, case=case, by=made.coordinator)


def test_a_case_of_another_board_is_refused():
    made = session()
    with pytest.raises(Refused, match="was referred to"):
        actions.add_item(meeting=made.meeting, case=new_case(by=made.alice), by=made.coordinator)


@pytest.mark.parametrize("minutes", [0, -5, 121])
def test_minutes_have_limits(minutes: int):
    with pytest.raises(Refused, match="between 1 and 120"):
        add(session(), minutes=minutes)


def test_the_order_can_be_changed_and_the_cases_know_their_slot():
    made = session()
    second, third = add(made, minutes=5), add(made)
    actions.move_item(item=third, up=True, by=made.coordinator)
    assert order(made) == [made.item.pk, third.pk, second.pk]
    slots = {case.pk: case.slot_at - made.meeting.starts_at for case in Case.objects.all()}
    assert slots[third.case_id] == timedelta(minutes=10)
    assert slots[second.case_id] == timedelta(minutes=20)
    actions.move_item(item=third, up=False, by=made.coordinator)
    assert order(made) == [made.item.pk, second.pk, third.pk]


def test_moving_beyond_the_ends_changes_nothing():
    made = session()
    second = add(made)
    actions.move_item(item=made.item, up=True, by=made.coordinator)
    actions.move_item(item=second, up=False, by=made.coordinator)
    assert order(made) == [made.item.pk, second.pk]


def test_taking_off_the_agenda_closes_the_patient_and_gives_the_case_back():
    made = session()
    second = add(made)
    actions.remove_item(item=made.item, by=made.coordinator)
    case = Case.objects.get(pk=made.case.pk)
    assert (case.status, case.meeting_uuid, case.slot_at) == (Status.IN_PREPARATION, None, None)
    assert not can_reach(made.member, case.patient_key)
    assert Case.objects.get(pk=second.case_id).slot_at == made.meeting.starts_at
    with pytest.raises(ChangedMeanwhile):
        actions.remove_item(item=AgendaItem(pk=made.item.pk, meeting=made.meeting), by=made.coordinator)


def test_what_another_meeting_keeps_open_stays_open(lake: Rows):
    made = session("presented")
    actions.record_decision(item=made.item, outcome="deferred", missing="A new biopsy", by=made.chair)
    again = actions.plan_meeting(
        board=made.board, starts_at=made.meeting.starts_at + timedelta(days=7), by=made.chair
    )
    item = actions.add_item(meeting=again, case=made.case_now(), by=made.chair)
    assert item.reach_id == made.item.reach_id
    assert PatientReach.objects.get(pk=item.reach_id).ends_at == again.starts_at + timedelta(days=14)
    actions.remove_item(item=item, by=made.chair)
    assert can_reach(made.member, made.case.patient_key)


def test_a_presented_case_stays_on_the_agenda(lake: Rows):
    made = session("presented")
    with pytest.raises(Refused, match="Defer it instead"):
        actions.remove_item(item=made.item, by=made.coordinator)


def test_two_meetings_at_one_time_are_refused():
    made = session()
    with pytest.raises(Refused, match="another time"):
        actions.plan_meeting(board=made.board, starts_at=made.meeting.starts_at, by=made.coordinator)
    assert Meeting.objects.count() == 1


def test_a_closed_meeting_takes_no_further_case(lake: Rows):
    made = session("signed")
    actions.close_meeting(meeting=made.meeting, by=made.chair)
    with pytest.raises(Refused, match="closed"):
        add(made)
