"""Who may do what with a case. Seeing it comes first: `load_case` is the only way in."""

from __future__ import annotations

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from tumorboard.accounts.models import User
from tumorboard.accounts.roles import is_clinician
from tumorboard.boards.models import Board, BoardRole
from tumorboard.boards.permissions import board_role
from tumorboard.cases.models import Case
from tumorboard.governance.permissions import can_reach


def load_case(user: User, uuid: UUID) -> Case:
    """The case, or the same 404 whether there is none or it is not for this person."""
    return get_object_or_404(Case.objects.visible_to(user).select_related("board"), uuid=uuid)


def user_can_register(user: User | None, board: Board) -> bool:
    return is_clinician(user) or board_role(user, board) == BoardRole.COORDINATOR


def check_can_register(user: User | None, board: Board) -> None:
    if not user_can_register(user, board):
        raise PermissionDenied("Only clinicians and the board's coordinator may register a case.")


def user_can_prepare(user: User | None, case: Case) -> bool:
    """Care team of the case, or coordinator of its board."""
    if user is None or not user.is_active:
        return False
    on_team = case.care_team.filter(user=user).exists() and can_reach(user, case.patient_key)
    return on_team or board_role(user, case.board) == BoardRole.COORDINATOR


def check_can_prepare(user: User | None, case: Case) -> None:
    if not user_can_prepare(user, case):
        raise PermissionDenied("Only the care team and the board's coordinator may prepare this case.")


def user_can_review_facts(user: User | None, case: Case) -> bool:
    """A clinician who may see the patient."""
    return is_clinician(user) and can_reach(user, case.patient_key)


def check_can_review_facts(user: User | None, case: Case) -> None:
    if not user_can_review_facts(user, case):
        raise PermissionDenied("Only clinicians who care for the patient may verify or dispute facts.")
