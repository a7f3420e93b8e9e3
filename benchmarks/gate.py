"""The gate's process against the same read inside the asking process.

    python -m benchmarks.gate [--rows N] [--json]

Three sizes of the same table: one patient of a page, 50,000 rows, and everything (2 million). Both sides
prove, decide, record, verify files and scan with the same code; the process adds its transport, the proof of
the caller and the record of the end. Beside them a scan with nothing around it: the same rows as Arrow, the
files held open.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.test import override_settings

from benchmarks.installation import installation
from benchmarks.report import Figures, seconds, show
from tests.factories.accounts import person
from tests.integration.gates import signed_in
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.governance import gate
from tumorboard.governance.actions import open_reach, register_securables
from tumorboard.governance.capabilities import issue_capability
from tumorboard.governance.gate.calling import TASK, Caller, acting
from tumorboard.governance.opening import lake
from tumorboard.lake import tables
from tumorboard.lake.store import Commit
from tumorboard.runs import services
from tumorboard.runs.frames import service_user

TABLE = "silver.labs"
PAGE = ("patient_key", "lab_id", "name", "value", "unit", "taken_on", "row_id", "origin", "system")
PATIENTS, TIMES = 1000, 7
FEW = 25  # patients that make 50,000 of 2 million rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--patients", type=int, help="of the other benchmarks; not used here")
    chosen = parser.parse_args()
    with installation() as home, gate_of(home):
        figures = measure(chosen.rows)
    show(f"The lake gate, {chosen.rows:,} rows", figures, chosen.json)


@contextmanager
def gate_of(home: Path) -> Iterator[int]:
    """A gate of this installation, for this process to ask; its process number."""
    socket = home / "gate" / "gate.sock"
    surroundings = {**os.environ, "DATABASE_POOL": "true", "GATE_SOCKET": str(socket)}
    process = subprocess.Popen([sys.executable, "manage.py", "gate"], cwd=services.ROOT, env=surroundings)
    try:
        with override_settings(GATE="process", GATE_SOCKET=socket):
            _await()
            yield process.pid
    finally:
        process.terminate()
        process.wait(20)


def _await() -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            gate.ping()
            return
        except gate.GateDown:
            continue
    raise SystemExit("the gate did not start")


def measure(rows: int) -> Figures:
    write(rows)
    register_securables()
    alice, service = person("alice", Role.ONCOLOGIST), service_user()
    open_reach(patient_key="p00007", reason="care_team", by="benchmark", user=alice)
    page = gate.Request(by=alice, purpose="treatment", table=TABLE, columns=PAGE, patient_key="p00007")
    few = [f"p{number:05}" for number in range(FEW)]
    some = gate.Request(by=service, purpose="operations", table=TABLE, columns=PAGE, patient_keys=few)
    everything = gate.Request(by=service, purpose="operations", table=TABLE, columns=PAGE)
    session, token = Caller(session_key=signed_in(alice)), capability(service)
    return {
        **of("one patient", page, session, raw(["p00007"]), TIMES * 5),
        **of("50,000 rows", some, token, raw(few), TIMES),
        **of("all rows", everything, token, raw(None), TIMES),
    }


def capability(service: User) -> Caller:
    issued = {"user": service, "purposes": ["operations"], "reads": [TABLE], "by": "benchmark"}
    return Caller(token=issue_capability(**issued, job_id="b", channel=TASK), job_id="b", channel=TASK)


def of(name: str, request: gate.Request, caller: Caller, bare: Callable[[], pa.Table], times: int) -> Figures:
    """Medians; the first of each is left out, for it hashes the files."""

    def read() -> pa.Table:
        with acting(caller):
            return gate.read(request)

    def inside() -> pa.Table:
        with override_settings(GATE="inline"):
            return gate.read(request)

    found = read()
    assert inside().equals(found) and bare().num_rows == found.num_rows
    process, inline, scan = seconds(read, times), seconds(inside, times), seconds(bare, times)
    return {
        f"{name}: rows": found.num_rows,
        f"{name}: gate's process, ms": process * 1000,
        f"{name}: inside the process, ms": inline * 1000,
        f"{name}: bare scan, ms": scan * 1000,
        f"{name}: the process adds, ms": (process - inline) * 1000,
        f"{name}: throughput, process to inside ratio": inline / process,
        f"{name}: throughput, process to bare scan ratio": scan / process,
    }


def raw(patients: list[str] | None) -> Callable[[], pa.Table]:
    dataset = lake().open(tables.get(TABLE), lake().version(TABLE) or 0)
    where = None if patients is None else pc.field("patient_key").isin(pa.array(patients))
    return lambda: dataset.to_table(columns=list(PAGE), filter=where)


def write(rows: int) -> None:
    """Laboratory values as they are: few names and units, many values."""
    declared, chance = tables.get(TABLE), np.random.default_rng(1)
    number = np.arange(rows)
    names = np.array(["CEA", "LDH", "Haemoglobin", "Creatinine", "ALT"])
    given = {
        "patient_key": pa.array(np.char.add("p", np.char.zfill((number * PATIENTS // rows).astype(str), 5))),
        "lab_id": pa.array(np.char.add("l", number.astype(str))),
        "row_id": pa.array(np.char.add("r", np.char.zfill(number.astype(str), 22))),
        "name": pa.array(names[chance.integers(0, 5, rows)]),
        "value": pa.array(np.round(chance.gamma(2, 10, rows), 1)),
        "unit": pa.array(np.full(rows, "ug/L")),
        "taken_on": pa.array(chance.integers(18_000, 20_000, rows).astype("datetime64[D]")),
    }
    same = {"origin": "structured", "method": "b 1", "source_table": "bronze.fhir", "source_row": "r"}
    same |= {
        "file_hash": "f",
        "file_name": "f",
        "locator": "$",
        "run_id": "b",
        "system": "laboratory",
        "value_text": "1",
    }
    columns = [
        given[field.name].cast(field.type) if field.name in given
        else pa.array([same[field.name]]).take(pa.array(np.zeros(rows, "int64"))) if field.name in same
        else pa.nulls(rows, field.type)
        for field in declared.arrow_schema
    ]  # fmt: skip
    inputs = {name: publish_nothing(name) for name in declared.reads}
    lake().replace(
        declared, pa.Table.from_arrays(columns, schema=declared.arrow_schema), Commit("b", "b", inputs)
    )


def publish_nothing(name: str) -> int:
    """An empty version of an input, so that the write can name it."""
    declared = tables.get(name)
    return lake().append(declared, declared.arrow_schema.empty_table(), Commit("b", "b")).version


if __name__ == "__main__":
    main()
