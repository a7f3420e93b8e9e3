"""Grants and denials as a list: by principal, by securable, by privilege."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F, Q, QuerySet, Value
from django.utils import timezone

from tumorboard.governance.console.rules import principal
from tumorboard.governance.models import Effect, Privilege, SecurableGroupGrant, SecurableUserGrant
from tumorboard.governance.permissions import chain
from tumorboard.ui.filters import any_of

PERSON, GROUP = "person", "group"
MODELS: Mapping[str, Any] = {PERSON: SecurableUserGrant, GROUP: SecurableGroupGrant}
NAMES = {PERSON: ("user__username", "user__display_name"), GROUP: ("group__name", "group__name")}
USE = (Privilege.USE_CATALOG, Privilege.USE_SCHEMA)
COLUMNS = (
    "of", "number", "principal", "shown", "privilege_code", "securable", "effect", "purposes", "expires_at",
    "granted_at", "ticket", "giver",
)  # fmt: skip
IN_FORCE, ENDED = "in_force", "ended"


def search(chosen: Mapping[str, Any]) -> QuerySet[Any]:
    """`chosen` holds q (part of a person or group), securable (and what it inherits from), privilege, effect,
    state, and beyond_use (not the rights to use catalog and schema). Each row is a mapping of COLUMNS."""
    of_people, of_groups = (_plain(_narrowed(of, chosen), of) for of in (PERSON, GROUP))
    return of_people.union(of_groups, all=True).order_by("securable", "privilege_code", "principal")


def _plain(grants: QuerySet[Any], of: str) -> QuerySet[Any]:
    username, shown = NAMES[of]
    return (
        grants.annotate(
            of=Value(of),
            number=F("pk"),
            principal=F(username),
            shown=F(shown),
            privilege_code=F("permission__codename"),
            securable=F("content_object__name"),
            giver=F("granted_by__display_name"),
        )
        .order_by()
        .values(*COLUMNS)
    )


def _narrowed(of: str, chosen: Mapping[str, Any]) -> QuerySet[Any]:
    rows = MODELS[of].objects.all()
    if chosen.get("q"):
        rows = rows.filter(any_of(chosen["q"], *NAMES[of]))
    if chosen.get("securable"):
        rows = rows.filter(content_object__name__in=chain(chosen["securable"]))
    if chosen.get("privilege"):
        rows = rows.filter(permission__codename=chosen["privilege"])
    if chosen.get("beyond_use"):
        rows = rows.exclude(permission__codename__in=USE)
    if chosen.get("effect"):
        rows = rows.filter(effect=chosen["effect"])
    ended = Q(expires_at__lte=timezone.now())
    return rows.filter({IN_FORCE: ~ended, ENDED: ended}.get(chosen.get("state") or "", Q()))


def shown(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of `search` in words."""
    now = timezone.now()
    return [
        {
            **row,
            "shown": row["shown"] if row["of"] == PERSON else principal(row["shown"]),
            "privilege": Privilege(row["privilege_code"]).label,
            "denies": row["effect"] == Effect.DENY,
            "ended": row["expires_at"] is not None and row["expires_at"] <= now,
        }
        for row in rows
    ]


def found(of: str, number: int) -> Any:
    """The grant itself; LookupError where there is none."""
    grant = MODELS[of].objects.filter(pk=number).select_related("content_object", "permission").first()
    if grant is None:
        raise LookupError("no such grant")
    return grant
