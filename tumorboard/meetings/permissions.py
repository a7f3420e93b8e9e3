"""Who may do what in a meeting. The chair signs; the coordinator plans; the board decides; a person who is
recused from a case takes no part in deciding it."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from tumorboard.accounts.models import User
from tumorboard.boards.models import Board, BoardRole
from tumorboard.boards.permissions import board_role
from tumorboard.cases.models import Case
from tumorboard.cases.permissions import user_can_prepare
from tumorboard.meetings.models import AgendaItem, Meeting, Recommendation

PLAN = frozenset({BoardRole.CHAIR, BoardRole.COORDINATOR})
PRESENT = frozenset({BoardRole.CHAIR, BoardRole.PRESENTER, BoardRole.COORDINATOR})
DECIDE = frozenset({BoardRole.CHAIR, BoardRole.PRESENTER, BoardRole.MEMBER, BoardRole.COORDINATOR})
DISSENT = frozenset({BoardRole.CHAIR, BoardRole.PRESENTER, BoardRole.MEMBER})
SIGN = frozenset({BoardRole.CHAIR})

ITEM_PARTS = ("meeting__board", "case__board", "snapshot", "sign_off", "decision", "presenter")


def load_meeting(user: User, uuid: UUID) -> Meeting:
    """The meeting, or 404 when there is none or one is not on its board."""
    return get_object_or_404(Meeting.objects.visible_to(user).select_related("board"), uuid=uuid)


def load_item(user: User, uuid: UUID) -> AgendaItem:
    """An item of whose case one may see the patient: its board's members for a time, and the care team."""
    items = AgendaItem.objects.filter(case__in=Case.objects.visible_to(user))
    return get_object_or_404(items.select_related(*ITEM_PARTS), uuid=uuid)


def load_item_of(user: User, meeting: UUID, uuid: UUID) -> AgendaItem:
    """The item within one's own board's meeting, or 404."""
    item = load_item(user, uuid)
    if item.meeting.uuid != meeting or board_role(user, item.meeting.board) is None:
        raise Http404
    return item


def load_recommendation(user: User, uuid: UUID) -> Recommendation:
    recommendations = Recommendation.objects.filter(item__case__in=Case.objects.visible_to(user))
    return get_object_or_404(
        recommendations.select_related("item__case__board", "item__meeting__board"), uuid=uuid
    )


def user_can_plan(user: User | None, board: Board) -> bool:
    return board_role(user, board) in PLAN


def check_can_plan(user: User | None, board: Board) -> None:
    if not user_can_plan(user, board):
        raise PermissionDenied("Only the board's chair and coordinator plan its meetings.")


def user_can_present(user: User | None, board: Board) -> bool:
    return board_role(user, board) in PRESENT


def check_can_present(user: User | None, board: Board) -> None:
    if not user_can_present(user, board):
        raise PermissionDenied("Only chair, presenter and coordinator lead through a meeting.")


def is_recused(user: User, item: AgendaItem) -> bool:
    return item.recusals.filter(user=user).exists()


def user_can_decide(user: User | None, item: AgendaItem) -> bool:
    """Record notes, recommendations and the decision: the board without its guests, and nobody recused."""
    return board_role(user, item.meeting.board) in DECIDE and not is_recused(user, item)


def check_can_decide(user: User | None, item: AgendaItem) -> None:
    if not user_can_decide(user, item):
        raise PermissionDenied("Only members of the board who are not recused take part in this decision.")


def user_can_dissent(user: User | None, item: AgendaItem) -> bool:
    return board_role(user, item.meeting.board) in DISSENT and not is_recused(user, item)


def check_can_dissent(user: User | None, item: AgendaItem) -> None:
    if not user_can_dissent(user, item):
        raise PermissionDenied("Only voting members of the board who are not recused may dissent.")


def user_can_sign(user: User | None, item: AgendaItem) -> bool:
    return board_role(user, item.meeting.board) in SIGN and not is_recused(user, item)


def check_can_sign(user: User | None, item: AgendaItem) -> None:
    if not user_can_sign(user, item):
        raise PermissionDenied("Only the board's chair, if not recused, signs a decision.")


def user_can_recuse(user: User | None, who: User, item: AgendaItem) -> bool:
    """Oneself, always as a member; others by those who lead the meeting."""
    if user is None or board_role(who, item.meeting.board) is None:
        return False
    return user == who or user_can_plan(user, item.meeting.board)


def check_can_recuse(user: User | None, who: User, item: AgendaItem) -> None:
    if not user_can_recuse(user, who, item):
        raise PermissionDenied("Members recuse themselves; chair and coordinator may record it for them.")


def user_can_add(user: User | None, item: AgendaItem) -> bool:
    """Write an addendum or a follow-up: those who decide, and those who care for the patient."""
    return board_role(user, item.meeting.board) in DECIDE or user_can_prepare(user, item.case)


def check_can_add(user: User | None, item: AgendaItem) -> None:
    if not user_can_add(user, item):
        raise PermissionDenied("Only the board and the care team add to a decision.")
