"""Each record of a request says where the request came from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from tumorboard.audit import context
from tumorboard.audit.numbers import uuid7

AGENT_KEPT = 200  # characters
TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")  # W3C Trace Context


class ContextMiddleware:
    """Binds address, browser, session (hashed) and a number of the request, which the answer carries too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        fields = _of(request)
        with context.bound(**fields):
            response = self.get_response(request)
        response["X-Request-Id"] = fields["request_id"]
        return response


def _of(request: HttpRequest) -> dict[str, Any]:
    session = request.session.session_key or ""
    trace = TRACE.fullmatch(request.headers.get("traceparent", ""))
    return {
        "channel": "api" if request.path.startswith("/api/") else "web",
        "source_ip": request.META.get("REMOTE_ADDR") or "",
        "user_agent": request.headers.get("User-Agent", "")[:AGENT_KEPT],
        "session_hash": hashlib.sha256(session.encode()).hexdigest() if session else "",
        "auth_method": "session" if session else "",
        "request_id": str(uuid7()),
        "trace_id": trace[1] if trace else "",
    }
