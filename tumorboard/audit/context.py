"""Where from: what is true of everything recorded during one request, one job, or in one process.

Whoever opens a request or a job binds it once; each record takes it along. What a caller states itself wins.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Any

NOTHING: Mapping[str, Any] = MappingProxyType({})
_process: dict[str, Any] = {}
_bound: ContextVar[Mapping[str, Any]] = ContextVar("audit_context", default=NOTHING)


def current() -> dict[str, Any]:
    """Fields of the record as they stand now; the gate's client sends them along."""
    return {**_process, **_bound.get()}


def of_process(**fields: Any) -> None:
    """What holds for the whole process, such as `code_version`."""
    _process.update(fields)


@contextmanager
def bound(**fields: Any) -> Iterator[None]:
    """Records made inside carry `fields`."""
    token = _bound.set({**_bound.get(), **fields})
    try:
        yield
    finally:
        _bound.reset(token)
