"""Extracts: asked for by one person, answered by another, made, taken, expired. Each step is on record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance.actions.checks import check_second, said
from tumorboard.governance.choosing import studies_of
from tumorboard.governance.gate.calling import EXPORT as CHANNEL
from tumorboard.governance.models import ExtractRequest, Privilege, Study
from tumorboard.governance.permissions import Standing, has_grant, purposes_of
from tumorboard.governance.purposes import QUALITY, RESEARCH, TREATMENT

PURPOSES = (RESEARCH, QUALITY, TREATMENT)
KEPT_FOR = timedelta(days=7)
State = ExtractRequest.State


@transaction.atomic
def ask_extract(
    *, purpose: str, tables: Sequence[str], reason: str, by: Any, study: Study | None = None
) -> ExtractRequest:
    """Ask for tables as files. Nothing is read before another person, who may export them, has approved."""
    if purpose not in PURPOSES or purpose not in purposes_of(by):
        raise Refused("Choose among the purposes that your roles allow.")
    if (purpose == RESEARCH) != (study is not None):
        raise Refused("An extract for research, and no other, names its study.")
    if study is not None and study not in studies_of(by):
        raise Refused("Research is for one of your open studies.")
    if not tables:
        raise Refused("Choose at least one table.")
    check_may_take(by, purpose, tables, study)
    request = ExtractRequest.objects.create(
        purpose=purpose,
        study=study,
        tables=sorted(set(tables)),
        reason=said(reason, "the extract is wanted"),
        asked_by=by,
    )
    _recorded(Event.EXTRACT_ASKED, request, by)
    return request


def check_may_take(by: Any, purpose: str, tables: Iterable[str], study: Study | None) -> None:
    """The person reads every table for the purpose now; identified rows take EXPORT too. Raises Refused."""
    standing = Standing.of(by, (), study=study)
    for name in tables:
        closed = name.startswith("bronze.") or not standing.opens(purpose, name).allowed
        if closed or (purpose == TREATMENT and not standing.may(Privilege.EXPORT, name, purpose).allowed):
            raise Refused(f"{name} is not open to you as an extract for this purpose.")


def check_may_approve(request: ExtractRequest, by: Any) -> None:
    """Holds EXPORT on every table, for the purpose; reading them is another matter."""
    if not by.is_active or not all(
        has_grant(by, Privilege.EXPORT, name, request.purpose) for name in request.tables
    ):
        raise PermissionDenied("EXPORT on these tables is not granted to this person")


@transaction.atomic
def decide_extract(*, request: ExtractRequest, approve: bool, note: str, by: Any) -> None:
    """Approve or refuse what somebody else has asked for."""
    check_second(by, request.asked_by)
    check_may_approve(request, by)
    note = said(note, "you decide so")
    state = State.APPROVED if approve else State.REFUSED
    _move(request, State.ASKED, state, decided_by=by, decided_at=timezone.now(), note=note)
    _recorded(Event.EXTRACT_APPROVED if approve else Event.EXTRACT_REFUSED, request, by)


@transaction.atomic
def keep_extract(*, request: ExtractRequest, manifest: Mapping[str, Any], expires_at: datetime) -> None:
    """The file is there: what it holds, and until when it is kept."""
    made = {"manifest": dict(manifest), "made_at": timezone.now(), "expires_at": expires_at}
    _move(request, State.APPROVED, State.MADE, **made)
    rows = sum(table["rows"] for table in manifest["tables"])
    _recorded(Event.EXTRACT_MADE, request, request.asked_by, row_count=rows, label=manifest["label"])


@transaction.atomic
def fail_extract(*, request: ExtractRequest, why: str) -> None:
    _move(request, State.APPROVED, State.FAILED, note=why)
    _recorded(Event.EXTRACT_FAILED, request, request.asked_by)


@transaction.atomic
def note_taken(*, request: ExtractRequest, by: Any) -> None:
    """Written before the first byte leaves. Only whoever asked takes it, and only while it is kept."""
    if request.asked_by_id != by.pk or not request.is_ready:
        raise PermissionDenied("this extract is not there for this person")
    _recorded(Event.EXPORTED, request, by, label=request.manifest["label"])


@transaction.atomic
def expire_extract(*, request: ExtractRequest, by: Any) -> None:
    _move(request, State.MADE, State.EXPIRED)
    _recorded(Event.EXTRACT_EXPIRED, request, by)


def _move(request: ExtractRequest, old: str, new: str, **values: Any) -> None:
    if not ExtractRequest.objects.filter(pk=request.pk, state=old).update(state=new, **values):
        raise ChangedMeanwhile("Somebody else has answered this already.")
    request.refresh_from_db()


def _recorded(event: Event, request: ExtractRequest, by: Any, **more: Any) -> None:
    study = {"study": request.study.code} if request.study else {}
    common = {"target": request, "purpose": request.purpose, "channel": CHANNEL}
    record(event, by=by, tables=list(request.tables), **common, **study, **more)
