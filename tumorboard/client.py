"""The lake for a notebook or a script on this machine: with a token of one's own, through the gate.

    from tumorboard.client import Lake
    lake = Lake(socket="/run/tumorboard/gate.sock")       # the token from TUMORBOARD_TOKEN
    lake.tables()
    lake.read("silver.labs", ["name", "value"], purpose="research", where=[("name", "eq", "CEA")])

Needs pyarrow and nothing of the web. What is read is decided, masked and recorded by the gate at each call;
there is no way to the files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
from pyarrow import flight

from tumorboard.wire import parts
from tumorboard.wire.channel import opened
from tumorboard.wire.values import spelled

LONGEST = 600.0  # seconds of one call
AWAY = "the lake gate does not answer: is this its machine, and GATE_SOCKET its socket?"
Conditions = Sequence[tuple[str, str, Any]]


class Refused(PermissionError):
    """The token has ended, or does not open this table for this purpose, or not these patients."""


class NoAnswer(ConnectionError):
    """The gate is away, or broke off. No rows were given."""


class Fault(ValueError):
    """What was asked cannot be answered: no such table or column, a condition that does not fit."""


KINDS: dict[str, type[Exception]] = {"Refused": Refused, "MeaningChanged": Refused, "GateDown": NoAnswer}


class Lake:
    """The tables that one token opens. `token` and `socket` default to TUMORBOARD_TOKEN and GATE_SOCKET."""

    def __init__(self, token: str | None = None, socket: str | os.PathLike[str] | None = None) -> None:
        self._token = token or os.environ.get("TUMORBOARD_TOKEN", "")
        self._channel = opened(os.fspath(socket or os.environ.get("GATE_SOCKET", "")))
        if not self._token:
            raise Refused("no token: make one on your profile page and put it in TUMORBOARD_TOKEN")

    def __repr__(self) -> str:
        return "Lake(token=...)"

    def tables(self) -> list[dict[str, Any]]:
        """Each table of the token: name, latest version, columns, and by purpose the masks of its columns."""
        asked = self._asked(tables=True)
        body = self._call(
            lambda stream: b"".join(b.to_pybytes() for _, b in parts.parts(stream, _fault)), asked
        )
        found: list[dict[str, Any]] = json.loads(body)
        return found

    def read(
        self,
        table: str,
        columns: Sequence[str] | None = None,
        *,
        purpose: str,
        study: str | None = None,
        patients: Sequence[str] | None = None,
        where: Conditions = (),
        order_by: Sequence[str] = (),
        limit: int | None = None,
        count_by: Sequence[str] | None = None,
        version: int | None = None,
    ) -> pa.Table:
        """The rows that the token and its person may read, masked as the purpose asks.

        `where`: (column, condition, value), with the conditions eq ne lt le gt ge in prefix is_null. `study`:
        the code of the token's study, which is meant anyway. `patients` None: all that the purpose leaves,
        which treatment does not. `count_by` gives numbers of rows, small ones left empty where masks apply.
        Raises Refused, Fault and NoAnswer.
        """
        asked = {
            "table": table, "purpose": purpose, "columns": _listed(columns), "study": study, "limit": limit,
            "patient_keys": _listed(patients), "order_by": list(order_by) or None, "version": version,
            "count_by": _listed(count_by),
            "where": [[column, op, spelled(value)] for column, op, value in where] or None,
        }  # fmt: skip
        said = {name: value for name, value in asked.items() if value is not None}
        ticket = self._asked(requests=[said], all_of_them=True)
        return self._call(lambda stream: parts.tables(stream, _fault)[0], ticket)

    def _asked(self, **what: Any) -> bytes:
        return json.dumps(
            {"by": "", "caller": {"token": self._token, "channel": "notebook"}, **what}
        ).encode()

    def _call(self, understood: Any, asked: bytes) -> Any:
        options = flight.FlightCallOptions(timeout=LONGEST)
        try:
            return understood(self._channel.do_get(flight.Ticket(asked), options))
        except (flight.FlightError, pa.ArrowException):
            raise NoAnswer(AWAY) from None


def _listed(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)


def _fault(fault: Mapping[str, str]) -> Exception:
    return KINDS.get(fault["kind"], Fault)(fault["words"])
