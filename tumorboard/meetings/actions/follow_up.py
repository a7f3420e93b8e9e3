"""What became of a recommendation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone

from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import Refused
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.cases.actions import change_status
from tumorboard.cases.models import Case
from tumorboard.cases.status import Status
from tumorboard.meetings import permissions, policies
from tumorboard.meetings.actions.locking import held_item
from tumorboard.meetings.models import FollowUp, Recommendation


@transaction.atomic
def record_follow_up(
    *,
    recommendation: Recommendation,
    state: str,
    by: User,
    reasons: Iterable[str] = (),
    on: date | None = None,
    text: str = "",
) -> FollowUp:
    """Note how a recommendation stands on a day (today, when not said). The first one takes the case into
    follow-up; when every recommendation has come to an end, the case is closed."""
    item = held_item(recommendation.item)
    permissions.check_can_add(by, item)
    policies.check_signed(item)
    policies.check_follow_up(recommendation, state, list(reasons))
    on = on or timezone.localdate()
    if on > timezone.localdate():
        raise Refused("The day lies in the future. Record what is known today.")
    follow_up = FollowUp.objects.create(
        recommendation=recommendation, state=state, reasons=list(reasons), on=on, text=text.strip(), by=by
    )
    record(
        Event.FOLLOW_UP_RECORDED,
        by=by,
        target=item,
        patient_key=item.case.patient_key,
        recommendation=recommendation.uuid,
    )
    _move_on(item.case, by)
    return follow_up


def _move_on(case: Case, by: User) -> None:
    if case.status == Status.DECIDED:
        change_status(case=case, to=Status.IN_FOLLOW_UP, by=by)
    open_ones = Recommendation.objects.filter(item__case=case).undocumented()
    if case.status == Status.IN_FOLLOW_UP and not open_ones.exists():
        change_status(case=case, to=Status.CLOSED, by=by)
