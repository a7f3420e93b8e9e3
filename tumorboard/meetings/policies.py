"""What the state of a meeting, an item and a decision allows."""

from __future__ import annotations

from collections.abc import Collection

from tumorboard.accounts.refusals import Refused
from tumorboard.cases.models import Case
from tumorboard.meetings import evidence
from tumorboard.meetings.codes import NEEDS_REASON, STUDY_NUMBER, FollowUpState, Kind, Outcome, Reason
from tumorboard.meetings.models import AgendaItem, Decision, Meeting, Recommendation
from tumorboard.meetings.status import ITEM_TRANSITIONS, MEETING_TRANSITIONS, ItemStatus, MeetingStatus

IN_DISCUSSION = (ItemStatus.PRESENTED, ItemStatus.DECIDED)


def can_change_meeting(meeting: Meeting, to: str) -> bool:
    return MeetingStatus(to) in MEETING_TRANSITIONS[MeetingStatus(meeting.status)]


def check_can_change_meeting(meeting: Meeting, to: str) -> None:
    if not can_change_meeting(meeting, to):
        raise Refused(f"This meeting is {meeting.get_status_display().lower()}.")


def is_open(meeting: Meeting) -> bool:
    return meeting.status != MeetingStatus.CLOSED


def check_open(meeting: Meeting) -> None:
    if not is_open(meeting):
        raise Refused("This meeting is closed. Put the case on the agenda of the next one.")


def check_same_board(meeting: Meeting, case: Case) -> None:
    if case.board_id != meeting.board_id:
        raise Refused(f"This case was referred to {case.board}, not to {meeting.board}.")


def check_minutes(minutes: int) -> None:
    if not 1 <= minutes <= 120:
        raise Refused("Plan between 1 and 120 minutes for a case.")


def is_in_session(meeting: Meeting) -> bool:
    return meeting.status == MeetingStatus.IN_SESSION


def check_in_session(meeting: Meeting) -> None:
    if not is_in_session(meeting):
        raise Refused("This takes a meeting in session. Open the meeting first.")


def can_change_item(item: AgendaItem, to: str) -> bool:
    return ItemStatus(to) in ITEM_TRANSITIONS[ItemStatus(item.status)]


def check_can_change_item(item: AgendaItem, to: str) -> None:
    if not can_change_item(item, to):
        raise Refused(f"This case is {item.get_status_display().lower()} in this meeting. Present it first.")


def is_unlocked(item: AgendaItem) -> bool:
    return not item.is_signed


def check_unlocked(item: AgendaItem) -> None:
    if not is_unlocked(item):
        raise Refused("This decision is signed and can no longer be changed. Write an addendum instead.")


def check_signed(item: AgendaItem) -> None:
    if is_unlocked(item):
        raise Refused("This decision is not signed yet. Change it directly; addenda come after signing.")


def is_open_for_discussion(item: AgendaItem) -> bool:
    """For notes, recommendations, dissent, the decision: in session, presented, not deferred, not signed."""
    return is_unlocked(item) and is_in_session(item.meeting) and item.status in IN_DISCUSSION


def check_open_for_discussion(item: AgendaItem) -> None:
    check_unlocked(item)
    check_in_session(item.meeting)
    if item.status not in IN_DISCUSSION:
        raise Refused(f"This case is {item.get_status_display().lower()} in this meeting. Present it first.")


def check_evidence(scale: str, level: str, addenda: list[str]) -> None:
    if words := evidence.fault(scale, level, addenda):
        raise Refused(words)


def check_decision(*, outcome: str, missing: str, no_recommendation: str, recommendations: int) -> None:
    """A decision says something: what is recommended, or why nothing is, or what is missing for one."""
    if outcome == Outcome.DEFERRED:
        if not missing:
            raise Refused("Say what is missing before the case can come back.")
        if recommendations:
            raise Refused("Withdraw the recommendations first: a deferred case has none yet.")
        return
    if not recommendations and not no_recommendation:
        raise Refused("Record a recommendation, or say why there is none.")
    if recommendations and no_recommendation:
        raise Refused("There are recommendations: a reason for having none does not fit.")


def check_conflicts(conflicts: Collection[str], caveats: str) -> None:
    if conflicts and not caveats:
        count = f"{len(conflicts)} fact{'s are' if len(conflicts) > 1 else ' is'}"
        raise Refused(
            f"{count} still in conflict. Settle them on the review page, or carry them as a caveat."
        )


def check_can_close(undecided: int) -> None:
    if undecided:
        count = f"{undecided} case{'s were' if undecided > 1 else ' was'}"
        raise Refused(f"{count} presented but not decided. Record a decision, or defer.")


def check_recommendation(*, kind: str, text: str, study_id: str, priority: int) -> None:
    if kind not in Kind.values:
        raise Refused(f"Unknown kind of recommendation {kind!r}. Known: {', '.join(Kind.values)}.")
    if not text:
        raise Refused("Say in words what is recommended.")
    if not 1 <= priority <= 12:
        raise Refused("The priority is a number from 1 (first choice) to 12.")
    if kind == Kind.STUDY and not study_id:
        raise Refused("Give the study's register number, such as NCT01234567.")
    if study_id and not STUDY_NUMBER.fullmatch(study_id):
        raise Refused(f"{study_id!r} is no register number: NCT01234567, 2020-123456-12 or DRKS00012345.")


def check_can_sign(item: AgendaItem) -> Decision:
    """The decision to be signed."""
    check_unlocked(item)
    decision = getattr(item, "decision", None)
    if decision is None or item.status not in (ItemStatus.DECIDED, ItemStatus.DEFERRED):
        raise Refused("There is no decision to sign yet. Record it first.")
    return decision


def check_follow_up(recommendation: Recommendation, state: str, reasons: list[str]) -> None:
    if state not in FollowUpState.values:
        raise Refused(f"Unknown state {state!r}. Known: {', '.join(FollowUpState.values)}.")
    unknown = [reason for reason in reasons if reason not in Reason.values]
    if unknown:
        raise Refused(f"Unknown reason {', '.join(unknown)}.")
    if state in NEEDS_REASON and not reasons:
        raise Refused("Say why it was not carried out as recommended: choose at least one reason.")
    if recommendation.withdrawn_at is not None:
        raise Refused("That recommendation was withdrawn before the decision was signed.")
