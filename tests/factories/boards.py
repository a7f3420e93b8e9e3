from __future__ import annotations

from itertools import count

from tests.factories.accounts import administrator, person
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.boards import actions
from tumorboard.boards.models import Board, BoardRole

numbers = count(1)
ROLES = {BoardRole.COORDINATOR: Role.COORDINATOR}


def board(**fields: object) -> Board:
    return actions.create_board(by=administrator(), **{"name": f"Board {next(numbers)}", **fields})


def member(of: Board, board_role: BoardRole, username: str = "") -> User:
    """Somebody on the board, with the hospital role that goes with it."""
    user = person(username, ROLES.get(board_role, Role.ONCOLOGIST))
    actions.add_member(board=of, user=user, board_role=board_role, by=administrator())
    return User.objects.get(pk=user.pk)
