"""A patient who is hidden from somebody is to them as one who does not exist: the same status, the same body,
the same number of queries; and what is added about hidden patients changes no list, total or count."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from tests.integration.proofs import sized
from tests.integration.proofs.crawling import Addresses, content_of
from tests.integration.proofs.hospital import AGENDA, EMERGENCY, OF_ONE, OVER, OWN, PATIENTS, Hospital
from tests.integration.proofs.marks import mark
from tumorboard.cases.models import Case
from tumorboard.governance import gate
from tumorboard.governance.gate import Condition, Request
from tumorboard.governance.gate.calling import acting
from tumorboard.screening.actions import ask_for, refer
from tumorboard.screening.models import Change

pytestmark = pytest.mark.timeout(sized(300, 7200))
PROBES = sized(200, 2000)
ASKING = ("clinician", "member", "late_member", "coordinator", "breaker", "steward", "researcher", "nobody")
NOISE = re.compile(  # what differs between two answers to the same question
    r'csrfmiddlewaretoken" value="\w+"|nonce-[\w+/=-]+|nonce="[^"]*"|"X-CSRFToken": ?"\w+"|'
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)


@dataclass
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    queries: int


class Asker:
    """One person with a session, who counts the queries of each answer."""

    def __init__(self, place: Hospital, name: str) -> None:
        self.client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
        self.client.force_login(place.user(name), backend="django.contrib.auth.backends.ModelBackend")
        self.count = 0

    def ask(self, path: str, method: str = "get", data: Any = None) -> Answer:
        self.count = 0
        with connection.execute_wrapper(self._counted):
            answer: HttpResponse = getattr(self.client, method)(path, data)
            content = content_of(answer)
        headers = sorted((k, v) for k, v in answer.items() if k not in ("Content-Length", "X-Request-ID"))
        noise = [(k, NOISE.sub("*", str(v))) for k, v in headers]
        return Answer(
            answer.status_code, tuple(noise), NOISE.sub("*", content.decode(errors="replace")), self.count
        )

    def _counted(self, execute: Callable[..., Any], *rest: Any) -> Any:
        self.count += 1
        return execute(*rest)


def hidden_from(place: Hospital, name: str) -> list[int]:
    return [number for number in place.cases if number not in place.people[name].may]


# --- addresses ----------------------------------------------------------------------------------------


def test_a_hidden_case_answers_as_one_that_is_not_there(place: Hospital) -> None:
    """Every address of a case, by GET and by POST, with the real ids of the hidden patient and with none."""
    chance, addresses = random.Random(5), Addresses(place)
    askers = {name: Asker(place, name) for name in ASKING}
    of: dict[int, list[str]] = {}
    told = set()
    for number in range(PROBES):
        name = ASKING[number % len(ASKING)]
        patient = chance.choice(hidden_from(place, name))
        path = chance.choice(of.setdefault(patient, addresses.of_patient(patient)))
        absent = path.replace(str(place.cases[patient].uuid), str(uuid4()))
        method = chance.choice(["get", "get", "post"])
        hidden, nothing = (askers[name].ask(p, method) for p in (path, absent))
        assert hidden == nothing, (name, method, path)
        told.add((hidden.status, method))
    print(f"\n{PROBES} probes of addresses: {sorted(told)}")
    assert {404} <= {status for status, _ in told} <= {404, 405, 403, 302}


SEARCHED = {  # page -> how it is narrowed; {} takes a mark
    "/": ["?q={}", "?show={}", "?page={}", "?sort={}", "?patient={}"],
    "/trials/": ["?q={}", "?page={}", "?show={}", "?condition={}"],
    "/boards/": ["?q={}", "?page={}"],
    "/meetings/": ["?q={}", "?page={}", "?board={}"],
    "/meetings/follow-up/": ["?q={}", "?page={}", "?show={}"],
    "/console/quarantine/": ["?q={}", "?source={}", "?page={}"],
    "/console/ingests/": ["?q={}", "?page={}"],
    "/console/jobs/": ["?q={}", "?kind={}", "?page={}"],
    "/console/tables/": ["?q={}", "?page={}"],
    "/console/audit/": ["?actor={}", "?table={}", "?before={}", "?event={}"],
}


def test_no_search_tells_a_hidden_value_from_one_that_does_not_exist(place: Hospital) -> None:
    asked = 0
    for name in ("clinician", "steward"):
        asker = Asker(place, name)
        for page, ways in SEARCHED.items():
            for way in ways:
                answers = []
                for number in (PATIENTS, 9999):
                    found = asker.ask(page + way.format(mark("NA", number)))
                    answers.append((found.status, re.sub(r"ZQNA\d+QZ", "MARK", _still(page, found.body))))
                    asked += 1
                assert answers[0] == answers[1], (name, page, way)
    print(f"\n{asked} probes of searches")


def _still(page: str, body: str) -> str:
    """The access log has moved on by the look at it; everything but its lines is compared."""
    return "" if page.startswith("/console/audit") else body


# --- what is added about hidden patients ------------------------------------------------------------


@contextmanager
def undone() -> Iterator[None]:
    """Changes that are seen by this process and taken back afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


