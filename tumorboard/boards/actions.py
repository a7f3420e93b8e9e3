"""Every change to a board and its members."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction
from django.utils import timezone

from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.boards import permissions
from tumorboard.boards.models import Board, BoardMember, BoardRole


@transaction.atomic
def create_board(*, name: str, specialty: str = "", synthetic: bool = False, by: User) -> Board:
    """A board with its two groups and no members yet."""
    permissions.check_can_create_board(by)
    uuid = uuid4()
    if Board.objects.filter(name=name).exists():
        raise Refused(f"There is already a board named {name}. Choose another name.")
    board = Board.objects.create(
        uuid=uuid,
        name=name,
        specialty=specialty,
        synthetic=synthetic,
        group=Group.objects.create(name=f"board:{uuid}"),
        coordinators=Group.objects.create(name=f"board:{uuid}:coordinators"),
    )
    record(Event.BOARD_CREATED, by=by, target=board)
    return board


@transaction.atomic
def add_member(*, board: Board, user: User, board_role: BoardRole | str, by: User) -> BoardMember:
    """Start a membership. Refused when the person already belongs to the board, in whatever role."""
    permissions.check_can_keep_members(by, board)
    try:
        with transaction.atomic():
            member = BoardMember.objects.create(board=board, user=user, board_role=BoardRole(board_role))
    except IntegrityError as error:
        raise Refused(f"{user} is already on {board}. End that membership first.") from error
    user.groups.add(board.group)
    if member.board_role == BoardRole.COORDINATOR:
        user.groups.add(board.coordinators)
    record(Event.BOARD_MEMBER_ADDED, by=by, target=board, user=user.pk, board_role=member.board_role)
    return member


@transaction.atomic
def remove_member(*, member: BoardMember, by: User) -> None:
    """End a membership now; what the board may see is closed to the person at once."""
    permissions.check_can_keep_members(by, member.board)
    if not BoardMember.objects.current().filter(pk=member.pk).update(until=timezone.now()):
        raise ChangedMeanwhile(f"{member.user} is no longer on {member.board}.")
    member.user.groups.remove(member.board.group, member.board.coordinators)
    record(Event.BOARD_MEMBER_REMOVED, by=by, target=member.board, user=member.user_id)
