"""Planning: a meeting, the cases on its agenda, their order."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max

from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import Refused
from tumorboard.accounts.roles import Role, roles_of
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.boards.models import Board
from tumorboard.cases.actions import Slot, change_status, set_slots
from tumorboard.cases.models import Case
from tumorboard.cases.status import Status
from tumorboard.governance.actions import close_reach, open_reach, pin_snapshot
from tumorboard.meetings import permissions, policies
from tumorboard.meetings.actions.locking import held_item, held_meeting
from tumorboard.meetings.codes import Profession
from tumorboard.meetings.models import AgendaItem, Attendance, Meeting, slots
from tumorboard.meetings.status import ItemStatus

REACH_AFTER_MEETING = timedelta(days=14)
PROFESSIONS = {
    Role.ONCOLOGIST: Profession.ONCOLOGY,
    Role.PATHOLOGIST: Profession.PATHOLOGY,
    Role.RADIOLOGIST: Profession.RADIOLOGY,
    Role.COORDINATOR: Profession.COORDINATION,
}


@transaction.atomic
def plan_meeting(*, board: Board, starts_at: datetime, by: User, room: str = "") -> Meeting:
    """A dated session, with the board's present members on its attendance list."""
    permissions.check_can_plan(by, board)
    try:
        with transaction.atomic():
            meeting = Meeting.objects.create(board=board, starts_at=starts_at, room=room, created_by=by)
    except IntegrityError as error:
        raise Refused(f"{board} already has a meeting at that time. Choose another time.") from error
    members = board.members.current().select_related("user").prefetch_related("user__groups")
    Attendance.objects.bulk_create(
        Attendance(meeting=meeting, user=member.user, profession=_profession(member.user))
        for member in members
    )
    record(Event.MEETING_PLANNED, by=by, target=meeting, board=board.uuid)
    return meeting


def _profession(user: User) -> Profession:
    known = [PROFESSIONS[role] for role in roles_of(user) if role in PROFESSIONS]
    return known[0] if known else Profession.OTHER


@transaction.atomic
def add_item(
    *, meeting: Meeting, case: Case, by: User, minutes: int = 10, presenter: User | None = None
) -> AgendaItem:
    """Put a case on the agenda: pins its data as they stand now, and opens the patient to the board's members
    until 14 days after the meeting."""
    meeting = held_meeting(meeting)
    permissions.check_can_plan(by, meeting.board)
    policies.check_open(meeting)
    policies.check_same_board(meeting, case)
    policies.check_minutes(minutes)
    Case.objects.select_for_update(no_key=True).get(pk=case.pk)
    change_status(case=case, to=Status.ON_AGENDA, by=by)
    last = meeting.items.aggregate(last=Max("position"))["last"] or 0
    item = AgendaItem.objects.create(
        meeting=meeting,
        case=case,
        position=last + 1,
        minutes=minutes,
        presenter=presenter,
        snapshot=pin_snapshot(by=by),
        reach=open_reach(
            patient_key=case.patient_key,
            reason="agenda",
            group=meeting.board.group,
            until=meeting.starts_at + REACH_AFTER_MEETING,
            by=by,
        ),
    )
    record(
        Event.AGENDA_ITEM_ADDED,
        by=by,
        target=item,
        patient_key=case.patient_key,
        meeting=meeting.uuid,
        snapshot=item.snapshot.uuid,
    )
    tell_slots(meeting, by)
    return item


@transaction.atomic
def remove_item(*, item: AgendaItem, by: User) -> None:
    """Take a case off the agenda before it was presented. The board's members lose sight of the patient,
    unless another meeting keeps it."""
    meeting = held_meeting(item.meeting)
    item = held_item(item)
    permissions.check_can_plan(by, meeting.board)
    policies.check_open(meeting)
    if item.status != ItemStatus.WAITING:
        raise Refused("This case has been presented and stays on record. Defer it instead.")
    case, reach = item.case, item.reach
    record(Event.AGENDA_ITEM_REMOVED, by=by, target=item, patient_key=case.patient_key, meeting=meeting.uuid)
    item.recusals.all().delete()
    item.delete()
    give_back(case, by)
    if not AgendaItem.objects.filter(reach=reach).exists():
        close_reach(reach=reach, by=by)
    tell_slots(meeting, by)


@transaction.atomic
def move_item(*, item: AgendaItem, up: bool, by: User) -> None:
    """Change places with the neighbour; at the end of the list nothing changes."""
    meeting = held_meeting(item.meeting)
    permissions.check_can_plan(by, meeting.board)
    policies.check_open(meeting)
    items = list(meeting.items.all())
    at = next((index for index, other in enumerate(items) if other.pk == item.pk), None)
    other = None if at is None else at + (-1 if up else 1)
    if other is None or not 0 <= other < len(items):
        return
    items[at].position, items[other].position = items[other].position, items[at].position
    AgendaItem.objects.bulk_update([items[at], items[other]], ["position"])
    record(Event.AGENDA_REORDERED, by=by, target=meeting, item=item.uuid, up=up)
    tell_slots(meeting, by)


def tell_slots(meeting: Meeting, by: User) -> None:
    """Let the cases know when their turn comes; those already deferred have none any more."""
    items = list(meeting.items.exclude(status=ItemStatus.DEFERRED))
    set_slots(
        slots=[
            Slot(item.case_id, meeting.uuid, meeting.starts_at, at)
            for item, at in zip(items, slots(meeting.starts_at, items), strict=True)
        ],
        by=by,
    )


def give_back(case: Case, by: User) -> None:
    """The case goes back into preparation and has no slot any more."""
    no_slot = {"meeting_uuid": None, "meeting_at": None, "slot_at": None}
    change_status(case=case, to=Status.IN_PREPARATION, by=by, changes=no_slot)
