"""A change of tags, policies or consent binds the next read of everybody, and what is being read."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from tests.factories.accounts import person
from tests.integration.proofs import sized
from tests.integration.proofs.hospital import CONSENTED, Hospital, opened
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.governance import gate
from tumorboard.governance.actions import record_consents
from tumorboard.governance.actions.policies import draft_policy, publish_policy, retire_policy
from tumorboard.governance.actions.studies import withdraw_consent
from tumorboard.governance.actions.tags import approve_tags, remove_tags, set_tags
from tumorboard.governance.gate import Refused, Request, reading, server
from tumorboard.governance.gate.calling import Caller, acting
from tumorboard.governance.models import ColumnTag, PatientReach, Policy, TagProposal
from tumorboard.governance.policies.words import DENY, Rule

pytestmark = pytest.mark.timeout(sized(200, 3600))
FLIPS, READERS = sized(50, 1000), sized(4, 20)
TABLE, COLUMN = "silver.patients", "sex"
View = tuple[bool, bool, bool]  # the table is open, the column is clear, patient 1 is among the rows


@dataclass
class Stewards:
    first: User
    second: User


@pytest.fixture(scope="module")
def stewards(place: Hospital) -> Stewards:
    return Stewards(person("first_steward", Role.DATA_STEWARD), person("second_steward", Role.DATA_STEWARD))


@dataclass
class World:
    """What holds now, and how it is turned."""

    place: Hospital
    by: Stewards
    view: View = (True, True, True)

    def turn(self, what: str) -> View:
        """Commit one change; the view that holds from then on."""
        open_, clear, there = self.view
        if what == "policy":
            self._close() if open_ else self._reopen()
            self.view = (not open_, clear, there)
        elif what == "tag":
            self._cover() if clear else self._uncover()
            self.view = (open_, not clear, there)
        else:
            self._withdraw() if there else self._agree()
            self.view = (open_, clear, not there)
        return self.view

    def _close(self) -> None:
        rule = Rule("flip", TABLE, DENY, purposes=("research",))
        publish_policy(policy=draft_policy(rule=rule, reason="A flip", by=self.by.first), by=self.by.second)

    def _reopen(self) -> None:
        retire_policy(policy=Policy.objects.get(name="flip", state=Policy.State.PUBLISHED), by=self.by.first)

    def _cover(self) -> None:
        set_tags(target=f"{TABLE}#{COLUMN}", kinds=["free_text"], by=self.by.first, reason="A flip")

    def _uncover(self) -> None:
        proposal = remove_tags(target=f"{TABLE}#{COLUMN}", by=self.by.first, reason="A flip")
        approve_tags(proposal=proposal, by=self.by.second)

    def _withdraw(self) -> None:
        key = self.place.keys[1]
        withdraw_consent(patient_key=key, scope="research", study=self.place.study, by=self.by.first)

    def _agree(self) -> None:
        keys = [self.place.keys[1]]
        record_consents(patient_keys=keys, scope="research", study=self.place.study, by=self.by.first)


@dataclass
class Log:
    """When each read began and ended, and what it saw."""

    reads: list[tuple[float, float, View]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def seen(place: Hospital) -> View:
    who = {"by": place.user("researcher"), "purpose": "research", "study": place.study}
    try:
        rows = gate.read(Request(table=TABLE, columns=[COLUMN], **who))
    except Refused:
        return False, True, True
    values = set(rows[COLUMN].to_pylist())
    return True, "[withheld]" not in values, rows.num_rows == len(CONSENTED)


def same(found: View, expected: View) -> bool:
    """A closed table shows nothing of the rest."""
    return found[0] == expected[0] and (not expected[0] or found == expected)


@contextmanager
def readers(place: Hospital, log: Log) -> Iterator[None]:
    stop, caller = threading.Event(), place.people["researcher"].caller()

    def read() -> None:
        with acting(caller):
            while not stop.is_set():
                began = time.monotonic()
                try:
                    view = seen(place)
                    log.reads.append((began, time.monotonic(), view))
                except Exception as error:
                    log.faults.append(repr(error))
        connection.close()

    threads = [threading.Thread(target=read) for _ in range(READERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def until(true: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_a_change_binds_the_next_read_of_everybody(place: Hospital, stewards: Stewards) -> None:
    """Readers that never stop, and one change after another: no read that begins after the commit sees what
    held before it."""
    log, world = Log(), World(place, stewards)
    changes: list[tuple[float, float, View]] = [(0.0, 0.0, world.view)]  # begun, committed, what holds then
    with readers(place, log):
        until(lambda: len(log.reads) >= READERS)
        for what in islice(cycle(("policy", "tag", "consent", "consent", "tag", "policy")), FLIPS):
            begun, view = time.monotonic(), world.turn(what)
            changes.append((begun, time.monotonic(), view))
            enough = len(log.reads) + 2 * READERS
            until(lambda enough=enough: len(log.reads) >= enough)
    while world.view != (True, True, True):  # as it was
        world.turn("policy" if not world.view[0] else "tag" if not world.view[1] else "consent")
    stale = [read for read in log.reads if not any(same(read[2], view) for view in possible(read, changes))]
    bound = sum(len(possible(read, changes)) == 1 for read in log.reads)
    print(f"\n{FLIPS} changes, {len(log.reads)} reads, {bound} wholly after one, {len(stale)} stale")
    assert log.faults == []
    assert stale == []
    assert bound >= FLIPS
    assert not ColumnTag.objects.filter(target=f"{TABLE}#{COLUMN}").exists()
    assert not TagProposal.objects.filter(state=TagProposal.State.PROPOSED).exists()


def possible(read: tuple[float, float, View], changes: list[tuple[float, float, View]]) -> list[View]:
    """What a read may have seen: whatever held at some moment of it. A change holds at the latest from its
    commit on, at the earliest from its begin."""
    began, ended, _ = read
    until_ = [committed for _, committed, _ in changes[1:]] + [float("inf")]
    return [
        view
        for (begun, _, view), replaced in zip(changes, until_, strict=True)
        if begun <= ended and replaced > began
    ]


# --- while rows flow ----------------------------------------------------------------------------------


@pytest.fixture
def own_gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[server.Gate]:
    """A gate whose pieces are small, so that a read is in the middle for long."""
    monkeypatch.setattr(reading, "BATCH", 2)
    with server.Gate(tmp_path / "gate.sock") as found:
        yield found
        found.epoch.stop()


def flowing(own_gate: server.Gate, request: dict[str, Any], caller: Caller, by: User) -> Iterator[Any]:
    asked = {"by": str(by.pk), "caller": caller.plain(), "requests": [request], "all_of_them": True}
    return own_gate._given(json.loads(json.dumps(asked)))


def _end_sessions() -> None:
    Session.objects.all().delete()


def _end_relation(place: Hospital, user: User) -> None:
    PatientReach.objects.filter(user=user, patient_key=place.keys[1]).update(ends_at=timezone.now())


def _deny() -> None:
    first, second = User.objects.get(username="first_steward"), User.objects.get(username="second_steward")
    rule = Rule("midway", "gold.timeline", DENY)
    publish_policy(policy=draft_policy(rule=rule, reason="Midway", by=first), by=second)


ENDS: dict[str, Callable[[Hospital, User], Any]] = {
    "the account is closed": lambda place, user: User.objects.filter(pk=user.pk).update(is_active=False),
    "the session is ended": lambda place, user: _end_sessions(),
    "the relation is over": _end_relation,
    "the table is closed": lambda place, user: _deny(),
}


@pytest.mark.parametrize("why", ENDS)
def test_what_flows_stops_within_a_piece(
    place: Hospital, stewards: Stewards, own_gate: server.Gate, why: str
) -> None:
    user = person(f"flowing{list(ENDS).index(why)}", Role.ONCOLOGIST)
    place.people[user.username] = type(place.people["nobody"])(user)
    opened(place, user.username, 1)
    caller = place.people[user.username].caller()
    request = {"purpose": "treatment", "table": "gold.timeline", "patient_key": place.keys[1]}
    whole = [piece for piece in flowing(own_gate, request, caller, user) if _is_rows(piece)]
    assert len(whole) > 2, "the read is over before anything can happen"
    pieces = flowing(own_gate, request, caller, user)
    next(pieces), next(pieces)  # the schema and the first rows
    ENDS[why](place, user)
    time.sleep(0.3)  # PostgreSQL tells the gate
    more = 0
    with pytest.raises(Refused):
        for piece in pieces:
            more += _is_rows(piece)
    assert more <= 1
    if why == "the table is closed":
        retire_policy(
            policy=Policy.objects.get(name="midway", state=Policy.State.PUBLISHED), by=stewards.first
        )


def _is_rows(piece: Any) -> bool:
    return piece.column(0)[0].as_py().startswith("rows")
