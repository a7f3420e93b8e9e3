"""The gate checks its caller itself: the session or the capability, in PostgreSQL, at every read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from tumorboard.governance.gate.calling import Caller
from tumorboard.governance.gate.faults import Refused
from tumorboard.governance.models.capabilities import Capability, live

SESSION = """
select u.*, s.session_data, s.expire_date from accounts_user u, django_session s
where s.session_key = %s and s.expire_date > %s and u.id = %s
"""


@dataclass(frozen=True)
class Proven:
    """A person or service that is who it says, by what, and until when."""

    user: Any
    caller: Caller
    auth_method: str
    until: datetime | None = None
    capability: Capability | None = None

    def allows(self, purpose: str, table: str) -> bool:
        return self.capability is None or self.capability.allows(purpose, table)

    @property
    def names(self) -> tuple[str, ...]:
        """By what the caller may call the account: the tool of a person's own token knows no number of it."""
        own = self.capability is not None and self.capability.is_personal
        return (str(self.user.pk), "") if own else (str(self.user.pk),)

    @property
    def on_record(self) -> dict[str, Any]:
        """Where the call comes from, for the audit log: of the session its hash, of the token nothing."""
        caller, capability = self.caller, self.capability
        session = hashlib.sha256(caller.session_key.encode()).hexdigest() if caller.session_key else ""
        found = {
            "auth_method": self.auth_method,
            "channel": capability.channel if capability and capability.is_personal else caller.channel,
            "session_hash": session,
            "source_ip": caller.source_ip,
            "user_agent": caller.user_agent[:200],
            "request_id": caller.request_id,
            "trace_id": caller.trace_id,
            "job_id": caller.job_id,
            "on_behalf_of": capability.issued_by if capability else "",
        }
        return {name: value for name, value in found.items() if value}


def in_process(user: Any, caller: Caller) -> Proven:
    """Where the gate runs inside its caller's process there is nothing that could be proven."""
    return Proven(user, caller, "inline")


def prove(user_id: str, caller: Caller) -> Proven:
    """Whose session or capability it is. Raises Refused, in words that are the same for all that is wrong."""
    proven = _by_token(caller) if caller.token else _by_session(user_id, caller)
    if proven is None or not proven.user.is_active or user_id not in proven.names:
        raise Refused("no session and no capability of this person is in force")
    return proven


def _by_session(user_id: str, caller: Caller) -> Proven | None:
    """As Django itself decides: not expired, of this account, not sealed off since by a new password."""
    if not user_id.isdecimal():
        return None
    asked = [caller.session_key, timezone.now(), user_id]
    user = next(iter(get_user_model().objects.raw(SESSION, asked)), None)
    if user is None:
        return None
    content = SessionStore().decode(user.session_data)
    sealed = content.get(SESSION_KEY) == user_id and any(
        constant_time_compare(content.get(HASH_SESSION_KEY, ""), seal)
        for seal in (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    )
    return Proven(user, caller, "session", user.expire_date) if sealed else None


def _by_token(caller: Caller) -> Proven | None:
    capability = live(caller.token, caller.job_id)
    if capability is None:
        return None
    seal = capability.user.get_session_auth_hash()
    if capability.is_personal and not constant_time_compare(capability.seal, seal):
        return None  # a new password, or signed out everywhere
    return Proven(capability.user, caller, "capability", capability.expires_at, capability)
