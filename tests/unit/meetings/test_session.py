from __future__ import annotations

import pytest

from tests.factories.cases import case as new_case
from tests.factories.lake import Rows
from tests.factories.meetings import session
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.audit.models import AuditEvent
from tumorboard.cases.models import Case
from tumorboard.cases.status import Status
from tumorboard.meetings import actions
from tumorboard.meetings.models import Attendance, Meeting, Position

pytestmark = pytest.mark.django_db


def test_of_two_who_open_a_meeting_at_once_the_second_is_told():
    made = session()
    first, second = Meeting.objects.get(), Meeting.objects.get()
    actions.open_meeting(meeting=first, by=made.chair)
    with pytest.raises(ChangedMeanwhile):
        actions.open_meeting(meeting=second, by=made.presenter)


def test_a_planned_meeting_cannot_be_closed():
    made = session()
    with pytest.raises(Refused, match="planned"):
        actions.close_meeting(meeting=made.meeting, by=made.chair)


def test_closing_gives_back_what_was_not_reached(lake: Rows):
    made = session("signed")
    case = new_case(board=made.board, by=made.alice)
    item = actions.add_item(meeting=made.meeting, case=case, by=made.coordinator)
    actions.close_meeting(meeting=made.meeting, by=made.chair)
    item.refresh_from_db()
    assert (item.status, item.decision.missing) == ("deferred", "Not reached in this meeting.")
    case = Case.objects.get(pk=case.pk)
    assert (case.status, case.slot_at) == (Status.IN_PREPARATION, None)


def test_a_meeting_is_not_closed_over_a_case_without_a_decision(lake: Rows):
    made = session("presented")
    with pytest.raises(Refused, match="1 case was presented but not decided"):
        actions.close_meeting(meeting=made.meeting, by=made.chair)
    assert Meeting.objects.get().status == "in_session"


def test_attendance_of_members_and_guests():
    made = session()
    actions.record_attendance(meeting=made.meeting, user=made.member, by=made.chair)
    actions.record_attendance(meeting=made.meeting, name=" Dr Visitor ", profession="genetics", by=made.chair)
    actions.record_attendance(meeting=made.meeting, user=made.member, present=False, by=made.chair)
    assert not Attendance.objects.get(user=made.member).present
    visitor = Attendance.objects.get(user=None)
    assert (visitor.name, visitor.get_profession_display(), visitor.present) == (
        "Dr Visitor",
        "Clinical genetics",
        True,
    )


@pytest.mark.parametrize("both", [True, False])
def test_attendance_is_of_a_person_or_a_name(both: bool):
    made = session()
    with pytest.raises(Refused, match="Choose a person"):
        actions.record_attendance(
            meeting=made.meeting,
            user=made.member if both else None,
            name="Visitor" if both else "",
            by=made.chair,
        )


def test_starting_a_case_takes_a_meeting_in_session():
    made = session()
    with pytest.raises(Refused, match="Open the meeting first"):
        actions.start_item(item=made.item, by=made.presenter)


def test_starting_twice_keeps_the_first_clock():
    made = session("presented")
    before = made.item.started_at
    assert actions.start_item(item=made.item, by=made.presenter).started_at == before
    assert AuditEvent.objects.filter(event="case_presented").count() == 1


def test_the_presenters_first_move_begins_the_discussion():
    made = session("in_session")
    actions.set_position(item=made.item, slide=2, by=made.presenter)
    assert made.fresh().status == "presented"
    actions.set_position(item=made.item, slide=3, by=made.presenter)
    assert (Position.objects.get().item, Position.objects.get().slide) == (made.item, 3)


def test_leafing_through_before_the_meeting_begins_nothing():
    made = session()
    actions.set_position(item=made.item, slide=6, by=made.presenter)
    assert made.fresh().status == "waiting"


@pytest.mark.parametrize("slide", [0, 7, -1])
def test_there_are_six_slides(slide: int):
    made = session()
    with pytest.raises(Refused, match="1 to 6"):
        actions.set_position(item=made.item, slide=slide, by=made.presenter)


def test_recusing_needs_a_reason_and_counts_once():
    made = session()
    with pytest.raises(Refused, match="Say why"):
        actions.recuse(item=made.item, user=made.member, reason=" ", by=made.member)
    first = actions.recuse(item=made.item, user=made.member, reason="Own patient", by=made.member)
    assert actions.recuse(item=made.item, user=made.member, reason="Again", by=made.member) == first
