"""What the state of a case allows. Each rule in two forms: one asks, one refuses with the reason."""

from __future__ import annotations

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


def has_fact(case: Case, table: str, row_id: str, by: User) -> bool:
    """Does the row exist, and is it of this patient?"""
    request = gate.Request(
        by=by,
        purpose="treatment",
        table=table,
        columns=["row_id"],
        patient_key=case.patient_key,
        row_ids=[row_id],
    )
    return gate.read_row(request) is not None


def check_has_fact(case: Case, table: str, row_id: str, by: User) -> None:
    if not has_fact(case, table, row_id, by):
        raise Refused("That fact is no longer part of this record. Reload the page.")
