"""The gate as a process of its own: who is let in, that nothing is given without a record, and that it
answers as it does inside a process."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client, override_settings
from django.utils import timezone

from tests.factories.accounts import person
from tests.integration import gates
from tests.integration.gates import GateProcess, Nursery, signed_in
from tests.unit.governance.conftest import ANN, BEN, born, diagnosis, receive, write
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.audit.models import AuditEvent
from tumorboard.governance import gate
from tumorboard.governance.actions import SERVICE_GROUP, open_reach, pin_snapshot, register_securables
from tumorboard.governance.capabilities import commanded, issue_capability, revoke_capabilities
from tumorboard.governance.gate import Condition, GateDown, NotPublished, Refused, Request, calling
from tumorboard.governance.gate.calling import Caller, acting
from tumorboard.governance.ledger import crosswalk, latest_versions
from tumorboard.governance.models import Capability
from tumorboard.lake import rows as lake_rows
from tumorboard.lake import tables

pytestmark = pytest.mark.timeout(170)
TREATMENT, OPERATIONS = "treatment", "operations"
MANY = 60_000


@dataclass
class Place:
    """A lake of two patients with a gate beside it, and the people who ask."""

    home: Path
    gate: GateProcess
    ann: str
    ben: str
    alice: User
    service: User

    def session(self, user: User | None = None) -> Caller:
        return Caller(session_key=signed_in(user or self.alice), request_id="r-1", source_ip="10.0.0.9")

    def asked(self, table: str = "silver.patients", **more: Any) -> Request:
        return Request(
            **{"by": self.alice, "purpose": TREATMENT, "table": table, "patient_key": self.ann, **more}
        )

    def everyone(self, table: str = "silver.labs", **more: Any) -> Request:
        return Request(by=self.service, purpose=OPERATIONS, table=table, **more)

    def capability(self, job: str = "job-1", **more: Any) -> Caller:
        asked = {"user": self.service, "purposes": [OPERATIONS], "by": "tests", "job_id": job}
        asked |= {"reads": ["silver.labs", "silver.patients"], "channel": calling.TASK}
        return Caller(token=issue_capability(**{**asked, **more}), job_id=job, channel=calling.TASK)


def patient(identifier: tuple[str, str]) -> str:
    subject = crosswalk().keys([identifier])[identifier]
    (key,) = crosswalk().patients_of([subject])
    return key


def events(**which: Any) -> list[str]:
    return list(AuditEvent.objects.filter(**which).order_by("seq").values_list("event", flat=True))


@pytest.fixture(scope="module")
def place(installation: Path) -> Iterator[Place]:
    with transaction.atomic():
        ann, ben = patient(ANN), patient(BEN)
    write("silver.patients", born(ann, "Early, Ann", 1960), born(ben, "Other, Ben", 1950))
    write("silver.patients", born(ann, "Quexington, Ann", 1960), born(ben, "Other, Ben", 1950))
    write("silver.diagnoses", diagnosis(ann, "d1", "Primary", True, date(2020, 1, 1)))
    write("silver.labs", *(lab(ann if n % 2 else ben, n) for n in range(MANY)))
    register_securables()
    receive(installation, ANN, b"the letter of Ann")
    alice = person("alice", Role.ONCOLOGIST)
    open_reach(patient_key=ann, reason="care_team", by="tests", user=alice)
    service = person("machine")
    service.groups.add(Group.objects.get(name=SERVICE_GROUP))
    with gates.running(installation) as process:
        yield Place(installation, process, ann, ben, alice, service)


def lab(key: str, number: int) -> dict[str, Any]:
    return {
        "patient_key": key, "lab_id": f"l{number}", "name": "CEA", "value": float(number), "unit": "ug/L",
        "value_text": "x" * 400, "taken_on": date(2024, 1, 1),
    }  # fmt: skip


@pytest.fixture(autouse=True)
def back_again(place: Place) -> Iterator[None]:
    """Whatever a test did to the gate or to Alice, the next finds both well."""
    yield
    if place.gate.process is None or place.gate.process.poll() is not None:
        place.gate.start()
    User.objects.filter(pk=place.alice.pk).update(is_active=True)
    connection.close()


# --- who is let in --------------------------------------------------------------------------------------


def test_a_session_reads_and_both_ends_are_on_record(place: Place) -> None:
    before = AuditEvent.objects.count()
    with acting(place.session()):
        rows = gate.read(place.asked(columns=["name"]))
    assert rows.to_pylist() == [{"name": "Quexington, Ann"}]
    intent, end = AuditEvent.objects.order_by("seq")[before:]
    assert (intent.event, intent.phase, intent.patient_key) == ("lake_read", "intent", place.ann)
    assert (end.event, end.phase, end.row_count, end.outcome) == (
        "lake_delivered",
        "complete",
        1,
        "delivered",
    )
    assert end.bytes_out > 0
    for event in (intent, end):
        assert (event.channel, event.request_id, event.source_ip) == ("web", "r-1", "10.0.0.9")
        assert (event.auth_method, len(event.session_hash)) == ("session", 64)


def expired(place: Place) -> Caller:
    caller = place.session()
    Session.objects.filter(session_key=caller.session_key).update(expire_date=timezone.now() - timedelta(1))
    return caller


def signed_out(place: Place) -> Caller:
    caller = place.session()
    Session.objects.filter(session_key=caller.session_key).delete()
    return caller


def sealed_off(place: Place) -> Caller:
    """Signed out everywhere: the session is still there, its seal is broken."""
    caller = place.session()
    place.alice.session_seal = "another"
    place.alice.save(update_fields=["session_seal"])
    return caller


def disabled(place: Place) -> Caller:
    caller = place.session()
    User.objects.filter(pk=place.alice.pk).update(is_active=False)
    return caller


def revoked(place: Place) -> Caller:
    caller = place.capability("job-r", user=place.alice, purposes=[TREATMENT])
    revoke_capabilities(job_id="job-r")
    return caller


def run_out(place: Place) -> Caller:
    caller = place.capability("job-o", user=place.alice, purposes=[TREATMENT])
    issued = timezone.now() - timedelta(hours=1)
    Capability.objects.filter(job_id="job-o").update(
        issued_at=issued, expires_at=issued + timedelta(minutes=10)
    )
    return caller


NOT_PROVEN = {
    "nothing": lambda place: Caller(),
    "a session that does not exist": lambda place: Caller(session_key="x" * 32),
    "an expired session": expired,
    "a session that was ended": signed_out,
    "a session sealed off": sealed_off,
    "another person's session": lambda place: place.session(place.service),
    "the session of a disabled account": disabled,
    "a token that does not exist": lambda place: Caller(token="x" * 43),
    "an expired capability": run_out,
    "the capability of another job": lambda place: replace(
        place.capability(user=place.alice, purposes=[TREATMENT]), job_id="job-2"
    ),
    "a capability taken back": revoked,
    "another person's capability": lambda place: place.capability(),
}


@pytest.mark.parametrize("kind", NOT_PROVEN)
def test_without_proof_there_are_no_rows(place: Place, kind: str) -> None:
    caller = NOT_PROVEN[kind](place)
    before = AuditEvent.objects.count()
    with acting(caller), pytest.raises(Refused):
        gate.read(place.asked())
    (denied,) = AuditEvent.objects.order_by("seq")[before:]
    assert (denied.event, denied.phase, denied.actor_id) == ("lake_refused", "deny", "")
    with acting(caller), pytest.raises(Refused):
        gate.read_file(place.asked("bronze.notes", row_ids=["letter-1"]))


def test_a_capability_opens_what_it_names_and_no_more(place: Place) -> None:
    with acting(place.capability()):
        assert gate.read(place.everyone(columns=["row_id"])).num_rows == MANY
        assert list(gate.read_many([place.everyone(), place.everyone("silver.patients")])) == [
            "silver.labs", "silver.patients",
        ]  # fmt: skip
        for request in (place.everyone("silver.diagnoses"), replace(place.everyone(), purpose="training")):
            with pytest.raises(Refused):
                gate.read(request)


def test_a_command_has_a_capability_for_the_time_of_its_block(place: Place) -> None:
    with commanded(user=place.alice, purposes=[TREATMENT], reads=["silver.patients"], by="root"):
        assert gate.read(place.asked()).num_rows == 1
    last = AuditEvent.objects.order_by("-seq").first()
    assert (last.channel, last.on_behalf_of) == ("cli", "root")
    assert not Capability.objects.in_force().filter(issued_by="root").exists()
    with transaction.atomic(), pytest.raises(RuntimeError, match="committed"):
        commanded(user=place.alice, purposes=[TREATMENT], reads=[], by="root").__enter__()


def test_no_token_is_kept(place: Place) -> None:
    caller = place.capability()
    rows = list(Capability.objects.values()) + list(AuditEvent.objects.values())
    assert caller.token not in str(rows) and caller.token not in repr(caller)


# --- the same answers as inline -------------------------------------------------------------------------


def questions(place: Place) -> list[Request]:
    labs = {"table": "silver.labs", "columns": ["lab_id", "value", "taken_on"]}
    return [
        place.asked(),
        place.asked(columns=["name", "birth_date"]),
        place.asked(version=0),
        place.asked(snapshot=pin_snapshot(by=place.alice)),
        place.asked(patient_key=None, patient_keys=[]),
        place.asked("silver.diagnoses"),
        place.asked("bronze.notes"),
        place.asked(**labs),
        place.asked(**labs, where=[Condition("value", "lt", 50.0), Condition("lab_id", "prefix", "l1")]),
        place.asked(**labs, where=[Condition("taken_on", "ge", date(2024, 1, 2))]),
        place.asked(**labs, where=[Condition("value", "in", [1.0, 3.0, 4.0])], order_by=["-value"]),
        place.asked(**labs, order_by=["-value", "lab_id"], limit=3),
        place.asked("silver.labs", count_by=["name", "unit"]),
    ]


def refusals(place: Place) -> list[Request]:
    return [
        place.asked(patient_key=place.ben),
        place.asked(patient_key=None),
        place.asked(purpose="research"),
        place.asked(version=99),
        place.asked("silver.nothing"),
        place.asked("gold.timeline"),
        place.asked(columns=["nonsense"]),
        place.asked(where=[Condition("birth_date", "eq", "no date")]),
        place.asked(count_by=["sex"], columns=["name"]),
    ]


def outcome(request: Request) -> Any:
    try:
        return gate.read(request)
    except Exception as error:
        return type(error), str(error)


def test_the_answers_are_those_of_the_gate_inside_a_process(place: Place) -> None:
    for request, kind in [*((q, pa.Table) for q in questions(place)), *((r, tuple) for r in refusals(place))]:
        with acting(place.session()):
            apart = outcome(request)
        with override_settings(GATE="inline"):
            inside = outcome(request)
        assert apart == inside, request
        assert isinstance(apart, kind), request


def test_several_tables_and_a_file(place: Place) -> None:
    with acting(place.session()):
        found = gate.read_many([place.asked(), place.asked("gold.timeline"), place.asked("silver.diagnoses")])
        letter = place.asked("bronze.notes", row_ids=["letter-1"])
        assert gate.read_file(letter) == b"the letter of Ann"
        assert gate.read_file(letter, start=4, length=6) == b"letter"
        with pytest.raises(NotPublished):
            gate.read_file(place.asked("bronze.notes", row_ids=["letter-2"]))
    assert {name: rows.num_rows for name, rows in found.items()} == {
        "silver.patients": 1,
        "silver.diagnoses": 1,
    }


def test_more_tables_than_the_pool_has_connections(place: Place) -> None:
    """Arrow's threads lose Django's connection between two steps: it is put back, not taken anew."""
    names = [t.name for t in tables.all_tables() if t.name.startswith("silver.")][:14]
    for name in names:
        if name not in latest_versions(names):
            write(name)
    with acting(place.session()):
        for _ in range(3):
            assert len(gate.read_many([place.asked(name) for name in names])) == len(names)


def test_a_page_reads_through_the_process(place: Place) -> None:
    """The middleware carries the session; pages need nothing else."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(place.alice, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/").status_code == 200
    assert calling.current() == calling.NOBODY


