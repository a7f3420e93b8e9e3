"""Policies: drafted by one steward, published by another, retired."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance import rulebook
from tumorboard.governance.actions.checks import check_may, check_second, said
from tumorboard.governance.models import Policy, Privilege, Securable
from tumorboard.governance.policies.deciding import known
from tumorboard.governance.policies.words import Rule
from tumorboard.governance.purposes import PURPOSES


@transaction.atomic
def draft_policy(*, rule: Rule, reason: str, by: Any) -> Policy:
    """Write a new version of a policy. It decides nothing until a second steward publishes it."""
    check_may(by, Privilege.MANAGE, rule.scope)
    said(reason, "the policy is wanted")
    _check(rule)
    last = Policy.objects.filter(name=rule.name).aggregate(last=Max("version"))["last"] or 0
    policy = Policy(
        name=rule.name,
        version=last + 1,
        scope=rule.scope,
        principals=list(rule.principals),
        excepted=list(rule.excepted),
        classes=list(rule.classes),
        kinds=list(rule.kinds),
        sensitivities=list(rule.sensitivities),
        purposes=list(rule.purposes),
        effect=rule.effect,
        function=rule.function,
        reason=reason.strip(),
        hash=rule.hash,
        drafted_by=by,
    )
    policy.save()
    record(Event.POLICY_DRAFTED, by=by, target=policy, policy=policy.name, number=policy.version)
    return policy


@transaction.atomic
def publish_policy(*, policy: Policy, by: Any) -> None:
    """Put a draft in force, in the place of the version before it; from the next read on."""
    check_may(by, Privilege.MANAGE, policy.scope)
    check_second(by, policy.drafted_by)
    rule = rulebook.rule_of(policy)
    _check(rule)
    if rule.hash != policy.hash:
        raise Refused("This draft is not what was written: its hash differs. Draft it anew.")
    now, states = timezone.now(), Policy.State
    before = Policy.objects.filter(name=policy.name, state=states.PUBLISHED)
    before.update(state=states.RETIRED, retired_by=by, retired_at=now)
    drafts = Policy.objects.filter(pk=policy.pk, state=states.DRAFT)
    if not drafts.update(state=states.PUBLISHED, published_by=by, published_at=now):
        raise ChangedMeanwhile("This version has been published or retired already.")
    _changed(Event.POLICY_PUBLISHED, policy, by)


@transaction.atomic
def retire_policy(*, policy: Policy, by: Any) -> None:
    """Take a policy out of force; a built-in one of the same name holds again. Takes a second person, since
    it may open what the policy had closed."""
    check_may(by, Privilege.MANAGE, policy.scope)
    check_second(by, policy.published_by or policy.drafted_by)
    live = Policy.objects.filter(pk=policy.pk).exclude(state=Policy.State.RETIRED)
    if not live.update(state=Policy.State.RETIRED, retired_by=by, retired_at=timezone.now()):
        raise ChangedMeanwhile("This version has been retired already.")
    _changed(Event.POLICY_RETIRED, policy, by)


def _changed(event: Event, policy: Policy, by: Any) -> None:
    policy.refresh_from_db()
    record(event, by=by, target=policy, policy=policy.name, number=policy.version, policy_hash=policy.hash)
    rulebook.move_mark()


def _check(rule: Rule) -> None:
    if not known(rule):
        raise Refused("The policy names a function, an effect or a tag that does not exist.")
    if unknown := sorted(set(rule.purposes) - set(PURPOSES)):
        raise Refused(f"There is no purpose {unknown[0]!r}.")
    if not Securable.objects.filter(name=rule.scope).exists():
        raise Refused(f"There is no catalog, schema or table {rule.scope!r}.")
