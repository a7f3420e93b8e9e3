"""Does a page take longer in a larger hospital? 100,000 patients and 1,000,000 relations against a fiftieth.

    python -m benchmarks.scale [--full] [--json]

Real files of 20 patients are ingested and screened; then their rows are cloned under new keys (cloning.py),
with relations, cases and grants beside them. The same pages are asked for at both sizes, the gate as its own
process, as a clinician with a session who sits on three boards of two hundred. Without --full: 200 and 2,000
patients. A clone gets at most 60 rows of trial matches (an original has hundreds), and no scores.

Beside the time on the wall stands the processor's, of web, gate and database together: that one is nearly the
same on a busy machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks import ingest, page
from benchmarks.cloning import Originals, fill, grant, grow_lake, new_keys, rows_of, run
from benchmarks.gate import gate_of
from benchmarks.installation import installation
from benchmarks.report import Figures, show
from tests.factories.accounts import administrator, oncologist, person
from tests.factories.cases import case
from tests.integration.gates import signed_in
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.boards.actions import add_member
from tumorboard.boards.models import Board, BoardRole
from tumorboard.governance import gate, people
from tumorboard.governance.gate.calling import Caller, acting
from tumorboard.governance.models import PatientReach, SecurableGroupGrant, SecurableUserGrant
from tumorboard.governance.permissions import Standing

FEW, CASES, TIMES = 20, 5, 10  # patients ingested, cases looked at, goes
BOARDS, OWN_BOARDS = 200, 3
MATCHES = 60
Work = Callable[[], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--full", action="store_true", help="100,000 patients, 1,000,000 relations")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--patients", type=int, help="of the other benchmarks; not used here")
    chosen = parser.parse_args()
    small, large = (2_000, 100_000) if chosen.full else (200, 2_000)
    with installation() as home:
        ingest.ingest(paths=[ingest.write(home, FEW)], by="benchmark")
        page.screen_and_score()
        figures = compare(home, small, large)
    show(f"{large:,} patients against {small:,}", figures, chosen.json)


def compare(home: Path, small: int, large: int) -> Figures:
    hospital = Hospital()
    found: dict[int, dict[str, Cost]] = {}
    counted: dict[str, float | int | str] = {}
    for patients in (small, large):
        hospital.grow(patients)
        found[patients] = hospital.measured(home)
        counted |= {f"{patients:,} patients: {name}": count for name, count in hospital.counts().items()}
    return counted | {"load of the machine": os.getloadavg()[0]} | _side_by_side(found[small], found[large])


def _side_by_side(few: dict[str, Cost], many: dict[str, Cost]) -> dict[str, float | int | str]:
    figures: dict[str, float | int | str] = {}
    for name, cost in many.items():
        figures |= {
            f"{name}, ms": cost.wall,
            f"{name}, processor ms": cost.processor,
            f"{name}, of these web, gate, database": f"{cost.web:.1f} {cost.gate:.1f} {cost.database:.1f}",
            f"{name}, queries": cost.queries,
            f"{name}, growth of time ratio": cost.wall / few[name].wall,
            f"{name}, growth of processor time ratio": cost.processor / few[name].processor,
        }
    return figures


@dataclass(frozen=True)
class Cost:
    """Of one go, in milliseconds."""

    wall: float
    web: float
    gate: float
    database: float
    queries: int

    @property
    def processor(self) -> float:
        return self.web + self.gate + self.database


class Hospital:
    """One installation that grows: the same boards, users and clinician at each size."""

    def __init__(self) -> None:
        self.originals = Originals(MATCHES)
        self.boards = [self._board(number) for number in range(BOARDS)]
        self.alice, root = oncologist("alice"), administrator("root")
        for own in self.boards[:OWN_BOARDS]:
            add_member(board=own, user=self.alice, board_role=BoardRole.MEMBER, by=root)
        self.alice = User.objects.get(pk=self.alice.pk)
        self.of_all = person("carol", Role.COORDINATOR)
        self.of_all.groups.add(*(board.group for board in self.boards))

    def _board(self, number: int) -> Board:
        group = apps.get_model("auth", "Group")
        groups = [group.objects.create(name=f"board:{number}{end}") for end in ("", ":coordinators")]
        return Board.objects.create(name=f"Board {number}", group=groups[0], coordinators=groups[1])

    def grow(self, patients: int) -> None:
        """The lake and the database at this size, and the clinician's own cases anew."""
        self.keys = new_keys(patients)
        grow_lake(self.originals, self.keys)
        own = [self.keys[n * patients // CASES // FEW * FEW + n] for n in range(CASES)]
        fill(self.keys, set(own), self.boards, self.alice)
        self._grants(patients)
        self.cases = [case(board=self.boards[0], by=self.alice, patient_key=key) for key in own]
        run("analyze")

    def _grants(self, patients: int) -> None:
        users = [User(username=f"u{patients}-{n}", display_name="U") for n in range(patients // 100)]
        grant("user", [user.pk for user in User.objects.bulk_create(users)], each=10)
        grant("group", [board.group_id for board in self.boards], each=25)

    def counts(self) -> dict[str, int]:
        return {
            "relations": PatientReach.objects.count(),
            "grants": SecurableGroupGrant.objects.count() + SecurableUserGrant.objects.count(),
            "rows in the lake": sum(rows_of(name) for name in self.originals.rows),
        }

    def measured(self, home: Path) -> dict[str, Cost]:
        with gate_of(home) as process:
            return {name: cost(work, process, home) for name, work in self.works()}

    def works(self) -> Iterator[tuple[str, Work]]:
        """What is measured. The first go of each is left out."""
        alice, coordinator = Browser(self.alice), Browser(self.of_all)
        yield "review page", alice.pages("review:case", self.cases)
        yield "trials of a case", alice.pages("screening:case", self.cases)
        yield "trials of a board", alice.pages("screening:board", self.boards[:OWN_BOARDS])
        yield "worklist", alice.page("cases:worklist")
        yield "worklist, last page", alice.page("cases:worklist", "?page=999999")
        yield "worklist, closed", alice.page("cases:worklist", "?show=ended")
        yield "worklist, closed, last page", alice.page("cases:worklist", "?show=ended&page=999999")
        yield "worklist of all boards", coordinator.page("cases:worklist")
        yield "worklist, what changed", alice.page("screening:changes")
        yield "search by record number", lambda: people.find(by=self.alice, record_number="SCALE-77")
        yield "decision", self._decision()
        yield "gate read of one patient", self._read()

    def _decision(self) -> Work:
        key = self.cases[0].patient_key

        def decide() -> None:
            person = User.objects.get(pk=self.alice.pk)
            assert Standing.of(person, [key]).decide("treatment", "silver.labs", key).allowed

        return decide

    def _read(self) -> Work:
        key = self.cases[0].patient_key
        asked = gate.Request(by=self.alice, purpose="treatment", table="silver.labs", patient_key=key)
        caller = Caller(session_key=signed_in(self.alice))

        def read() -> None:
            with acting(caller):
                assert gate.read(asked).num_rows

        return read


class Browser:
    """Somebody who is signed in."""

    def __init__(self, person: User) -> None:
        self.client = Client(SERVER_NAME="127.0.0.1")
        self.client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")

    def page(self, name: str, query: str = "") -> Work:
        return lambda: self._get(reverse(name) + query)

    def pages(self, name: str, of: Sequence[Any]) -> Work:
        """One after the other, round and round."""
        addresses = cycle([reverse(name, args=[one.uuid]) for one in of])
        return lambda: self._get(next(addresses))

    def _get(self, address: str) -> None:
        answer = self.client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)


def cost(work: Work, gate_process: int, home: Path) -> Cost:
    for _ in range(CASES):
        work()
    database = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
    before = time.process_time(), used(gate_process), used_below(database)
    walls = [_wall(work) for _ in range(TIMES)]
    after = time.process_time(), used(gate_process), used_below(database)
    web, gate_, database_ = (1000 * (b - a) / TIMES for a, b in zip(before, after, strict=True))
    return Cost(1000 * statistics.median(walls), web, gate_, database_, queries(work))


def _wall(work: Work) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def queries(work: Work) -> int:
    """Of web and gate together: counted with the gate inside this process."""
    with override_settings(GATE="inline"), CaptureQueriesContext(connection) as captured:
        work()
    return len(captured)


def used(process: int) -> float:
    """Seconds of the processor that a process has used."""
    return _ticks(process)[0]


def used_below(parent: int) -> float:
    """The same of its children, those that have ended among them."""
    running = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    found = [_ticks(process) for process in running]
    return _ticks(parent)[1] + sum(own for own, _, of in found if of == parent)


def _ticks(process: int) -> tuple[float, float, int]:
    """Own seconds, seconds of ended children, parent."""
    try:
        fields = (Path("/proc") / str(process) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0, 0.0, 0
    tick = os.sysconf("SC_CLK_TCK")
    own, ended = (sum(map(int, fields[at : at + 2])) / tick for at in (11, 13))
    return own, ended, int(fields[1])


if __name__ == "__main__":
    main()
