"""What a signature covers, as one canonical document, and whether signed ones are still what was signed."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

from django.db import connection

from tumorboard.accounts.models import User
from tumorboard.audit.models import GENESIS, canonical
from tumorboard.meetings.models import AgendaItem, Decision, Recommendation, SignOff

CHAIN_LOCK = 0x7369_676E_6F66


def content_of(item: AgendaItem, *, by: User, at: datetime) -> dict[str, Any]:
    """What is signed: the document, by whom and when."""
    return {**document_of(item), "signed": {"by": _who(by), "at": _iso(at)}}


def document_of(item: AgendaItem) -> dict[str, Any]:
    """The question, who took part, what was decided, on which data."""
    return {
        "meeting": _meeting(item),
        "case": {"id": str(item.case.uuid), "question": item.case.question},
        "item": str(item.uuid),
        "snapshot": {"id": str(item.snapshot.uuid), "entries": item.snapshot.entries},
        "attendance": _attendance(item),
        "recused": [
            {"who": _who(row.user), "reason": row.reason}
            for row in item.recusals.select_related("user").order_by("pk")
        ],
        "notes": [_words(row) for row in item.notes.select_related("by")],
        "decision": _decision(item.decision),
        "recommendations": [
            _recommendation(row) for row in item.recommendations.in_force().select_related("owner")
        ],
        "dissents": [_words(row) for row in item.dissents.select_related("by")],
        "fact_reviews": list(item.case.fact_reviews.latest().values("table", "row_id", "state", "reason")),
    }


def hash_of(content: dict[str, Any], previous_hash: str) -> str:
    return hashlib.sha256(previous_hash.encode() + canonical(content)).hexdigest()


def last_hash() -> str:
    """The hash that the next sign-off follows. Holds the chain until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHAIN_LOCK])
    last = SignOff.objects.order_by("-pk").first()
    return last.content_hash if last else GENESIS


def is_intact(sign_off: SignOff) -> bool:
    """Does the kept document still have the hash that was signed?"""
    return hash_of(sign_off.content, sign_off.previous_hash) == sign_off.content_hash


def verify() -> list[str]:
    """Every fault in the chain of sign-offs; an empty list means it is intact."""
    faults, previous = [], GENESIS
    for sign_off in SignOff.objects.order_by("pk").iterator():
        if not is_intact(sign_off):
            faults.append(f"sign-off {sign_off.pk}: its content was changed after it was signed")
        if sign_off.previous_hash != previous:
            faults.append(f"sign-off {sign_off.pk}: does not follow from the one before it")
        previous = sign_off.content_hash
    return faults


def _meeting(item: AgendaItem) -> dict[str, Any]:
    meeting = item.meeting
    return {
        "id": str(meeting.uuid),
        "board": meeting.board.name,
        "starts_at": _iso(meeting.starts_at),
        "room": meeting.room,
        "position": item.position,
    }


def _attendance(item: AgendaItem) -> list[dict[str, Any]]:
    rows = item.meeting.attendance.select_related("user")
    return [
        {
            "who": _who(row.user) if row.user else {"name": row.name},
            "profession": row.get_profession_display(),
            "present": row.present,
        }
        for row in rows
    ]


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "outcome": decision.outcome,
        "missing": decision.missing,
        "no_recommendation": decision.no_recommendation,
        "caveats": decision.caveats,
    }


def _recommendation(row: Recommendation) -> dict[str, Any]:
    return {
        "id": str(row.uuid),
        "kind": row.kind,
        "text": row.text,
        "agents": row.agents,
        "study_id": row.study_id,
        "priority": row.priority,
        "evidence": {
            "scale": row.evidence_scale,
            "level": row.evidence_level,
            "addenda": row.evidence_addenda,
            "on": _iso(row.evidence_on),
            "knowledge_version": row.knowledge_version,
        },
        "owner": _who(row.owner) if row.owner else None,
        "due_on": _iso(row.due_on),
        "supporting_facts": row.supporting_facts,
    }


def _words(row: Any) -> dict[str, Any]:
    return {"by": _who(row.by), "at": _iso(row.at), "text": row.text}


def _who(user: User) -> dict[str, str]:
    return {"id": str(user.uuid), "name": str(user)}


def _iso(value: date | datetime | None) -> str | None:
    return value.isoformat() if value else None
