"""What the state of a case allows. Each rule in two forms: one asks, one refuses with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import Refused
from tumorboard.cases.models import Case
from tumorboard.cases.status import BEFORE_MEETING, ENDED, Status, may_follow
from tumorboard.governance import gate


def can_change_status(case: Case, to: str) -> bool:
    return may_follow(case.status, to)


def check_can_change_status(case: Case, to: str) -> None:
    if not can_change_status(case, to):
        raise Refused(
            f"This case is {Status(case.status).label.lower()}; it cannot become {Status(to).label.lower()}."
        )


def is_in_preparation(case: Case) -> bool:
    return case.status in BEFORE_MEETING


def check_in_preparation(case: Case) -> None:
    if not is_in_preparation(case):
        raise Refused(f"This case is {case.get_status_display().lower()}: its preparation is over.")


def is_running(case: Case) -> bool:
    return case.status not in ENDED


def check_running(case: Case) -> None:
    if not is_running(case):
        raise Refused(
            f"This case is {case.get_status_display().lower()}. Register a new one for a new question."
        )


def stating(row: Mapping[str, Any]) -> str:
    """What a row rests on: its row as received, or the version of its model. A verdict on a row holds for as
    long as this does, because a corrected value keeps the identity of the row."""
    return str(row.get("source_row") or row.get("model_version") or "")


def check_has_fact(case: Case, table: str, row_id: str, by: User) -> str:
    """The row exists and is of this patient; what it rests on."""
    request = gate.Request(
        by=by, purpose="treatment", table=table, patient_key=case.patient_key, row_ids=[row_id]
    )
    row = gate.read_row(request)
    if row is None:
        raise Refused("That fact is no longer part of this record. Reload the page.")
    return stating(row)
