"""Tags set by stewards. What lowers protection waits for a second one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone

from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance import rulebook
from tumorboard.governance import tags as tagging
from tumorboard.governance.actions.checks import check_may, check_second, said
from tumorboard.governance.models import ColumnTag, Privilege, Securable, TagProposal
from tumorboard.governance.policies.words import Tags
from tumorboard.governance.tags import Override
from tumorboard.lake import tables

PARTS = ("klass", "kinds", "sensitivity", "transform")


@transaction.atomic
def set_tags(
    *,
    target: str,
    by: Any,
    reason: str,
    klass: str = "",
    kinds: Collection[str] = (),
    sensitivity: str = "",
    transform: str = "",
) -> ColumnTag | TagProposal:
    """Tag a schema, a table or a column (`silver.patients#name`).

    Raising protection holds from the next read on. Lowering it, or naming a de-identifying transform,
    becomes a proposal for a second steward.
    """
    said(reason, "these tags are right")
    _check_target(by, target)
    if unknown := tagging.unknown_words(klass, kinds, sensitivity, transform):
        raise Refused(f"{unknown[0]!r} is not a word of the governed vocabulary.")
    parts = {
        "klass": klass, "kinds": sorted(kinds), "sensitivity": sensitivity, "transform": transform,
    }  # fmt: skip
    if transform or _lowers(target, Override(klass, frozenset(kinds), sensitivity)):
        return _propose(target, by, reason, **parts)
    tag, _ = ColumnTag.objects.update_or_create(
        target=target, defaults={**parts, "set_by": by, "second": None, "set_at": timezone.now()}
    )
    _recorded(Event.TAGS_SET, tag, by)
    return tag


@transaction.atomic
def remove_tags(*, target: str, by: Any, reason: str) -> TagProposal:
    """Propose to go back to what the code declares."""
    said(reason, "the tags are to go")
    _check_target(by, target)
    if not ColumnTag.objects.filter(target=target).exists():
        raise Refused("No steward has set tags here.")
    return _propose(target, by, reason, removal=True)


@transaction.atomic
def approve_tags(*, proposal: TagProposal, by: Any, answer: str = "") -> None:
    """A second steward agrees; it holds from the next read on."""
    _decide(proposal, TagProposal.State.APPROVED, by, answer)
    if proposal.removal:
        ColumnTag.objects.filter(target=proposal.target).delete()
    else:
        signed = {"set_by": proposal.proposed_by, "second": by, "set_at": timezone.now()}
        values = {**{part: getattr(proposal, part) for part in PARTS}, **signed}
        ColumnTag.objects.update_or_create(target=proposal.target, defaults=values)
    _recorded(Event.TAGS_LOWERED, proposal, by)


@transaction.atomic
def reject_tags(*, proposal: TagProposal, by: Any, answer: str) -> None:
    """A second steward does not agree, and says why."""
    _decide(proposal, TagProposal.State.REJECTED, by, said(answer, "the tags stay as they are"))
    _recorded(Event.TAGS_REJECTED, proposal, by)


def _decide(proposal: TagProposal, state: str, by: Any, answer: str) -> None:
    _check_target(by, proposal.target)
    check_second(by, proposal.proposed_by)
    waiting = TagProposal.objects.filter(pk=proposal.pk, state=TagProposal.State.PROPOSED)
    decided = {"decided_by": by, "decided_at": timezone.now(), "answer": answer.strip()}
    if not waiting.update(state=state, **decided):
        raise ChangedMeanwhile("Somebody else has already decided on these tags.")
    proposal.refresh_from_db()


def _propose(target: str, by: Any, reason: str, **parts: Any) -> TagProposal:
    if TagProposal.objects.filter(target=target, state=TagProposal.State.PROPOSED).exists():
        raise Refused("A change of these tags already waits for a second steward.")
    proposal = TagProposal.objects.create(target=target, proposed_by=by, reason=reason.strip(), **parts)
    _recorded(Event.TAGS_PROPOSED, proposal, by)
    return proposal


def _lowers(target: str, after: Override) -> bool:
    """Whether any column would be less protected than now, inherited and carried tags counted."""
    before = rulebook.current().tags
    changed = tagging.effective(tables.all_tables(), {**rulebook.overrides(), target: after})
    return any(
        tagging.lowers(tagging.of(before, table, column), found)
        for table, columns in changed.items()
        for column, found in columns.items()
    )


def _check_target(by: Any, target: str) -> None:
    """The target exists, and the person may tag it."""
    name, _, column = target.partition("#")
    if not Securable.objects.filter(name=name).exists():
        raise Refused(f"There is no schema or table {name!r}.")
    if column and target not in column_ids(name):
        raise Refused(f"{name} has no column {column!r}.")
    check_may(by, Privilege.TAG, name)


def column_ids(table: str) -> dict[str, str]:
    """Column id to the name the column has now."""
    declared = tables.get(table)
    return {tagging.column_id(table, column): name for name, column in declared.columns.items()}


def tags_of(table: str) -> dict[str, Tags]:
    """The tags in force of a table's columns, by name."""
    return dict(rulebook.current().tags.get(table, {}))


def _recorded(event: Event, row: ColumnTag | TagProposal, by: Any) -> None:
    now = {part: getattr(row, part) for part in PARTS}
    record(event, by=by, target=("tags", row.target), removal=getattr(row, "removal", False), **now)
    rulebook.move_mark()
