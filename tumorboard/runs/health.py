"""GET /healthz: one entry per part. No sign-in, no patient data."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from celery import current_app
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from tumorboard.audit import anchors
from tumorboard.audit.models import AuditEvent
from tumorboard.governance import gate
from tumorboard.governance.models import PublishedVersion
from tumorboard.runs.version import code_version

ANCHORED_WITHIN = timedelta(minutes=5)


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return "answers"


def _broker() -> str:
    with current_app.connection_for_read() as broker:
        broker.ensure_connection(max_retries=1, timeout=2)
    return "answers"


def _worker() -> str:
    replies = current_app.control.ping(timeout=1.0, limit=1)
    if not replies:
        raise RuntimeError("no worker answers; start one with `celery -A tumorboard worker -B`")
    return "answers"


def _gate() -> str:
    return gate.ping()


def _lake() -> str:
    return f"{PublishedVersion.objects.values('table').distinct().count()} tables published"


def _frontend() -> str:
    if not (settings.FRONTEND_DIST / "manifest.json").exists():
        raise RuntimeError("not built; run `make frontend`")
    return "built"


def _audit() -> str:
    """The last anchor of the audit log; it is late when an event has waited longer than `ANCHORED_WITHIN`."""
    last = anchors.last()
    events = AuditEvent.objects.filter(at__lt=timezone.now() - ANCHORED_WITHIN)
    if last is not None:  # its time is without fractions of a second
        events = events.filter(at__gt=datetime.fromisoformat(last.at) + timedelta(seconds=1))
    since = "never anchored" if last is None else f"last anchored {last.at}"
    if events.exists():
        raise RuntimeError(f"{since}: events wait for their anchor; see the worker's log")
    return since


PARTS: dict[str, Callable[[], str]] = {
    "database": _database,
    "broker": _broker,
    "worker": _worker,
    "gate": _gate,
    "lake": _lake,
    "frontend": _frontend,
    "audit": _audit,
}


@login_not_required
@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when every part is well, 503 otherwise; each part says what it is or what to do."""
    parts = {name: _check(check) for name, check in PARTS.items()}
    well = all(part["ok"] for part in parts.values())
    return JsonResponse({"ok": well, "version": code_version(), "parts": parts}, status=200 if well else 503)


def _check(check: Callable[[], str]) -> dict[str, object]:
    try:
        return {"ok": True, "detail": check()}
    except RuntimeError as error:
        return {"ok": False, "detail": str(error)}
    except Exception as error:  # a part that is away may fail in any way; the answer must still come
        return {"ok": False, "detail": f"away ({type(error).__name__})"}
