"""Says who is calling, for the gate; and answers in words when the gate or the lake cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from tumorboard.audit import context
from tumorboard.governance.gate.calling import WEB, Caller, acting
from tumorboard.governance.gate.faults import Damaged, GateDown

CARRIED = ("channel", "source_ip", "user_agent", "request_id", "trace_id")
GetResponse = Callable[[HttpRequest], HttpResponse]


class CallerMiddleware:
    """The session of the request goes with every call of the gate that the request makes; the gate looks it
    up itself. Async views inherit it; an answer that is streamed carries it along."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        caller = caller_of(request)
        with acting(caller):
            response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse):
            carry = _carried_async if response.is_async else _carried
            response.streaming_content = carry(response.streaming_content, caller)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, GateDown | Damaged):
            return None
        context = {"words": str(error), "fragment": bool(request.headers.get("HX-Request"))}
        return render(request, "errors/503.html", context, status=503)


def caller_of(request: HttpRequest) -> Caller:
    """The session, and what the audit's own middleware has found out about the request."""
    known = {name: value for name, value in context.current().items() if name in CARRIED}
    return Caller(session_key=request.session.session_key or "", **{"channel": WEB, **known})


def _carried(pieces: Iterator[Any], caller: Caller) -> Iterator[Any]:
    """Each piece is made as the caller; between the pieces other work may run on the same thread."""
    pieces = iter(pieces)
    while True:
        with acting(caller):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


async def _carried_async(pieces: AsyncIterator[Any], caller: Caller) -> AsyncIterator[Any]:
    pieces = aiter(pieces)
    while True:
        with acting(caller):
            try:
                piece = await anext(pieces)
            except StopAsyncIteration:
                return
        yield piece
