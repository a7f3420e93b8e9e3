"""The demo's board: who sits on it, which cases it meets on, and one decision already signed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

import pandas as pd
from django.utils import timezone

from tumorboard.accounts.models import User
from tumorboard.boards.actions import add_member, create_board
from tumorboard.boards.models import Board, BoardRole
from tumorboard.cases.actions import add_to_care_team, mark_ready, register_case, start_preparation
from tumorboard.cases.measuring import FACTS, MODALITIES, measure
from tumorboard.cases.models import Case
from tumorboard.governance.actions import open_reach
from tumorboard.governance.capabilities import commanded
from tumorboard.governance.permissions import TREATMENT
from tumorboard.meetings.actions.agenda import add_item, plan_meeting
from tumorboard.meetings.actions.decisions import (
    record_decision,
    record_note,
    record_recommendation,
    sign_off,
)
from tumorboard.meetings.actions.session import close_meeting, open_meeting, record_attendance, start_item
from tumorboard.meetings.models import AgendaItem
from tumorboard.runs.frames import frames

BOARD = "Thursday tumor board"
MEMBERS = {
    "oncologist": BoardRole.CHAIR,
    "pathologist": BoardRole.MEMBER,
    "radiologist": BoardRole.MEMBER,
    "coordinator": BoardRole.COORDINATOR,
}
CASES, DECIDED, UNSCHEDULED = 8, 2, 2
THURSDAY = 3


def seed_board(people: dict[str, User]) -> None:
    """Once: the board, its cases, a meeting that was held today, and the next one on Thursday."""
    if Board.objects.filter(name=BOARD).exists():
        return
    board = create_board(
        name=BOARD, specialty="All solid tumours", synthetic=True, by=people["administrator"]
    )
    for username, role in MEMBERS.items():
        add_member(board=board, user=people[username], board_role=role, by=people["administrator"])
    questions, oncologist = _questions(CASES), people["oncologist"]
    # the demo has no session: it reads with a command's capability, which is on record as one
    with commanded(user=oncologist, purposes=[TREATMENT], reads=[FACTS, MODALITIES], by="demo"):
        cases = [_case(board, key, question, people) for key, question in questions]
        _held(board, cases[:DECIDED], people)
        _planned(board, cases[DECIDED : len(cases) - UNSCHEDULED], people)


def _case(board: Board, patient_key: str, question: str, people: dict[str, User]) -> Case:
    treating = people["oncologist"]
    open_reach(patient_key=patient_key, reason="care_team", user=treating, by="demo")  # else it is reviewed
    case = register_case(patient_key=patient_key, board=board, question=question, by=treating)
    add_to_care_team(case=case, user=people["pathologist"], by=people["oncologist"])
    start_preparation(case=case, by=people["oncologist"])
    measure(case=case, by=people["oncologist"])
    return case


def _held(board: Board, cases: Sequence[Case], people: dict[str, User]) -> None:
    """A meeting an hour ago: each case decided and signed, so that follow-up has something to follow."""
    chair, coordinator = people["oncologist"], people["coordinator"]
    starts = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    meeting = plan_meeting(board=board, starts_at=starts, by=coordinator, room="Room 2.14")
    items = [add_item(meeting=meeting, case=case, by=coordinator, presenter=chair) for case in cases]
    for username in MEMBERS:
        record_attendance(meeting=meeting, user=people[username], by=coordinator)
    open_meeting(meeting=meeting, by=coordinator)
    for item in items:
        _decide(item, people)
    close_meeting(meeting=meeting, by=coordinator)


def _decide(item: AgendaItem, people: dict[str, User]) -> None:
    chair = people["oncologist"]
    start_item(item=item, by=chair)
    record_note(
        item=item, text="Options discussed with pathology; the patient's wishes were read out.", by=chair
    )
    record_recommendation(
        item=item,
        kind="molecular_testing",
        text="Repeat panel on new material before the next line.",
        priority=1,
        owner=people["pathologist"],
        due_on=timezone.localdate() + timedelta(days=14),
        by=chair,
    )
    record_decision(
        item=item, outcome="consensus", caveats="Facts still in conflict are named in the minutes.", by=chair
    )
    sign_off(item=item, by=chair)


def _planned(board: Board, cases: Sequence[Case], people: dict[str, User]) -> None:
    """The next meeting, on the coming Thursday at eight; half of its cases are ready."""
    coordinator = people["coordinator"]
    meeting = plan_meeting(board=board, starts_at=_next_thursday(), by=coordinator, room="Room 2.14")
    for number, case in enumerate(cases):
        if number % 2 == 0:
            mark_ready(case=case, by=people["oncologist"])
        add_item(meeting=meeting, case=case, by=coordinator, minutes=12, presenter=people["oncologist"])


def _next_thursday() -> datetime:
    today = timezone.localdate()
    day = today + timedelta(days=(THURSDAY - today.weekday() - 1) % 7 + 1)
    return timezone.make_aware(datetime.combine(day, time(8)))


def _questions(count: int) -> list[tuple[str, str]]:
    """Living patients with the most recent events, and what to ask of each."""
    data = frames(["silver.patients", "silver.diagnoses", "silver.therapies", "silver.variants"])
    patients = data["silver.patients"]
    living = patients[~patients["deceased"].fillna(False)]["patient_key"]
    sequenced = set(data["silver.variants"]["patient_key"]) if "silver.variants" in data else set()
    therapies = data["silver.therapies"].sort_values("started_on")
    last = {
        key: rows.iloc[-1] for key, rows in therapies[therapies["kind"] == "systemic"].groupby("patient_key")
    }
    ranked = sorted(living, key=lambda key: (key not in sequenced, key not in last, key))
    return [(key, _question(last.get(key))) for key in ranked[:count]]


def _question(therapy: Any) -> str:
    if therapy is None:
        return "New diagnosis: which first treatment, and is a trial open?"
    name = therapy["name"]
    if pd.isna(therapy["ended_on"]):
        return f"On {name}: continue, change, or offer a trial?"
    return f"After {name} ({therapy['end_reason'] or 'ended'}): which next line, and does a trial fit?"
