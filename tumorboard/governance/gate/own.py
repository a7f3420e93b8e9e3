"""What the gate does for a person's own token: whose study it is for, what it opens, when it was used."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from tumorboard.governance.gate.faults import BadRequest, Refused
from tumorboard.governance.gate.proving import Proven
from tumorboard.governance.ledger import latest_versions
from tumorboard.governance.models import Capability
from tumorboard.governance.permissions import Standing
from tumorboard.governance.purposes import RESEARCH
from tumorboard.lake import tables

A_WHILE = timedelta(minutes=1)


def used(token: Capability) -> None:
    """Kept to the minute, so that many small reads are not as many writes."""
    now = timezone.now()
    if token.used_at is None or token.used_at < now - A_WHILE:
        Capability.objects.filter(pk=token.pk).update(used_at=now)


def for_its_study(plain: list[dict[str, Any]], token: Capability) -> list[dict[str, Any]]:
    """A tool names its study by code, or leaves it to the token. Raises BadRequest for another one."""
    code = token.study.code if token.study else None
    if any(request.get("study", code) != code for request in plain):
        raise BadRequest("the token is for another study, or for none")
    return [_of_study(request, token) for request in plain]


def _of_study(request: dict[str, Any], token: Capability) -> dict[str, Any]:
    rest = {name: value for name, value in request.items() if name != "study"}
    of_study = token.study_id is not None and request.get("purpose") == RESEARCH
    return {**rest, "study": token.study_id} if of_study else rest


def opened_by(proven: Proven) -> list[dict[str, Any]]:
    """The tables of a token, each with its version, and for each purpose its columns and which are masked."""
    token = proven.capability
    if token is None or not token.is_personal:
        raise Refused("a list of tables is for a person's own token")
    standing = Standing.of(proven.user, (), study=token.study)
    latest = latest_versions(token.reads)
    return [
        {
            "table": name,
            "version": latest.get(name),
            "columns": list(tables.get(name).columns),
            "purposes": {
                purpose: dict(decision.masks)
                for purpose in token.purposes
                if (decision := standing.opens(purpose, name)).allowed
            },
        }
        for name in token.reads
    ]
