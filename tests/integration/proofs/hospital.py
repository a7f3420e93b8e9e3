"""The hospital of the proofs: patients who carry marks, and people of every kind with what they may know.

What a person may know stands here as plain sets of numbers, beside what was done to make it so; nothing is
asked of the code under proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from tests.factories.accounts import person
from tests.integration import contents
from tests.integration.gates import GateProcess, signed_in
from tests.integration.proofs import received, sized
from tests.integration.proofs.marks import mark
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.boards.actions import add_member, create_board
from tumorboard.boards.models import Board, BoardRole
from tumorboard.cases.actions import add_to_care_team, register_case
from tumorboard.cases.models import Case
from tumorboard.governance.actions import SERVICE_GROUP, open_reach, record_consents
from tumorboard.governance.actions.emergency import break_glass
from tumorboard.governance.actions.studies import add_study_member, assign_quality, create_study, set_units
from tumorboard.governance.capabilities import issue_capability
from tumorboard.governance.gate import Request
from tumorboard.governance.gate.calling import Caller, acting
from tumorboard.governance.ledger import crosswalk
from tumorboard.governance.models import PatientReach, Study
from tumorboard.meetings import actions as meetings
from tumorboard.meetings.models import AgendaItem, Meeting
from tumorboard.runs.ingesting import ingest

PATIENTS = sized(60, 500)
OWN, AGENDA, OVER, EMERGENCY = range(1, 7), range(7, 11), range(11, 13), range(13, 14)
OF_ONE, OF_TWO = range(1, 11), range(11, 21)  # patients of the boards One and Two; all others of board Three
CONSENTED, OF_UNIT = range(1, PATIENTS // 2 + 1), range(1, PATIENTS * 2 // 3 + 1)
UNIT = "Unit 7"


@dataclass(frozen=True)
class Somebody:
    """A user and the numbers of the patients whose treatment they may see now."""

    user: User
    may: frozenset[int] = frozenset()

    @property
    def name(self) -> str:
        return str(self.user.username)

    def caller(self) -> Caller:
        return Caller(session_key=signed_in(self.user), source_ip="10.0.0.9", request_id=f"of-{self.name}")


@dataclass
class Hospital:
    home: Path
    gate: GateProcess
    people: dict[str, Somebody] = field(default_factory=dict)
    cases: dict[int, Case] = field(default_factory=dict)
    boards: list[Board] = field(default_factory=list)
    study: Study | None = None

    @cached_property
    def keys(self) -> dict[int, str]:
        """Number of the patient -> patient_key."""
        found = {number: crosswalk().find(mark("MR", number)) for number in range(1, PATIENTS + 1)}
        return {number: key for number, key in found.items() if key}

    @cached_property
    def numbers(self) -> dict[str, int]:
        return {key: number for number, key in self.keys.items()}

    @cached_property
    def rows(self) -> dict[str, dict[int, list[dict[str, Any]]]]:
        """Everything the lake holds of each patient, read beside the gate: table -> number -> rows."""
        return {name: self._of(name) for name in contents.versions() if not name.startswith("bronze.")}

    def _of(self, table: str) -> dict[int, list[dict[str, Any]]]:
        found: dict[int, list[dict[str, Any]]] = {}
        for row in contents.rows(table):
            if "patient_key" in row:
                found.setdefault(self.numbers[row["patient_key"]], []).append(row)
        return found

    def user(self, name: str) -> User:
        return self.people[name].user

    def ask(self, who: str, table: str, number: int | None = None, **more: Any) -> Request:
        keys = {} if number is None else {"patient_key": self.keys[number]}
        return Request(**{"by": self.user(who), "purpose": "treatment", "table": table, **keys, **more})

    @contextmanager
    def serving(self, purpose: str, tables: Iterable[str], **more: Any) -> Iterator[User]:
        """As the service, with a capability for these tables."""
        service = self.user("service")
        token = issue_capability(user=service, purposes=[purpose], reads=list(tables), by="tests", **more)
        with acting(Caller(token=token, job_id=more.get("job_id", ""), channel="task")):
            yield service


def receive(folder: Path) -> None:
    received.write(folder / "received", PATIENTS)
    received.refused(folder / "received" / "bad")
    ingest(paths=[folder / "received"], by="tests")


def people(place: Hospital) -> None:
    """One person of every kind."""
    add = place.people.__setitem__
    add(
        "referring",
        Somebody(person("referring", Role.ONCOLOGIST), frozenset({*range(1, PATIENTS + 1)} - {*OWN})),
    )
    add("clinician", Somebody(person("clinician", Role.ONCOLOGIST), frozenset(OWN)))
    add("member", Somebody(person("member", Role.PATHOLOGIST), frozenset(AGENDA)))
    add("late_member", Somebody(person("late_member", Role.RADIOLOGIST)))
    add("coordinator", Somebody(person("coordinator", Role.COORDINATOR), frozenset(OF_ONE)))
    add("other_coordinator", Somebody(person("other_coordinator", Role.COORDINATOR), frozenset(OF_TWO)))
    add("breaker", Somebody(person("breaker", Role.RADIOLOGIST), frozenset(EMERGENCY)))
    add("steward", Somebody(person("steward", Role.DATA_STEWARD)))
    root = {"is_staff": True, "is_superuser": True}
    add("administrator", Somebody(person("administrator", Role.ADMINISTRATOR, **root)))
    add("researcher", Somebody(person("researcher", Role.RESEARCHER)))
    add("quality", Somebody(person("quality", Role.QUALITY_OFFICER)))
    add("nobody", Somebody(person("nobody")))
    add("inactive", Somebody(person("inactive", Role.ONCOLOGIST)))
    service = person("service")
    service.groups.add(Group.objects.get(name=SERVICE_GROUP))
    add("service", Somebody(User.objects.get(pk=service.pk)))


CRAWLED = (
    "clinician", "member", "late_member", "coordinator", "breaker", "steward", "administrator", "researcher",
    "quality", "nobody", "inactive",
)  # fmt: skip


def cases(place: Hospital) -> None:
    """Every patient has a case with a marked question; some are on agendas, two of a meeting long ago."""
    by = place.user("administrator")
    place.boards = [create_board(name=name, by=by) for name in ("One", "Two", "Three")]
    one, two, three = place.boards
    _sit(one, by, {"member": BoardRole.MEMBER, "coordinator": BoardRole.COORDINATOR})
    _sit(two, by, {"late_member": BoardRole.CHAIR, "other_coordinator": BoardRole.COORDINATOR})
    for number in range(1, PATIENTS + 1):
        board = one if number in OF_ONE else two if number in OF_TWO else three
        requester = "clinician" if number in OWN else "referring"
        place.cases[number] = register_case(
            patient_key=place.keys[number], board=board, question=f"Which line? {mark('QU', number)}",
            diagnosis_hint=mark("QU", number), by=place.user(requester),
        )  # fmt: skip
    _planned(place)
    with acting(place.people["late_member"].caller()):
        _over(place)
    for number in (1, 2, 3):
        add_to_care_team(case=place.cases[number], user=place.user("inactive"), by=place.user("clinician"))
    inactive = place.user("inactive")
    inactive.is_active = False
    inactive.save(update_fields=["is_active"])


def _sit(board: Board, by: User, seats: dict[str, BoardRole]) -> None:
    for name, role in seats.items():
        add_member(board=board, user=User.objects.get(username=name), board_role=role, by=by)


def _planned(place: Hospital) -> Meeting:
    coordinator = place.user("coordinator")
    meeting = meetings.plan_meeting(
        board=place.boards[0], starts_at=timezone.now() + timedelta(days=2), by=coordinator
    )
    for number in AGENDA:
        meetings.add_item(meeting=meeting, case=place.cases[number], by=coordinator)
    return meeting


def _over(place: Hospital) -> None:
    """A meeting whose window has passed: decided, signed, and closed to its members since."""
    chair, coordinator = place.user("late_member"), place.user("other_coordinator")
    starts = timezone.now() - timedelta(days=1)
    meeting = meetings.plan_meeting(board=place.boards[1], starts_at=starts, by=coordinator)
    items = [meetings.add_item(meeting=meeting, case=place.cases[n], by=coordinator) for n in OVER]
    meetings.open_meeting(meeting=meeting, by=chair)
    for number, item in zip(OVER, items, strict=True):
        meetings.start_item(item=item, by=chair)
        text = f"Next line for {mark('QU', number)}"
        meetings.record_note(item=item, text=text, by=chair)
        meetings.record_recommendation(item=item, kind="therapy", text=text, by=chair)
        meetings.record_decision(item=item, outcome="consensus", caveats=text, by=chair)
        meetings.sign_off(item=AgendaItem.objects.get(pk=item.pk), by=chair)
    meetings.close_meeting(meeting=Meeting.objects.get(pk=meeting.pk), by=chair)
    ended = timezone.now() - timedelta(minutes=1)
    keys = [place.keys[number] for number in OVER]
    PatientReach.objects.filter(patient_key__in=keys, reason="agenda").update(
        starts_at=ended - timedelta(days=14), ends_at=ended
    )


def studies(place: Hospital) -> None:
    keys = {number: place.keys[number] for number in CONSENTED}
    place.study = create_study(code="proofs", title="Proofs", starts_on=date(2020, 1, 1), by="tests")
    add_study_member(study=place.study, user=place.user("researcher"), by="tests")
    record_consents(patient_keys=keys.values(), scope="research", study=place.study, by="tests")
    record_consents(patient_keys=keys.values(), scope="training", by="tests")
    set_units(units={place.keys[number]: UNIT for number in OF_UNIT}, by="tests")
    assign_quality(unit=UNIT, user=place.user("quality"), by="tests")
    (number,) = EMERGENCY
    break_glass(
        patient_key=place.keys[number], code="emergency", reason="Unconscious in the emergency room",
        by=place.user("breaker"), confirmed=True,
    )  # fmt: skip


def opened(place: Hospital, who: str, number: int) -> PatientReach:
    return open_reach(patient_key=place.keys[number], reason="care_team", user=place.user(who), by="tests")