LISTS = (
    "/", "/?show=decided", "/trials/", "/trials/changes/", "/boards/", "/boards/mine/", "/meetings/",
    "/meetings/follow-up/", "/meetings/follow-up/waiting/", "/profile/", "/console/models/",
)  # fmt: skip


def pages_of(place: Hospital) -> list[str]:
    boards = [str(board.uuid) for board in place.boards]
    of_boards = [
        f"/{p}" for u in boards for p in (f"boards/{u}/", f"boards/{u}/trials/", f"meetings/of-board/{u}/")
    ]
    trial = next(
        p for p in Addresses(place).of_nobody() if re.fullmatch(r"/trials/(?!drafts|changes)[^/]+/", p)
    )
    return [*LISTS, *of_boards, trial]


@pytest.mark.parametrize("name", ["clinician", "late_member", "researcher", "nobody"])
def test_what_happens_to_hidden_patients_moves_no_count(place: Hospital, name: str) -> None:
    """A case more, a case decided, a question more, an agenda more, all of hidden patients: every list, total
    and count that this person sees stays as it was."""
    asker, pages = Asker(place, name), pages_of(place)
    before = {page: asker.ask(page) for page in pages}
    before = {page: asker.ask(page) for page in pages}  # settled: visits and messages are noted by now
    with undone():
        _happen(place, hidden_from(place, name))
        after = {page: asker.ask(page) for page in pages}
    moved = [
        page
        for page in pages
        if (before[page].status, before[page].body) != (after[page].status, after[page].body)
    ]
    print(f"\n{len(pages)} pages of {name}")
    assert moved == []


def _happen(place: Hospital, hidden: list[int]) -> None:
    """Cases on every board, one of them urgent and one decided; changes, questions and referrals of trials.

    Written past the actions, which would ask who may: what counts is what others see of it.
    """
    referring = place.user("referring")
    for number in [n for n in hidden if n not in (*OWN, *AGENDA, *OVER)][:6]:
        key, board = place.keys[number], place.boards[number % 3]
        others = Case.objects.filter(patient_key=key)
        others.update(board=board, urgency="urgent", status="decided" if number % 2 else "ready")
        ask_for(patient_key=key, what="Repeat the panel", by=referring)
        trial = place.rows["gold.trial_matches"][number][0]
        Change.objects.create(
            patient_key=key, trial_id=trial["trial_id"], level="trial", code="x", kind="newly_fits",
            cause="day", after="fits", job=uuid4(),
        )  # fmt: skip
        refer(patient_key=key, trial_id=trial["trial_id"], code=trial["code"], by=referring)


def test_counts_are_of_those_within_reach(place: Hospital) -> None:
    """The number on a page is the number of patients of one's own, counted here by hand."""
    for name in ("clinician", "member", "coordinator", "breaker", "late_member", "nobody", "steward"):
        asker = Asker(place, name)
        may = place.people[name].may
        shown = asker.client.get("/").context
        open_cases = [n for n in may if n not in OVER]
        assert shown["page"].paginator.count == len(open_cases), name
        for board, own in zip(place.boards, (OF_ONE, range(11, 21), range(21, PATIENTS + 1)), strict=True):
            answer = asker.client.get(f"/boards/{board.uuid}/trials/")
            if answer.status_code == 200:
                assert answer.context["cases"] == len([n for n in open_cases if n in own]), (name, board)
    assert EMERGENCY


