"""What the web's own user can do with the lake: run as root by test_gate_users.py, it becomes that user."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

django.setup()

import pyarrow.dataset as ds  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from deltalake import DeltaTable  # noqa: E402

from tumorboard.accounts.models import User  # noqa: E402
from tumorboard.governance import gate  # noqa: E402
from tumorboard.governance.gate import client  # noqa: E402
from tumorboard.governance.gate.calling import Caller, acting  # noqa: E402

__all__ = ["client"]


def attempt(act: Callable[[], Any]) -> str:
    try:
        act()
    except Exception as error:
        return type(error).__name__
    return "worked"


def main(plan: dict[str, Any]) -> dict[str, Any]:
    os.setgroups([])
    os.setgid(plan["group"])
    os.setuid(plan["user"])
    lake, file, table = Path(plan["lake"]), plan["file"], plan["table"]
    refused = {
        "listdir": attempt(lambda: os.listdir(lake)),
        "listdir of the table": attempt(lambda: os.listdir(table)),
        "open": attempt(lambda: Path(file).read_bytes()),
        "parquet": attempt(lambda: pq.read_table(file)),
        "dataset": attempt(lambda: ds.dataset(file)),
        "DeltaTable": attempt(lambda: DeltaTable(table)),
        "files as received": attempt(lambda: os.listdir(plan["volumes"])),
        "write": attempt(lambda: (lake / "mine").write_text("x")),
        "the gate's open files": attempt(lambda: os.listdir(f"/proc/{plan['gate']}/fd")),
        "the gate's memory": attempt(lambda: Path(f"/proc/{plan['gate']}/mem").read_bytes()),
        "the gate's surroundings": attempt(lambda: Path(f"/proc/{plan['gate']}/environ").read_bytes()),
        "taking the socket away": attempt(lambda: Path(plan["socket"]).unlink()),
    }
    with acting(Caller(session_key=plan["session"])):
        request = gate.Request(
            by=User(pk=plan["alice"]), purpose="treatment", table="silver.patients", patient_key=plan["ann"]
        )
        rows = gate.read(request).num_rows
    return {"refused": refused, "rows": rows}


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.stdin.read()))))
