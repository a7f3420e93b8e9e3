"""What the board says about a case, until the signature and after it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db import transaction
from django.utils import timezone

from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.cases.actions import change_status
from tumorboard.cases.measuring import open_conflicts
from tumorboard.cases.status import Status
from tumorboard.meetings import permissions, policies, signing
from tumorboard.meetings.actions.agenda import give_back
from tumorboard.meetings.actions.locking import held_item
from tumorboard.meetings.codes import Outcome
from tumorboard.meetings.evidence import Scale
from tumorboard.meetings.models import (
    Addendum,
    AgendaItem,
    Attendance,
    Decision,
    DiscussionNote,
    Dissent,
    Recommendation,
    SignOff,
)
from tumorboard.meetings.status import ItemStatus


@transaction.atomic
def record_note(*, item: AgendaItem, text: str, by: User) -> DiscussionNote:
    """What was said in the discussion, in the words of whoever writes it down."""
    item = held_item(item)
    permissions.check_can_decide(by, item)
    policies.check_open_for_discussion(item)
    note = DiscussionNote.objects.create(item=item, text=_some(text), by=by)
    _record(Event.NOTE_RECORDED, item, by)
    return note


@transaction.atomic
def record_recommendation(
    *,
    item: AgendaItem,
    kind: str,
    text: str,
    by: User,
    agents: Iterable[str] = (),
    study_id: str = "",
    priority: int = 1,
    evidence_scale: str = Scale.NONE,
    evidence_level: str = "",
    evidence_addenda: Iterable[str] = (),
    evidence_on: date | None = None,
    knowledge_version: str = "",
    owner: User | None = None,
    due_on: date | None = None,
    supporting_facts: Iterable[str] = (),
) -> Recommendation:
    """One thing the board recommends, with the level on the evidence scale named, if any. `supporting_facts`
    are rows of the lake as "table/row_id"."""
    item = held_item(item)
    permissions.check_can_decide(by, item)
    policies.check_open_for_discussion(item)
    policies.check_recommendation(kind=kind, text=text.strip(), study_id=study_id, priority=priority)
    policies.check_evidence(evidence_scale, evidence_level, list(evidence_addenda))
    recommendation = Recommendation.objects.create(
        item=item,
        kind=kind,
        text=text.strip(),
        agents=list(agents),
        study_id=study_id,
        priority=priority,
        evidence_scale=evidence_scale,
        evidence_level=evidence_level,
        evidence_addenda=list(evidence_addenda),
        evidence_on=evidence_on,
        knowledge_version=knowledge_version,
        owner=owner,
        due_on=due_on,
        supporting_facts=list(supporting_facts),
        by=by,
    )
    _record(Event.RECOMMENDATION_RECORDED, item, by, recommendation=recommendation.uuid)
    return recommendation


@transaction.atomic
def withdraw_recommendation(*, recommendation: Recommendation, by: User) -> None:
    """Take a recommendation back before the decision is signed; the row stays."""
    item = held_item(recommendation.item)
    permissions.check_can_decide(by, item)
    policies.check_open_for_discussion(item)
    in_force = Recommendation.objects.in_force().filter(pk=recommendation.pk)
    if not in_force.update(withdrawn_at=timezone.now()):
        raise ChangedMeanwhile("That recommendation has already been withdrawn.")
    _record(Event.RECOMMENDATION_WITHDRAWN, item, by, recommendation=recommendation.uuid)


@transaction.atomic
def record_dissent(*, item: AgendaItem, text: str, by: User) -> Dissent:
    """Keep, with the decision, that somebody does not share it."""
    item = held_item(item)
    permissions.check_can_dissent(by, item)
    policies.check_open_for_discussion(item)
    dissent = Dissent.objects.create(item=item, text=_some(text), by=by)
    _record(Event.DISSENT_RECORDED, item, by)
    return dissent


@transaction.atomic
def record_decision(
    *,
    item: AgendaItem,
    outcome: str,
    by: User,
    missing: str = "",
    no_recommendation: str = "",
    caveats: str = "",
) -> Decision:
    """How the board decided. While facts the board saw are in conflict and nobody settled them, `caveats`
    must say what that means. A deferred case goes back into preparation at once."""
    item = held_item(item)
    permissions.check_can_decide(by, item)
    policies.check_open_for_discussion(item)
    outcome = Outcome(outcome)
    policies.check_decision(
        outcome=outcome,
        missing=missing.strip(),
        no_recommendation=no_recommendation,
        recommendations=item.recommendations.in_force().count(),
    )
    if outcome != Outcome.DEFERRED:
        conflicts = open_conflicts(case=item.case, by=by, snapshot=item.snapshot)
        policies.check_conflicts(conflicts, caveats.strip())
    decision, _ = Decision.objects.update_or_create(
        item=item,
        defaults={
            "outcome": outcome,
            "missing": missing.strip() if outcome == Outcome.DEFERRED else "",
            "no_recommendation": no_recommendation,
            "caveats": caveats.strip(),
            "by": by,
        },
    )
    _change_item(item, ItemStatus.DEFERRED if outcome == Outcome.DEFERRED else ItemStatus.DECIDED)
    _record(Event.DECISION_RECORDED, item, by, outcome=outcome.value)
    if outcome == Outcome.DEFERRED:
        give_back(item.case, by)
    return decision


@transaction.atomic
def sign_off(*, item: AgendaItem, by: User) -> SignOff:
    """The chair signs: from now on the decision is locked. Its hash follows from the sign-off before it."""
    item = held_item(item)
    permissions.check_can_sign(by, item)
    decision = policies.check_can_sign(item)
    policies.check_decision(
        outcome=decision.outcome,
        missing=decision.missing,
        no_recommendation=decision.no_recommendation,
        recommendations=item.recommendations.in_force().count(),
    )
    Attendance.objects.filter(meeting=item.meeting, user=by).update(present=True)
    previous_hash, at = signing.last_hash(), timezone.now()
    content = signing.content_of(item, by=by, at=at)
    signed = SignOff.objects.create(
        item=item,
        by=by,
        at=at,
        content=content,
        content_hash=signing.hash_of(content, previous_hash),
        previous_hash=previous_hash,
    )
    _record(Event.DECISION_SIGNED, item, by, content_hash=signed.content_hash)
    if decision.outcome != Outcome.DEFERRED:
        change_status(case=item.case, to=Status.DECIDED, by=by)
    return signed


@transaction.atomic
def add_addendum(*, item: AgendaItem, text: str, by: User) -> Addendum:
    """Add words to a signed decision; what was signed stays as it is."""
    item = held_item(item)
    permissions.check_can_add(by, item)
    policies.check_signed(item)
    addendum = Addendum.objects.create(item=item, text=_some(text), by=by)
    _record(Event.ADDENDUM_RECORDED, item, by)
    return addendum


def _change_item(item: AgendaItem, to: ItemStatus) -> None:
    """The row is held, so that its status cannot have changed since it was read."""
    policies.check_can_change_item(item, to)
    item.status = to
    item.save(update_fields=["status"])


def _record(event: Event, item: AgendaItem, by: User, **detail: object) -> None:
    record(event, by=by, target=item, patient_key=item.case.patient_key, **detail)


def _some(text: str) -> str:
    if not text.strip():
        raise Refused("There is nothing written yet.")
    return text.strip()
