"""May they? One decision for everything that is asked at once, and its record before anything is opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, transaction

from tumorboard.audit.events import Event
from tumorboard.audit.record import append
from tumorboard.governance.gate.asking import Condition, Request
from tumorboard.governance.gate.faults import BadRequest, NotPublished, Refused, UnknownColumn
from tumorboard.governance.gate.proving import Proven
from tumorboard.governance.ledger import latest_versions
from tumorboard.governance.models import Privilege
from tumorboard.governance.permissions import QUALITY, RESEARCH, Decision, Standing
from tumorboard.lake import tables
from tumorboard.scores.shown import TABLE as SCORES
from tumorboard.scores.shown import shown_versions

DEIDENTIFIED = (RESEARCH, QUALITY)
WAIT_FOR_THE_LOG = "8s"  # the caller's own transaction may hold it: better no rows than a wait for ever


@dataclass(frozen=True)
class Admitted:
    """One request, its version, and what was decided."""

    request: Request
    decision: Decision
    latest: bool = True  # the version is today's
    always: tuple[Condition, ...] = ()  # conditions that the reader did not ask for


@dataclass(frozen=True)
class Admission:
    """Everything asked for at once, decided as a whole."""

    proven: Proven
    reads: tuple[Admitted, ...]

    @property
    def decided(self) -> list[Any]:
        """What must not change while the rows flow."""
        decisions = [(read.request.table, read.decision) for read in self.reads]
        return [(table, d.allowed, dict(d.masks), d.patients) for table, d in decisions] + [
            read.always for read in self.reads
        ]


def with_versions(requests: Sequence[Request]) -> list[tuple[Request, bool]]:
    """Each request at the version it means, and whether that is today's; what is not built is left out."""
    latest = latest_versions([request.table for request in requests])
    found = []
    for request in requests:
        newest = latest.get(request.table)
        version = _version(request, newest)
        if version is not None:
            found.append((replace(request, version=version), version == newest))
    return found


def _version(request: Request, newest: int | None) -> int | None:
    if request.version is not None:
        return request.version
    return request.snapshot.version(request.table) if request.snapshot else newest


def version_of(request: Request) -> int:
    """The version a request means. Raises NotPublished."""
    found = with_versions([request])
    if not found:
        raise NotPublished(f"{request.table} had not been built at that time")
    version: int = found[0][0].version  # type: ignore[assignment]
    return version


def decide(requests: Sequence[tuple[Request, bool]], proven: Proven) -> Admission:
    """The decision on all of them, allowed or not; nothing is recorded and nothing opened."""
    for request, _ in requests:
        _check(request)
    keys = {key for request, _ in requests for key in request.patients or []}
    studies = {request.study for request, _ in requests}
    standings = {study: Standing.of(proven.user, keys, study=study) for study in studies}
    reads = [_admitted(standings[request.study], proven, request, latest) for request, latest in requests]
    return Admission(proven, tuple(reads))


def _admitted(standing: Standing, proven: Proven, request: Request, latest: bool) -> Admitted:
    always = () if standing.service else _always(request)
    return Admitted(request, _decision(standing, proven, request, latest), latest, always)


def _always(request: Request) -> tuple[Condition, ...]:
    """What holds of every read by a person: of scores those of approved models, from this read on."""
    if request.table != SCORES:
        return ()
    return (Condition("model_version", "in", sorted(version for _, version in shown_versions())),)


def _check(request: Request) -> None:
    """The columns exist and the request makes sense, before anybody is asked anything."""
    declared = tables.get(request.table).columns
    unknown = [name for name in request.mentioned if name not in declared]
    if unknown:
        raise UnknownColumn(f"{request.table} has no column {unknown[0]!r}")
    if request.count_by is not None and request.columns is not None:
        raise BadRequest("a count names its columns in count_by alone")


def _names_somebody(request: Request) -> bool:
    """By a real key. Pseudonyms are asked for in `where`, which sees what is shown."""
    return request.patients is not None or request.row_ids is not None


def _decision(standing: Standing, proven: Proven, request: Request, latest: bool) -> Decision:
    """Of the columns that the request names, wherever it names them."""
    if not proven.allows(request.purpose, request.table):
        return Decision(False, "the capability does not name this table for this purpose")
    if _names_somebody(request) and not standing.service and request.purpose in DEIDENTIFIED:
        return Decision(False, "for this purpose nobody is named: a key would lead back to the person")
    columns = request.mentioned if request.columns or request.count_by else None
    asked = (request.purpose, request.table)
    if request.patients is None:
        found = standing.decide(*asked, None, columns)
    elif standing.service:  # of the patients it names it gets those that the row filters leave
        found = standing.opens(*asked, columns)
    else:
        found = standing.decide_all(*asked, request.patients, columns)
    if latest or not found.allowed:
        return found
    travel = standing.may(Privilege.TIME_TRAVEL, request.table, request.purpose)
    return found if travel.allowed else travel


def admit(requests: Sequence[tuple[Request, bool]], proven: Proven, *, durable: bool) -> Admission:
    """Decide on all and record all; one refusal refuses the whole. Raises Refused.

    With `durable` the record is committed when this returns, so nothing that happens later can undo it.
    """
    admission = decide(requests, proven)
    refused = first_refusal(admission)
    keep([_event(read, proven) for read in admission.reads], proven.user, durable)
    if refused is not None:
        raise Refused(f"{refused.request.table} is not open to this person for this purpose")
    return admission


def first_refusal(admission: Admission) -> Admitted | None:
    return next((read for read in admission.reads if not read.decision.allowed), None)


def keep(events: Sequence[dict[str, Any]], by: Any, durable: bool) -> None:
    """Write records, in a transaction of their own where `durable`."""
    with transaction.atomic(durable=durable):
        if durable:
            with connection.cursor() as cursor:
                cursor.execute("select set_config('lock_timeout', %s, true)", [WAIT_FOR_THE_LOG])
        append(events, by=by)


def refuse(requests: Sequence[Request], proven: Proven, rule: str, *, durable: bool) -> None:
    """Record that something was refused for a reason outside the decision function."""
    no = Decision(False, rule)
    keep([_event(Admitted(r, no), proven) for r in requests], proven.user, durable)


def _event(read: Admitted, proven: Proven) -> dict[str, Any]:
    """One record of the request with all its patients, so that 'who saw this patient' is one question (of
    very many patients the record holds their number and a digest)."""
    request, decision = read.request, read.decision
    return {
        "event": Event.LAKE_READ if decision.allowed else Event.LAKE_REFUSED,
        "phase": "intent" if decision.allowed else "deny",
        "outcome": "allowed" if decision.allowed else "refused",
        "table": request.table,
        "version": request.version,
        "columns": request.mentioned if request.columns or request.count_by else ["*"],
        "purpose": request.purpose,
        "rule": decision.rule,
        "policy_hash": decision.policy_hash,
        "masks": dict(decision.masks),
        "row_filter": "" if decision.patients is None else f"{len(decision.patients)} patients",
        "patient_keys": request.patients or (),
        **proven.on_record,
    }


Check = Callable[[], None]
