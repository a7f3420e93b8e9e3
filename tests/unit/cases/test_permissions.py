"""Who sees a case, and who may do what with it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from tests.factories.accounts import administrator, oncologist, person
from tests.factories.boards import board as new_board
from tests.factories.boards import member
from tests.factories.cases import case as new_case
from tests.factories.lake import Rows, fact
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.boards.actions import remove_member
from tumorboard.boards.models import BoardMember, BoardRole
from tumorboard.cases import actions, permissions
from tumorboard.cases.models import Case
from tumorboard.governance.actions import open_reach

pytestmark = pytest.mark.django_db


def joined(case: Case) -> User:
    user = oncologist()
    actions.add_to_care_team(case=case, user=user, by=case.requested_by)
    return user


def left(case: Case) -> User:
    user = joined(case)
    actions.remove_from_care_team(member=case.care_team.get(user=user), by=case.requested_by)
    return user


def no_longer_coordinator(case: Case) -> User:
    user = member(case.board, BoardRole.COORDINATOR)
    remove_member(member=BoardMember.objects.get(user=user), by=administrator())
    return user


def member_with_agenda(case: Case) -> User:
    open_reach(patient_key=case.patient_key, reason="agenda", group=case.board.group, by=case.requested_by)
    return member(case.board, BoardRole.MEMBER)


def deactivated(case: Case) -> User:
    User.objects.filter(pk=case.requested_by_id).update(is_active=False)
    return User.objects.get(pk=case.requested_by_id)


PEOPLE = {
    "requester": lambda case: case.requested_by,
    "care team": joined,
    "former care team": left,
    "coordinator": lambda case: member(case.board, BoardRole.COORDINATOR),
    "chair": lambda case: member(case.board, BoardRole.CHAIR),
    "member": lambda case: member(case.board, BoardRole.MEMBER),
    "member, on agenda": member_with_agenda,
    "former coordinator": no_longer_coordinator,
    "coordinator elsewhere": lambda case: member(new_board(), BoardRole.COORDINATOR),
    "deactivated requester": deactivated,
    "administrator": lambda case: administrator(),
    "data_steward": lambda case: person("", Role.DATA_STEWARD),
    "Charlie": lambda case: oncologist(),
}

# who                      sees   prepares  reviews facts
TABLE = [
    ("requester", True, True, True),
    ("care team", True, True, True),
    ("coordinator", True, True, False),
    ("member, on agenda", True, False, True),
    ("member", False, False, False),
    ("chair", False, False, False),
    ("former care team", False, False, False),
    ("former coordinator", False, False, False),
    ("coordinator elsewhere", False, False, False),
    ("deactivated requester", False, False, False),
    ("administrator", False, False, False),
    ("data_steward", False, False, False),
    ("Charlie", False, False, False),
]


@pytest.mark.parametrize(("who", "sees", "prepares", "reviews"), TABLE)
def test_who_may_do_what(who: str, sees: bool, prepares: bool, reviews: bool, lake: Rows):
    board = new_board()
    case = new_case(board=board)
    lake.put("gold.case_facts", fact(case.patient_key, "f1"))
    user = PEOPLE[who](case)
    case = Case.objects.get(pk=case.pk)
    assert Case.objects.visible_to(user).filter(pk=case.pk).exists() == sees
    assert permissions.user_can_prepare(user, case) == prepares
    assert permissions.user_can_review_facts(user, case) == reviews
    if not prepares:
        with pytest.raises(PermissionDenied):
            actions.mark_ready(case=case, by=user)
        with pytest.raises(PermissionDenied):
            actions.add_to_care_team(case=case, user=oncologist(), by=user)
    if not reviews:
        with pytest.raises(PermissionDenied):
            actions.verify_fact(case=case, table="gold.case_facts", row_id="f1", by=user)


def test_nobody_may_nothing():
    case = new_case()
    assert not permissions.user_can_prepare(None, case)
    assert not permissions.user_can_review_facts(None, case)
    assert not permissions.user_can_register(None, case.board)


def test_not_yours_looks_like_not_there():
    case, charlie = new_case(), oncologist()
    for uuid in (case.uuid, uuid4()):
        with pytest.raises(Http404) as refusal:
            permissions.load_case(charlie, uuid)
        assert "No Case matches the given query." in str(refusal.value)


# who                                  may register a case for the board
REGISTER = [
    (BoardRole.COORDINATOR, None, True),
    (BoardRole.CHAIR, None, True),  # an oncologist
    (None, Role.ONCOLOGIST, True),
    (None, Role.PATHOLOGIST, True),
    (None, Role.RADIOLOGIST, True),
    (None, Role.COORDINATOR, False),  # of no board
    (None, Role.DATA_STEWARD, False),
    (None, Role.ADMINISTRATOR, False),
]


@pytest.mark.parametrize(("board_role", "role", "may"), REGISTER)
def test_who_may_register(board_role: BoardRole | None, role: Role | None, may: bool):
    board = new_board()
    user = member(board, board_role) if board_role else person("", role)
    assert permissions.user_can_register(user, board) == may
    if not may:
        with pytest.raises(PermissionDenied):
            new_case(board=board, by=user)
