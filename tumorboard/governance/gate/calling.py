"""Who is calling, and how they prove it: carried beside the call, never by the caller's own word.

The web's middleware, the worker and the commands put it where the client finds it. A session key or a token
is a secret: it goes to the gate over its socket and stands nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from typing import Any

WEB, API, TASK, CLI, EXPORT = "web", "api", "task", "cli", "export"


@dataclass(frozen=True)
class Caller:
    """A session (of a page) or a token (of a job or command), and where the call comes from."""

    session_key: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    job_id: str = ""
    channel: str = WEB
    source_ip: str = ""
    user_agent: str = ""
    request_id: str = ""
    trace_id: str = ""

    def plain(self) -> dict[str, Any]:
        return asdict(self)


NOBODY = Caller(channel=CLI)
_calling: ContextVar[Caller] = ContextVar("calling", default=NOBODY)


def current() -> Caller:
    """Whoever this piece of work acts for. A new thread starts with nobody; an async task inherits."""
    return _calling.get()


@contextmanager
def acting(caller: Caller) -> Iterator[None]:
    before = _calling.set(caller)
    try:
        yield
    finally:
        _calling.reset(before)
