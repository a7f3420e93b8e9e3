"""Answers as the gate sends them and its Django callers read them: `tumorboard.wire` with our own faults."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from tumorboard.governance.gate.faults import rebuilt
from tumorboard.wire import parts as plain
from tumorboard.wire.parts import END, FAULT, FILE, PART, ROWS, SCHEMA, part, piece

__all__ = ["END", "FAULT", "FILE", "PART", "ROWS", "SCHEMA", "part", "parts", "piece", "tables"]


def parts(stream: Any) -> Iterator[tuple[str, pa.Buffer]]:
    """The parts up to the end. Raises the fault that was sent, and GateDown for a stream that stops short."""
    return plain.parts(stream, rebuilt)


def tables(stream: Any) -> dict[int, pa.Table]:
    """The tables of an answer, by the number of their request."""
    return plain.tables(stream, rebuilt)
