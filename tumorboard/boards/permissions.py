"""Who may do what on a board. No person, no membership: no."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role, has_role
from tumorboard.boards.models import Board, BoardMember, BoardRole

KEEPS_MEMBERS = frozenset({BoardRole.CHAIR, BoardRole.COORDINATOR})


def board_role(user: User | None, board: Board) -> BoardRole | None:
    """The person's present role on the board, or None."""
    if user is None or not user.is_authenticated or not user.is_active:
        return None
    member = BoardMember.objects.current().filter(board=board, user=user).first()
    return BoardRole(member.board_role) if member else None


def user_can_create_board(user: User | None) -> bool:
    return has_role(user, Role.ADMINISTRATOR)


def check_can_create_board(user: User | None) -> None:
    if not user_can_create_board(user):
        raise PermissionDenied("Only an administrator may create a board.")


def user_can_keep_members(user: User | None, board: Board) -> bool:
    return has_role(user, Role.ADMINISTRATOR) or board_role(user, board) in KEEPS_MEMBERS


def check_can_keep_members(user: User | None, board: Board) -> None:
    if not user_can_keep_members(user, board):
        raise PermissionDenied("Only chair, coordinator or administrator may change members.")