def test_eight_readers_at_once(place: Place) -> None:
    caller = place.session()

    def read(number: int) -> int:
        with acting(caller):
            return sum(gate.read(place.asked("silver.labs")).num_rows for _ in range(5))

    before = len(events(event="lake_delivered"))
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(read, range(8))) == {5 * MANY // 2}
    assert len(events(event="lake_delivered")) - before == 40


# --- writing --------------------------------------------------------------------------------------------


def scores(place: Place, risk: float) -> dict[str, Any]:
    declared = tables.get("gold.risk_scores")
    record = {
        "patient_key": place.ann, "model": "m", "model_version": "1", "as_of": date(2024, 1, 1), "risk": risk,
        "abstained": False, "used": [], "absent": [], "derived_from": [], "origin": "model", "method": "m 1",
        "system": "m", "recorded_on": date(2024, 1, 1),
    }  # fmt: skip
    return {
        "by": place.service, "table": "gold.risk_scores", "rows": lake_rows.arrow([record], declared, "run"),
        "inputs": latest_versions(declared.reads), "run_id": "run", "code_version": "t",
        "patients": [place.ann],
    }  # fmt: skip


def test_a_job_replaces_rows_with_declared_inputs(place: Place) -> None:
    caller = place.capability("job-w", writes=["gold.risk_scores"], reads=["gold.risk_scores"])
    with acting(caller):
        first = gate.replace_rows(**scores(place, 0.25))
        assert gate.replace_rows(**scores(place, 0.5)) == first + 1
        found = gate.read(place.everyone("gold.risk_scores"))
    assert found["risk"].to_pylist() == [0.5]
    written = AuditEvent.objects.filter(event="lake_written").latest("seq")
    assert (written.table, written.version, written.row_count, written.job_id) == (
        "gold.risk_scores", first + 1, 1, "job-w",
    )  # fmt: skip


def test_who_may_not_write(place: Place) -> None:
    may = {"writes": ["gold.risk_scores"]}
    with acting(place.session()), pytest.raises(Refused):
        gate.replace_rows(**{**scores(place, 0.1), "by": place.alice})
    with acting(place.capability("job-n")), pytest.raises(Refused):
        gate.replace_rows(**scores(place, 0.1))
    late = place.capability("job-l", **may)
    place.capability("job-l", **may)  # another attempt has the job now
    with acting(late), pytest.raises(Refused):
        gate.replace_rows(**scores(place, 0.1))
    with acting(place.capability("job-u", **may)), pytest.raises(gate.Undeclared):
        gate.replace_rows(**{**scores(place, 0.1), "inputs": {"silver.labs": 0}})
    with acting(place.capability("job-s", writes=["silver.patients"])), pytest.raises(Refused):
        gate.replace_rows(**{**scores(place, 0.1), "table": "silver.patients"})


# --- while rows flow ------------------------------------------------------------------------------------


def test_a_person_disabled_in_the_middle_gets_no_further_rows(place: Place) -> None:
    """Slow reading: the account is closed after the first part has come."""
    from tumorboard.governance.gate import client, wire

    with acting(place.session()):
        asked = client._asked(
            place.alice,
            requests=[{"purpose": TREATMENT, "table": "silver.labs", "patient_key": place.ann}],
            all_of_them=True,
        )
        parts = wire.parts(client._got(client._channel(), asked))
        got = [next(parts), next(parts)]
        User.objects.filter(pk=place.alice.pk).update(is_active=False)
        time.sleep(0.3)
        with pytest.raises(Refused):
            got.extend(parts)
    assert AuditEvent.objects.latest("seq").event == "lake_broken_off"


# --- faults ---------------------------------------------------------------------------------------------


def test_a_restarted_gate_is_found_again(place: Place) -> None:
    with acting(place.session()):
        assert gate.read(place.asked()).num_rows == 1
        place.gate.kill(signal.SIGTERM)
        with pytest.raises(GateDown, match="does not answer"):
            gate.read(place.asked())
        place.gate.start()
        assert gate.read(place.asked()).num_rows == 1


def test_a_page_without_a_gate_says_so(place: Place) -> None:
    from tests.factories.boards import board
    from tests.factories.cases import case

    shown = case(board=board(), by=place.alice, patient_key=place.ann)
    client = Client(SERVER_NAME="127.0.0.1", raise_request_exception=False)
    client.force_login(place.alice, backend="django.contrib.auth.backends.ModelBackend")
    place.gate.kill()
    answer = client.get(f"/cases/{shown.uuid}/")
    assert answer.status_code == 503
    assert "The lake gate does not answer" in answer.text
    assert not client.get("/healthz").json()["parts"]["gate"]["ok"]


def test_a_job_waits_for_a_gate_that_restarts(place: Place) -> None:
    place.gate.kill()
    starter = threading.Timer(0.5, place.gate.start, kwargs={"wait": False})
    starter.start()
    with acting(place.capability()):
        assert gate.read(place.everyone("silver.patients")).num_rows == 2
    starter.join()


def killed_while_read(nursery: Nursery, request: Request, caller: Caller, after: float) -> int | None:
    """Rows received of a gate that is killed `after` seconds; None when it died before the end."""
    killer = threading.Timer(after, nursery.kill)
    killer.start()
    try:
        with acting(caller):
            return gate.read(request).num_rows
    except GateDown:
        return None
    finally:
        killer.join()


def test_rows_received_from_a_killed_gate_are_on_record(place: Place) -> None:
    """kill -9 at 30 random points: whoever received rows has left a record of having asked."""
    chance, broken = random.Random(3), 0
    with gates.nursery(place.home) as nursery:
        for number in range(int(os.environ.get("GATE_KILLS", "30"))):
            nursery.ready()
            caller = replace(place.session(), request_id=f"kill-{number}")
            rows = killed_while_read(nursery, place.asked("silver.labs"), caller, chance.uniform(0, 0.25))
            asked = events(event="lake_read", request_id=f"kill-{number}")
            assert rows in (None, MANY // 2)
            ended = events(event="lake_delivered", request_id=f"kill-{number}")
            assert rows is None or asked, f"kill {number}: {rows} rows without a record"
            broken += len(asked) > len(ended)  # the client may have asked the next gate again
    assert broken, "every read was over before the gate died; make the window shorter"


def test_without_the_log_there_are_no_rows(place: Place) -> None:
    """Another transaction holds the log; the gate gives up rather than reading without a record."""
    with connection.cursor() as cursor:
        cursor.execute("revoke all on audit_auditevent from public")
        cursor.execute("alter table audit_auditevent rename to audit_away")
    try:
        with acting(place.session()), pytest.raises(GateDown):
            gate.read(place.asked())
    finally:
        with connection.cursor() as cursor:
            cursor.execute("alter table audit_away rename to audit_auditevent")


def test_without_a_database_there_are_no_rows(place: Place) -> None:
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none", "DATABASE_POOL": "false"}
    with acting(place.session()), gates.running(place.home, **nowhere), pytest.raises(GateDown) as down:
        gate.read(place.asked())
    assert "database does not answer" in str(down.value)
