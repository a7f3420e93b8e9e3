"""Requests and answers between two processes: the same on the other side, or a fault in words."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest

from tumorboard.governance.gate import calling, faults, wire
from tumorboard.governance.gate.asking import OPS, Condition, Request, from_plain, to_plain
from tumorboard.governance.gate.calling import Caller, acting
from tumorboard.governance.gate.faults import BadRequest, GateDown

ASKED = {"by": None, "purpose": "treatment", "table": "silver.labs"}
REQUESTS = [
    Request(**ASKED),
    Request(**ASKED, patient_key="p1", columns=("name", "value")),
    Request(**ASKED, patient_keys=[]),
    Request(**ASKED, row_ids=["a", "b"], version=0, limit=0),
    Request(**ASKED, count_by=("name",), order_by=("-rows",)),
    Request(
        **ASKED, where=[Condition("taken_on", "ge", date(2024, 2, 29)), Condition("value", "in", (1.5, 2))]
    ),
    Request(**ASKED, where=[Condition("at", "lt", datetime(2024, 1, 1, 12, tzinfo=UTC))]),
    Request(**ASKED, where=[Condition("name", "is_null", False), Condition("name", "prefix", 'Ł’"')]),
]


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_is_the_same_on_the_other_side(request_: Request) -> None:
    sent = json.dumps(to_plain(request_))
    read = from_plain(json.loads(sent), None, {})
    assert to_plain(read) == to_plain(request_)
    assert (read.patients, read.mentioned, read.limit) == (
        request_.patients,
        request_.mentioned,
        request_.limit,
    )
    assert [type(c.value) for c in read.where if c.op != "in"] == [
        type(c.value) for c in request_.where if c.op != "in"
    ]


def test_nothing_is_not_the_same_as_everything() -> None:
    """No patients asked for is none; patients left open are all."""
    assert "patient_keys" not in to_plain(Request(**ASKED))
    assert to_plain(Request(**ASKED, patient_keys=[]))["patient_keys"] == []
    assert from_plain({**_plain(), "patient_keys": []}, None, {}).patients == []


def _plain(**more: Any) -> dict[str, Any]:
    return {"purpose": "treatment", "table": "silver.labs", **more}


BROKEN = [
    {},
    {"table": "silver.labs"},
    _plain(snapshot="nobody knows it"),
    _plain(where=[["name"]]),
    _plain(where=[["name", "like", "x"]]),
    _plain(where=[["name", "in", "x"]]),
    _plain(where=[["name", "eq", {"time": "x"}]]),
    _plain(where=[["taken_on", "eq", {"date": "29 February"}]]),
    _plain(where=7),
]


@pytest.mark.parametrize("plain", BROKEN)
def test_what_cannot_be_read_is_refused_in_words(plain: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        from_plain(plain, None, {})


def test_the_conditions_that_there_are() -> None:
    assert set(OPS) == {"eq", "ne", "lt", "le", "gt", "ge", "in", "prefix", "is_null"}
    with pytest.raises(BadRequest, match="there are eq, ne"):
        Condition("name", "contains", "x")


# --- answers ------------------------------------------------------------------------------------------

TABLE = pa.table(
    {
        "text": ["a", None, "ł" * 50],
        "number": pa.array([1, None, 3], pa.int64()),
        "day": pa.array([None, date(2024, 1, 1), None], pa.date32()),
        "at": pa.array([datetime(2024, 1, 1, tzinfo=UTC)] * 3, pa.timestamp("us", tz="UTC")),
        "list": pa.array([["x"], [], None], pa.list_(pa.string())),
        "yes": [True, None, False],
    }
)


class Chunk:
    def __init__(self, data: pa.RecordBatch) -> None:
        self.data = data


def stream(*parts: pa.RecordBatch) -> list[Chunk]:
    """As Flight gives it: each part serialised and read again."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, wire.PART) as writer:
        for part in parts:
            writer.write_batch(part)
    return [Chunk(batch) for batch in pa.ipc.open_stream(sink.getvalue())]


@pytest.mark.parametrize("rows", [TABLE, TABLE.slice(1, 1), TABLE.slice(0, 0)])
def test_tables_are_the_same_on_the_other_side(rows: pa.Table) -> None:
    pieces = [rows.schema, *rows.to_batches()]
    sent = stream(*(wire.piece(n, p) for n in (0, 3) for p in pieces), wire.part(wire.END))
    assert wire.tables(sent) == {0: rows, 3: rows}


def test_half_an_answer_is_none() -> None:
    pieces = [wire.piece(0, TABLE.schema), wire.piece(0, TABLE.to_batches()[0])]
    with pytest.raises(GateDown, match="before the end"):
        wire.tables(stream(*pieces))
    with pytest.raises(GateDown, match="before the end"):
        wire.tables(stream())


@pytest.mark.parametrize("kind", faults.CROSSING)
def test_each_fault_crosses_as_itself(kind: str) -> None:
    fault = faults.CROSSING[kind]("silver.labs version 3: the file x is not as it was published")
    told = wire.part(wire.FAULT, json.dumps(faults.described(fault)).encode())
    with pytest.raises(
        faults.CROSSING[kind], match="silver.labs version 3: the file".replace(".", "[.]")
    ) as found:
        wire.tables(stream(wire.piece(0, TABLE.schema), told))
    assert type(found.value) is faults.CROSSING[kind]


def test_an_unexpected_fault_tells_no_value() -> None:
    told = faults.described(ValueError("could not parse 'Quexington, Ann'"))
    assert told["kind"] == "GateDown"
    assert "Quexington" not in told["words"]
    assert isinstance(faults.rebuilt({"kind": "SomethingNew", "words": "x"}), GateDown)


# --- who calls ----------------------------------------------------------------------------------------


def test_a_caller_is_there_for_the_time_of_the_block_and_hides_its_secret() -> None:
    caller = Caller(session_key="secret-key", token="secret-token")
    assert "secret" not in repr(caller)
    with acting(caller):
        assert calling.current() is caller
        with acting(Caller(channel=calling.CLI)):
            assert calling.current().session_key == ""
        assert calling.current() is caller
    assert calling.current() is calling.NOBODY
