from __future__ import annotations

import pytest

from tests.factories.meetings import STAGES, session
from tumorboard.cases.status import Status
from tumorboard.meetings import policies
from tumorboard.meetings.models import slots
from tumorboard.meetings.status import ITEM_TRANSITIONS, MEETING_TRANSITIONS, ItemStatus, MeetingStatus


@pytest.mark.parametrize(
    ("transitions", "statuses", "first"),
    [
        (MEETING_TRANSITIONS, MeetingStatus, MeetingStatus.PLANNED),
        (ITEM_TRANSITIONS, ItemStatus, ItemStatus.WAITING),
    ],
)
def test_no_status_is_forgotten_and_all_are_reached(transitions: dict, statuses: type, first: str):
    assert set(transitions) == set(statuses)
    assert {first}.union(*transitions.values()) == set(statuses)


# stage        meeting        item         case           notes, recommendations, decisions
STAGE_TABLE = [
    ("planned", "planned", "waiting", Status.ON_AGENDA, False),
    ("in_session", "in_session", "waiting", Status.ON_AGENDA, False),
    ("presented", "in_session", "presented", Status.DISCUSSED, True),
    ("recommended", "in_session", "presented", Status.DISCUSSED, True),
    ("decided", "in_session", "decided", Status.DISCUSSED, True),
    ("signed", "in_session", "decided", Status.DECIDED, False),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("stage", "meeting", "item", "case", "open_"), STAGE_TABLE)
def test_the_stages_of_a_case_in_its_meeting(
    stage: str, meeting: str, item: str, case: str, open_: bool, lake: object
):
    made = session(stage)
    assert (made.meeting.status, made.item.status, made.case.status) == (meeting, item, case)
    assert policies.is_open_for_discussion(made.item) == open_


def test_the_table_forgets_no_stage():
    assert tuple(row[0] for row in STAGE_TABLE) == STAGES


@pytest.mark.django_db
def test_slots_follow_one_another():
    made = session()
    made.item.minutes = 12
    times = slots(made.meeting.starts_at, [made.item, made.item, made.item])
    assert [(at - made.meeting.starts_at).seconds for at in times] == [0, 720, 1440]
    assert slots(made.meeting.starts_at, []) == []
