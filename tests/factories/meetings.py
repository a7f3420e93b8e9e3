"""A board in full, a meeting, and a case on its agenda at any stage, reached by the ordinary actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from tests.factories.accounts import oncologist
from tests.factories.boards import board as new_board
from tests.factories.boards import member
from tests.factories.cases import case as new_case
from tumorboard.accounts.models import User
from tumorboard.boards.models import Board, BoardRole
from tumorboard.cases.models import Case
from tumorboard.meetings import actions
from tumorboard.meetings.models import AgendaItem, Meeting

STAGES = ("planned", "in_session", "presented", "recommended", "decided", "signed")


@dataclass
class Session:
    """One meeting with everybody around it. Alice cares for the patient and is not on the board."""

    board: Board
    chair: User
    presenter: User
    member: User
    coordinator: User
    guest: User
    alice: User
    charlie: User
    meeting: Meeting
    case: Case
    item: AgendaItem

    def case_now(self) -> Case:
        return Case.objects.get(pk=self.case.pk)

    def fresh(self) -> AgendaItem:
        return AgendaItem.objects.get(pk=self.item.pk)


def session(stage: str = "planned", **case_fields: object) -> Session:
    board = new_board()
    people = {role.value: member(board, role) for role in BoardRole}
    alice, charlie = oncologist(), oncologist()
    case = new_case(board=board, by=alice, **case_fields)
    starts_at = timezone.now() + timedelta(days=1)
    meeting = actions.plan_meeting(board=board, starts_at=starts_at, by=people["coordinator"])
    item = actions.add_item(meeting=meeting, case=case, by=people["coordinator"])
    made = Session(board=board, alice=alice, charlie=charlie, meeting=meeting, case=case, item=item, **people)
    advance(made, stage)
    return made


def advance(made: Session, stage: str) -> None:
    """Take the meeting as far as `stage`."""
    steps = STAGES[1 : STAGES.index(stage) + 1]
    doing = {
        "in_session": lambda: actions.open_meeting(meeting=made.meeting, by=made.chair),
        "presented": lambda: actions.start_item(item=made.item, by=made.presenter),
        "recommended": lambda: recommend(made),
        "decided": lambda: actions.record_decision(item=made.item, outcome="consensus", by=made.member),
        "signed": lambda: actions.sign_off(item=made.item, by=made.chair),
    }
    for step in steps:
        doing[step]()
    made.meeting.refresh_from_db()
    made.case.refresh_from_db()
    made.item = AgendaItem.objects.get(pk=made.item.pk)


def recommend(made: Session, **fields: object) -> object:
    values = {"kind": "therapy", "text": "Osimertinib 80 mg once daily", "by": made.member, **fields}
    return actions.record_recommendation(item=made.item, **values)
