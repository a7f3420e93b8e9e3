"""Every change to a case."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.accounts.roles import is_clinician
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.boards.models import Board
from tumorboard.cases import permissions, policies
from tumorboard.cases.models import CareTeamMember, Case, CaseVisit, FactReview, Urgency
from tumorboard.cases.status import Status
from tumorboard.governance.actions import close_reach, note_opening, open_reach
from tumorboard.governance.permissions import can_reach


@transaction.atomic
def register_case(
    *,
    patient_key: str,
    board: Board,
    question: str,
    by: User,
    urgency: str = Urgency.ROUTINE,
    diagnosis_hint: str = "",
) -> Case:
    """Refer a patient to a board with a question. Opens the patient to the board's coordinators, and to the
    requester when a clinician; where the requester did not reach the patient, that is told and reviewed.
    Refused while the same board still works on a case of this patient."""
    permissions.check_can_register(by, board)
    if not question.strip():
        raise Refused("Say what the board is asked: a case needs a question.")
    try:
        with transaction.atomic():
            case = Case.objects.create(
                patient_key=patient_key,
                board=board,
                question=question.strip(),
                urgency=Urgency(urgency),
                diagnosis_hint=diagnosis_hint.strip(),
                requested_by=by,
            )
    except IntegrityError as error:
        raise Refused(f"{board} already has an open case of this patient. Work on that one.") from error
    record(Event.CASE_REGISTERED, by=by, target=case, patient_key=patient_key, board=board.uuid)
    known = can_reach(by, patient_key)
    reach = open_reach(patient_key=patient_key, reason="care_team", group=board.coordinators, by=by)
    if is_clinician(by):
        reach = _join(case, by, by).reach
    if not known:
        note_opening(
            reach=reach, reason=f"Registered a case for {board}.", by=by, groups=[board.coordinators]
        )
    return case


@transaction.atomic
def add_to_care_team(*, case: Case, user: User, by: User) -> CareTeamMember:
    """Open the patient to somebody who cares for them. Adding the same person twice changes nothing."""
    permissions.check_can_prepare(by, case)
    policies.check_running(case)
    return case.care_team.filter(user=user).first() or _join(case, user, by)


def _join(case: Case, user: User, by: User) -> CareTeamMember:
    reach = open_reach(patient_key=case.patient_key, reason="care_team", user=user, by=by)
    member = CareTeamMember.objects.create(case=case, user=user, reach=reach)
    record(Event.CARE_TEAM_JOINED, by=by, target=case, patient_key=case.patient_key, user=user.pk)
    return member


@transaction.atomic
def remove_from_care_team(*, member: CareTeamMember, by: User) -> None:
    """Take somebody off the care team; the patient is closed to them unless another case keeps it open."""
    case, reach, user_id = member.case, member.reach, member.user_id
    permissions.check_can_prepare(by, case)
    if not CareTeamMember.objects.filter(pk=member.pk).delete()[0]:
        raise ChangedMeanwhile("That person is no longer on the care team.")
    record(Event.CARE_TEAM_LEFT, by=by, target=case, patient_key=case.patient_key, user=user_id)
    if not CareTeamMember.objects.filter(reach=reach).exists():
        close_reach(reach=reach, by=by)


@transaction.atomic
def change_status(*, case: Case, to: str, by: User, changes: dict[str, Any] | None = None) -> None:
    """Move a case on, if it still is where the caller saw it. The caller has asked for permission."""
    policies.check_can_change_status(case, to)
    old, values = case.status, {"status": to, **(changes or {})}
    if not Case.objects.filter(pk=case.pk, status=old).update(**values):
        raise ChangedMeanwhile("Somebody else has just changed this case. Reload the page.")
    for name, value in values.items():
        setattr(case, name, value)
    record(Event.CASE_STATUS_CHANGED, by=by, target=case, patient_key=case.patient_key, old=old, new=to)


@transaction.atomic
def start_preparation(*, case: Case, by: User) -> None:
    permissions.check_can_prepare(by, case)
    change_status(case=case, to=Status.IN_PREPARATION, by=by)


@transaction.atomic
def mark_ready(*, case: Case, by: User) -> None:
    permissions.check_can_prepare(by, case)
    change_status(case=case, to=Status.READY, by=by)


@transaction.atomic
def withdraw_case(*, case: Case, reason: str, by: User) -> None:
    """End a case without a decision, for example because the patient died or wishes it."""
    permissions.check_can_prepare(by, case)
    if not reason.strip():
        raise Refused("Say why the case is withdrawn.")
    if case.status == Status.ON_AGENDA:
        raise Refused("Take the case off the agenda first.")
    change_status(case=case, to=Status.WITHDRAWN, by=by, changes={"withdrawn_because": reason.strip()})


@transaction.atomic
def close_case(*, case: Case, by: User) -> None:
    """End a decided case that needs no further follow-up."""
    permissions.check_can_prepare(by, case)
    change_status(case=case, to=Status.CLOSED, by=by)


@transaction.atomic
def verify_fact(*, case: Case, table: str, row_id: str, by: User, label: str = "") -> FactReview:
    """Confirm a fact after looking at its source."""
    return _review(FactReview.State.VERIFIED, case=case, table=table, row_id=row_id, by=by, label=label)


@transaction.atomic
def dispute_fact(
    *, case: Case, table: str, row_id: str, reason: str, by: User, label: str = ""
) -> FactReview:
    """Say that a fact is wrong, and why. The fact itself is never changed here: its source must be."""
    if not reason.strip():
        raise Refused("Say what is wrong with this fact.")
    state, why = FactReview.State.DISPUTED, reason.strip()
    return _review(state, case=case, table=table, row_id=row_id, by=by, label=label, reason=why)


def _review(
    state: str, *, case: Case, table: str, row_id: str, by: User, label: str, reason: str = ""
) -> FactReview:
    Case.objects.select_for_update(no_key=True).get(pk=case.pk)  # before the gate holds the audit chain
    permissions.check_can_review_facts(by, case)
    policies.check_running(case)
    stated = policies.check_has_fact(case, table, row_id, by)
    review = FactReview.objects.create(
        case=case,
        table=table,
        row_id=row_id,
        stated=stated,
        label=label[:120],
        state=state,
        reason=reason,
        by=by,
    )
    event = Event.FACT_VERIFIED if state == FactReview.State.VERIFIED else Event.FACT_DISPUTED
    record(event, by=by, target=case, patient_key=case.patient_key, table=table, row_id=row_id)
    if case.status == Status.REGISTERED:
        change_status(case=case, to=Status.IN_PREPARATION, by=by)
    return review


@transaction.atomic
def record_visit(*, case: Case, by: User) -> CaseVisit:
    """Remember that the person has now seen the case's facts; the worklist counts later ones as new."""
    readiness = getattr(case, "readiness", None)
    seen = sorted(readiness.marks) if readiness else []
    visit, _ = CaseVisit.objects.update_or_create(case=case, user=by, defaults={"seen": seen})
    record(Event.CASE_LOOKED_AT, by=by, target=case, patient_key=case.patient_key)
    return visit


@dataclass(frozen=True)
class Slot:
    """When a case is to be discussed, as the meeting tells it. None throughout: it has no slot any more."""

    case_id: int
    meeting_uuid: UUID | None = None
    meeting_at: datetime | None = None
    slot_at: datetime | None = None


@transaction.atomic
def set_slots(*, slots: Iterable[Slot], by: User) -> None:
    """Note the time slots that a meeting gives its cases. The caller has asked for permission."""
    count = 0
    for slot in slots:
        count += Case.objects.filter(pk=slot.case_id).update(
            meeting_uuid=slot.meeting_uuid, meeting_at=slot.meeting_at, slot_at=slot.slot_at
        )
    record(Event.CASES_SCHEDULED, by=by, cases=count)