# --- the gate itself ----------------------------------------------------------------------------------


def outcome(request: Request) -> tuple[str, str]:
    try:
        return "rows", str(gate.read(request).num_rows)
    except Exception as error:
        return type(error).__name__, str(error)


def test_the_gate_tells_a_hidden_patient_from_an_absent_one_by_nothing(place: Hospital) -> None:
    chance, absent, asked = random.Random(7), str(UUID(int=7)), 0
    names = [name for name in place.rows if place.rows[name]]
    for name in ("clinician", "coordinator", "researcher", "quality", "steward", "nobody"):
        with acting(place.people[name].caller()):
            for _ in range(PROBES // 30):
                table, number = chance.choice(names), chance.choice(hidden_from(place, name))
                shapes = [
                    {}, {"columns": ["row_id"]}, {"count_by": ["row_id"]}, {"limit": 1}, {"version": 99},
                    {"columns": ["nothing"]}, {"order_by": ["-row_id"]},
                    {"where": [Condition("row_id", "prefix", "a")]},
                ]  # fmt: skip
                more = chance.choice(shapes)
                who = {"by": place.user(name), "purpose": "treatment", "table": table, **more}
                hidden = outcome(Request(**who, patient_key=place.keys[number]))
                nothing = outcome(Request(**who, patient_key=absent))
                assert hidden == nothing, (name, table, more)
                mine = sorted(place.people[name].may)[:1]
                keys = [place.keys[n] for n in mine]
                both = [
                    outcome(Request(**who, patient_keys=[*keys, k])) for k in (place.keys[number], absent)
                ]
                assert both[0] == both[1], (name, table, more, "beside an own patient")
                asked += 4
    print(f"\n{asked} probes of the gate")


def test_row_numbers_of_others_lead_nowhere(place: Hospital) -> None:
    with acting(place.people["clinician"].caller()):
        for table, of in place.rows.items():
            theirs = next((rows[0]["row_id"] for n, rows in of.items() if n not in OWN), None)
            if theirs is None:
                continue
            for ids in ([theirs], ["no-such-row"]):
                assert outcome(place.ask("clinician", table, 1, row_ids=ids)) == ("rows", "0"), table


def test_research_cannot_ask_about_values_that_it_does_not_see(place: Hospital) -> None:
    """Conditions with a real value and with one that nobody has give the same rows."""
    asked = 0
    kinds = [
        ("silver.patients", "name", "NA"), ("silver.patients", "file_name", "FN"),
        ("silver.documents", "author", "AU"), ("silver.documents", "text", "LT"),
        ("silver.labs", "value_text", "LA"), ("silver.therapies", "end_reason", "TH"),
        ("silver.wearables", "device", "DE"), ("silver.specimens", "specimen_id", "SP"),
        ("silver.imaging", "study_uid", "UI"),
    ]  # fmt: skip
    with acting(place.people["researcher"].caller()):
        for table, column, kind in kinds:
            for op in ("eq", "prefix", "ge", "in"):
                found = []
                for number in (1, 9999):
                    value = _value(place, table, column, kind, number)
                    where = [Condition(column, op, [value] if op == "in" else value)]
                    who = {
                        "by": place.user("researcher"),
                        "purpose": "research",
                        "study": place.study,
                        "table": table,
                    }
                    found += [
                        outcome(Request(**who, where=where)),
                        outcome(Request(**who, where=where, count_by=["patient_key"])),
                    ]
                    asked += 2
                assert found[:2] == found[2:], (table, column, op)
    print(f"\n{asked} probes of values")


def _value(place: Hospital, table: str, column: str, kind: str, number: int) -> str:
    rows = place.rows[table].get(number)
    return str(rows[0][column]) if rows and rows[0][column] else mark(kind, number)
