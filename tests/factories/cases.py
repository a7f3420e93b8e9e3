"""A case at any status, reached by the ordinary actions."""

from __future__ import annotations

from itertools import count

from tests.factories.accounts import oncologist
from tests.factories.boards import board as new_board
from tumorboard.accounts.models import User
from tumorboard.boards.models import Board
from tumorboard.cases import actions
from tumorboard.cases.models import Case
from tumorboard.cases.status import Status

numbers = count(1)
WAY = (Status.ON_AGENDA, Status.DISCUSSED, Status.DECIDED, Status.IN_FOLLOW_UP, Status.CLOSED)


def case(
    status: Status = Status.REGISTERED,
    *,
    board: Board | None = None,
    by: User | None = None,
    **fields: object,
) -> Case:
    by = by or oncologist()
    values = {"patient_key": f"patient-{next(numbers)}", "question": "What next after progression?", **fields}
    made = actions.register_case(board=board or new_board(), by=by, **values)
    if status == Status.WITHDRAWN:
        actions.withdraw_case(case=made, reason="The patient's wish", by=by)
    elif status == Status.IN_PREPARATION:
        actions.start_preparation(case=made, by=by)
    elif status == Status.READY:
        actions.mark_ready(case=made, by=by)
    elif status in WAY:
        for step in WAY[: WAY.index(status) + 1]:
            actions.change_status(case=made, to=step, by=by)
    assert made.status == status
    return made
