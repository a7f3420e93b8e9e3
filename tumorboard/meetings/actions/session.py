"""The meeting in session: opening and closing, who is there, who steps back, where the presenter is."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.cases.actions import change_status
from tumorboard.cases.status import Status
from tumorboard.meetings import permissions, policies
from tumorboard.meetings.actions.agenda import give_back
from tumorboard.meetings.actions.locking import held_item, held_meeting
from tumorboard.meetings.codes import Outcome, Profession
from tumorboard.meetings.models import AgendaItem, Attendance, Decision, Meeting, Position, Recusal
from tumorboard.meetings.status import ItemStatus, MeetingStatus

NOT_REACHED = "Not reached in this meeting."


@transaction.atomic
def open_meeting(*, meeting: Meeting, by: User) -> None:
    _change_meeting(meeting, MeetingStatus.IN_SESSION, Event.MEETING_OPENED, by)


@transaction.atomic
def close_meeting(*, meeting: Meeting, by: User) -> None:
    """End the session. Cases that were not reached go back into preparation; one that was presented needs
    a decision first. Signing is possible afterwards."""
    held = held_meeting(meeting)
    policies.check_can_close(held.items.filter(status=ItemStatus.PRESENTED).count())
    _change_meeting(meeting, MeetingStatus.CLOSED, Event.MEETING_CLOSED, by)
    for item in held.items.filter(status=ItemStatus.WAITING).select_related("case"):
        AgendaItem.objects.filter(pk=item.pk).update(status=ItemStatus.DEFERRED)
        Decision.objects.create(item=item, outcome=Outcome.DEFERRED, missing=NOT_REACHED, by=by)
        record(
            Event.DECISION_RECORDED, by=by, target=item, patient_key=item.case.patient_key, outcome="deferred"
        )
        give_back(item.case, by)


def _change_meeting(meeting: Meeting, to: MeetingStatus, event: Event, by: User) -> None:
    permissions.check_can_present(by, meeting.board)
    policies.check_can_change_meeting(meeting, to)
    if not Meeting.objects.filter(pk=meeting.pk, status=meeting.status).update(status=to):
        raise ChangedMeanwhile("Somebody else has just opened or closed this meeting. Reload the page.")
    meeting.status = to
    record(event, by=by, target=meeting)


@transaction.atomic
def record_attendance(
    *,
    meeting: Meeting,
    by: User,
    user: User | None = None,
    name: str = "",
    profession: str = Profession.OTHER,
    present: bool = True,
) -> Attendance:
    """Note that somebody is (not) there: a person with an account, or a guest by name."""
    permissions.check_can_present(by, meeting.board)
    policies.check_open(meeting)
    if (user is None) == (not name.strip()):
        raise Refused("Choose a person, or write the name of a guest.")
    attendance, _ = Attendance.objects.update_or_create(
        meeting=meeting,
        user=user,
        name=name.strip(),
        defaults={"present": present},
        create_defaults={"present": present, "profession": Profession(profession)},
    )
    record(Event.ATTENDANCE_RECORDED, by=by, target=meeting, attendance=attendance.pk, present=present)
    return attendance


@transaction.atomic
def recuse(*, item: AgendaItem, user: User, reason: str, by: User) -> Recusal:
    """Note that somebody takes no part in deciding this case. It cannot be undone for the same case."""
    item = held_item(item)
    permissions.check_can_recuse(by, user, item)
    policies.check_unlocked(item)
    if not reason.strip():
        raise Refused("Say why.")
    recusal, created = Recusal.objects.get_or_create(
        item=item, user=user, defaults={"reason": reason.strip(), "by": by}
    )
    if created:
        record(Event.RECUSED, by=by, target=item, patient_key=item.case.patient_key, user=user.pk)
    return recusal


@transaction.atomic
def start_item(*, item: AgendaItem, by: User) -> AgendaItem:
    """Begin the discussion of a case: its clock starts. Starting a started one changes nothing."""
    item = held_item(item)
    permissions.check_can_present(by, item.meeting.board)
    policies.check_in_session(item.meeting)
    if item.status != ItemStatus.WAITING:
        return item
    change_status(case=item.case, to=Status.DISCUSSED, by=by)
    item.status, item.started_at = ItemStatus.PRESENTED, timezone.now()
    item.save(update_fields=["status", "started_at"])
    record(Event.CASE_PRESENTED, by=by, target=item, patient_key=item.case.patient_key)
    return item


@transaction.atomic
def set_position(*, item: AgendaItem, slide: int, by: User) -> Position:
    """Where the presenter is now. The first move within a case, in session, begins its discussion; a move is
    not worth an audit row of its own."""
    permissions.check_can_present(by, item.meeting.board)
    if not 1 <= slide <= 6:
        raise Refused("There are slides 1 to 6.")
    if policies.is_in_session(item.meeting):
        start_item(item=item, by=by)
    place, _ = Position.objects.update_or_create(
        meeting=item.meeting, defaults={"item": item, "slide": slide}
    )
    return place


@transaction.atomic
def record_print(*, item: AgendaItem, by: User) -> None:
    """Note that a decision was opened for printing, that is, may leave the application on paper."""
    record(Event.DECISION_PRINTED, by=by, target=item, patient_key=item.case.patient_key)
