"""Who may do what in a meeting."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from tests.factories.accounts import administrator
from tests.factories.boards import board as new_board
from tests.factories.boards import member
from tests.factories.lake import Rows
from tests.factories.meetings import Session, recommend, session
from tumorboard.accounts.models import User
from tumorboard.boards.actions import remove_member
from tumorboard.boards.models import BoardMember, BoardRole
from tumorboard.meetings import actions, permissions
from tumorboard.meetings.models import Meeting

pytestmark = pytest.mark.django_db


def former_chair(made: Session) -> User:
    remove_member(member=BoardMember.objects.get(user=made.chair), by=administrator())
    return User.objects.get(pk=made.chair.pk)


def recused_chair(made: Session) -> User:
    actions.recuse(item=made.item, user=made.chair, reason="Relative of the patient", by=made.chair)
    return made.chair


PEOPLE: dict[str, Callable[[Session], User | None]] = {
    "chair": lambda made: made.chair,
    "presenter": lambda made: made.presenter,
    "member": lambda made: made.member,
    "coordinator": lambda made: made.coordinator,
    "guest": lambda made: made.guest,
    "recused chair": recused_chair,
    "care team": lambda made: made.alice,
    "former chair": former_chair,
    "chair elsewhere": lambda made: member(new_board(), BoardRole.CHAIR),
    "administrator": lambda made: administrator(),
    "Charlie": lambda made: made.charlie,
    "nobody": lambda made: None,
}

# who                  plan   present decide dissent sign   add    sees the meeting, the decision
TABLE = [
    ("chair", True, True, True, True, True, True, True, True),
    ("coordinator", True, True, True, False, False, True, True, True),
    ("presenter", False, True, True, True, False, True, True, True),
    ("member", False, False, True, True, False, True, True, True),
    ("guest", False, False, False, False, False, False, True, True),
    ("recused chair", True, True, False, False, False, True, True, True),
    ("care team", False, False, False, False, False, True, False, True),
    ("former chair", False, False, False, False, False, False, False, False),
    ("chair elsewhere", False, False, False, False, False, False, False, False),
    ("administrator", False, False, False, False, False, False, False, False),
    ("Charlie", False, False, False, False, False, False, False, False),
    ("nobody", False, False, False, False, False, False, None, None),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_who_may_do_what(row: tuple, lake: Rows):
    who, *expected, sees_meeting, sees_decision = row
    made = session("decided")
    user, item, board = PEOPLE[who](made), made.fresh(), made.board
    assert [
        permissions.user_can_plan(user, board),
        permissions.user_can_present(user, board),
        permissions.user_can_decide(user, item),
        permissions.user_can_dissent(user, item),
        permissions.user_can_sign(user, item),
        permissions.user_can_add(user, item),
    ] == expected
    if user is not None:
        assert loads(permissions.load_meeting, user, made.meeting.uuid) == sees_meeting
        assert loads(permissions.load_item, user, made.item.uuid) == sees_decision


def loads(load: Callable, user: User, uuid: object) -> bool:
    try:
        load(user, uuid)
    except Http404:
        return False
    return True


def test_the_table_forgets_nobody():
    assert {row[0] for row in TABLE} == set(PEOPLE)


def attempts(made: Session, by: User | None) -> dict[str, Callable[[], object]]:
    item, meeting = made.item, made.meeting
    return {
        "plan_meeting": lambda: actions.plan_meeting(board=made.board, starts_at=meeting.starts_at, by=by),
        "add_item": lambda: actions.add_item(meeting=meeting, case=made.case, by=by),
        "remove_item": lambda: actions.remove_item(item=item, by=by),
        "move_item": lambda: actions.move_item(item=item, up=True, by=by),
        "open_meeting": lambda: actions.open_meeting(meeting=meeting, by=by),
        "close_meeting": lambda: actions.close_meeting(meeting=meeting, by=by),
        "record_attendance": lambda: actions.record_attendance(meeting=meeting, name="Guest", by=by),
        "start_item": lambda: actions.start_item(item=item, by=by),
        "set_position": lambda: actions.set_position(item=item, slide=2, by=by),
        "recuse": lambda: actions.recuse(item=item, user=made.member, reason="Own patient", by=by),
        "record_note": lambda: actions.record_note(item=item, text="Said", by=by),
        "record_recommendation": lambda: recommend(made, by=by),
        "withdraw_recommendation": lambda: actions.withdraw_recommendation(
            recommendation=item.recommendations.get(), by=by
        ),
        "record_dissent": lambda: actions.record_dissent(item=item, text="No", by=by),
        "record_decision": lambda: actions.record_decision(item=item, outcome="consensus", by=by),
        "sign_off": lambda: actions.sign_off(item=item, by=by),
        "add_addendum": lambda: actions.add_addendum(item=item, text="Later", by=by),
        "record_follow_up": lambda: actions.record_follow_up(
            recommendation=item.recommendations.get(), state="ongoing", by=by
        ),
    }


def test_charlie_and_nobody_can_do_nothing_at_all(lake: Rows):
    made = session("decided")
    for by in (made.charlie, None):
        for name, attempt in attempts(made, by).items():
            with pytest.raises(PermissionDenied):
                attempt()
                pytest.fail(f"{name} was allowed")


def test_every_action_is_attempted(lake: Rows):
    made = session("decided")
    assert {*attempts(made, None), "record_print"} == set(actions.__all__)


def test_not_yours_looks_like_not_there(lake: Rows):
    made = session("decided")
    for load, uuid in (
        (permissions.load_meeting, made.meeting.uuid),
        (permissions.load_item, made.item.uuid),
    ):
        messages = []
        for target in (uuid, uuid4()):
            with pytest.raises(Http404) as refusal:
                load(made.charlie, target)
            messages.append(str(refusal.value))
        assert messages[0] == messages[1]


def test_an_item_is_only_found_within_its_own_meeting(lake: Rows):
    made, other = session(), session()
    with pytest.raises(Http404):
        permissions.load_item_of(made.chair, other.meeting.uuid, made.item.uuid)
    assert permissions.load_item_of(made.chair, made.meeting.uuid, made.item.uuid) == made.item


def test_members_recuse_themselves_and_the_chair_records_it_for_others(lake: Rows):
    made = session()
    actions.recuse(item=made.item, user=made.member, reason="Own patient", by=made.member)
    actions.recuse(item=made.item, user=made.presenter, reason="Trial sponsor", by=made.chair)
    with pytest.raises(PermissionDenied):
        actions.recuse(item=made.item, user=made.chair, reason="I would like that", by=made.member)
    with pytest.raises(PermissionDenied):
        actions.recuse(item=made.item, user=made.charlie, reason="Not on the board", by=made.chair)


def test_meetings_are_seen_by_their_board_only(lake: Rows):
    made = session()
    assert list(Meeting.objects.visible_to(made.guest)) == [made.meeting]
    assert list(Meeting.objects.visible_to(made.alice)) == []
