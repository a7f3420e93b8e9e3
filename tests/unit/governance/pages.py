"""Addresses of the governance pages, with something to show on each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from tests.factories.accounts import oncologist, person
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.governance import actions
from tumorboard.governance.models import (
    BreakGlass,
    Policy,
    PublishedVersion,
    ScrubResult,
    Snapshot,
    Study,
    TagProposal,
)
from tumorboard.governance.policies.words import DENY, MASK, Rule

PATIENT = "surrogate-of-somebody"
RULE = Rule("no-free-text", "silver.documents", DENY, purposes=("research",))


def address(name: str, *arguments: Any) -> str:
    return reverse(f"governance:{name}", args=arguments)


def steward(name: str = "") -> User:
    return person(name, Role.DATA_STEWARD)


def version(table: str = "silver.variants", number: int = 0, **fields: Any) -> PublishedVersion:
    values = {"content_hash": "c" * 64, "run_id": "r", "code_version": "1"}
    return PublishedVersion.objects.create(table=table, version=number, **{**values, **fields})


def opened(
    by: User | None = None, patient: str = PATIENT, reason: str = "Brought in unconscious"
) -> BreakGlass:
    by = by or oncologist()
    return actions.break_glass(patient_key=patient, code="emergency", reason=reason, by=by, confirmed=True)


def proposal(by: User | None = None, target: str = "silver.patients#name") -> TagProposal:
    found = actions.set_tags(target=target, by=by or steward(), reason="It is a code", klass="DEID")
    assert isinstance(found, TagProposal)
    return found


def draft(by: User | None = None, rule: Rule = RULE) -> Policy:
    return actions.draft_policy(rule=rule, reason="Wanted", by=by or steward())


def mask(**fields: Any) -> Rule:
    values = {
        "name": "years-only",
        "scope": "gold",
        "effect": MASK,
        "function": "year_only",
        "kinds": ("date",),
    }
    return Rule(**{**values, **fields})


def study(code: str = "lung-1", title: str = "Lung", **fields: Any) -> Study:
    today = timezone.localdate()
    values = {"starts_on": today - timedelta(days=9), "by": "tests", **fields}
    return actions.create_study(code=code, title=title, **values)


def snapshot(by: User | None = None, table: str = "silver.variants", number: int = 0) -> Snapshot:
    entries = {table: {"version": number, "hash": "c" * 64}}
    return Snapshot.objects.create(created_by=by, entries=entries)


def check(
    table: str = "silver.variants", number: int | None = 0, sound: bool = True, **fields: Any
) -> ScrubResult:
    values = {"run_id": "r", "table": table, "version": number, "sound": sound}
    return ScrubResult.objects.create(**{**values, **fields})


def everywhere() -> dict[str, str]:
    """Page -> address. `tags_of` and so on are of silver."""
    version()
    check()
    role = "?role=researcher&purpose=research"
    return {
        **{name: address(name) for name in LISTS},
        "securable": address("securable", "silver"),
        "table": address("securable", "silver.patients"),
        "volume": address("securable", "landing"),
        "column": address("column", "silver.patients", "name"),
        "tags_of": address("tags_of", "silver"),
        "give_grant": address("give_grant"),
        "policy": address("policy", draft().uuid),
        "draft_policy": address("draft_policy"),
        "simulation": address("simulation", draft(rule=mask()).uuid),
        "table_as": address("table_as", "silver.patients") + role,
        "study": address("study", study().uuid),
        "new_study": address("new_study"),
        "emergency": address("emergency", opened().uuid),
        "snapshot": address("snapshot", snapshot().uuid),
    }


LISTS = (
    "catalog", "tags", "grants", "policies", "explain", "view_as", "studies", "quality", "emergencies",
    "snapshots", "integrity",
)  # fmt: skip
BROWSED = {"catalog", "securable", "table", "volume", "column", "tags_of"}
