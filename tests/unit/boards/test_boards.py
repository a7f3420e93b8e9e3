from __future__ import annotations

from unittest.mock import patch

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.factories.accounts import administrator, oncologist, person
from tests.factories.boards import board as new_board
from tests.factories.boards import member
from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.accounts.roles import Role
from tumorboard.audit.models import AuditEvent
from tumorboard.boards import actions, permissions
from tumorboard.boards.models import Board, BoardMember, BoardRole

pytestmark = pytest.mark.django_db

# who                       sees the board   keeps its members
TABLE = [
    (BoardRole.CHAIR, True, True),
    (BoardRole.COORDINATOR, True, True),
    (BoardRole.PRESENTER, True, False),
    (BoardRole.MEMBER, True, False),
    (BoardRole.GUEST, True, False),
    ("administrator", True, True),
    ("data_steward", False, False),
    ("Charlie", False, False),
    ("deactivated chair", False, False),
    ("former chair", False, False),
]


def somebody(who: str, board: Board) -> User:
    if who in BoardRole.values:
        return member(board, BoardRole(who))
    if who in Role.values:
        return person("", Role(who))
    if who == "Charlie":
        return oncologist()
    user = member(board, BoardRole.CHAIR)
    if who == "former chair":
        actions.remove_member(member=BoardMember.objects.get(user=user), by=administrator())
    else:
        User.objects.filter(pk=user.pk).update(is_active=False)
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize(("who", "sees", "keeps"), TABLE)
def test_who_may_do_what(who: str, sees: bool, keeps: bool):
    board = new_board()
    user = somebody(who, board)
    assert Board.objects.visible_to(user).filter(pk=board.pk).exists() == sees
    assert permissions.user_can_keep_members(user, board) == keeps
    if not keeps:
        with pytest.raises(PermissionDenied):
            actions.add_member(board=board, user=oncologist(), board_role=BoardRole.MEMBER, by=user)


def test_the_table_forgets_no_board_role():
    assert set(BoardRole) <= {row[0] for row in TABLE}


def test_only_an_administrator_creates_boards():
    with pytest.raises(PermissionDenied):
        actions.create_board(name="Thoracic board", by=oncologist())
    with pytest.raises(PermissionDenied):
        actions.create_board(name="Thoracic board", by=None)


def test_two_boards_of_one_name_are_refused():
    new_board(name="Thoracic board")
    with pytest.raises(Refused, match="Choose another name"):
        new_board(name="Thoracic board")


def test_membership_is_kept_in_the_boards_groups():
    board = new_board()
    coordinator, bob = member(board, BoardRole.COORDINATOR), member(board, BoardRole.MEMBER)
    assert set(board.group.user_set.all()) == {coordinator, bob}
    assert set(board.coordinators.user_set.all()) == {coordinator}
    actions.remove_member(member=BoardMember.objects.get(user=coordinator), by=administrator())
    assert set(board.group.user_set.all()) == {bob}
    assert not board.coordinators.user_set.exists()
    ended = BoardMember.objects.get(user=coordinator)
    assert ended.until is not None


def test_nobody_is_on_a_board_twice_at_a_time():
    board = new_board()
    bob = member(board, BoardRole.MEMBER)
    with pytest.raises(Refused, match="already on"):
        actions.add_member(board=board, user=bob, board_role=BoardRole.CHAIR, by=administrator())
    with pytest.raises(IntegrityError), transaction.atomic():
        BoardMember.objects.create(board=board, user=bob, board_role=BoardRole.CHAIR)
    actions.remove_member(member=BoardMember.objects.get(user=bob), by=administrator())
    actions.add_member(board=board, user=bob, board_role=BoardRole.CHAIR, by=administrator())
    assert permissions.board_role(bob, board) == BoardRole.CHAIR


def test_ending_a_membership_twice_is_refused():
    board = new_board()
    member(board, BoardRole.MEMBER)
    first, second = BoardMember.objects.get(board=board), BoardMember.objects.get(board=board)
    actions.remove_member(member=first, by=administrator())
    with pytest.raises(ChangedMeanwhile):
        actions.remove_member(member=second, by=administrator())


def test_a_membership_cannot_end_before_it_began():
    board = new_board()
    member(board, BoardRole.MEMBER)
    with pytest.raises(IntegrityError), transaction.atomic():
        board.members.update(until=timezone.now().replace(year=2001))


def test_a_failed_audit_undoes_the_membership():
    board, bob, admin = new_board(), oncologist(), administrator()
    with patch("tumorboard.boards.actions.record", side_effect=OSError), pytest.raises(OSError):
        actions.add_member(board=board, user=bob, board_role=BoardRole.MEMBER, by=admin)
    assert not board.members.exists()
    assert not board.group.user_set.exists()


def test_what_happened_is_on_record():
    board = new_board()
    bob = member(board, BoardRole.MEMBER)
    event = AuditEvent.objects.get(event="board_member_added")
    assert event.target_id == str(board.uuid)
    assert event.detail == {"user": bob.pk, "board_role": "member"}
