"""Rows as they are now, held until the transaction ends: two people who act on one at once take turns.

Rows are always held before the first audit record, because that one holds the audit chain: in the other
order two transactions could wait for each other.
"""

from __future__ import annotations

from tumorboard.accounts.refusals import ChangedMeanwhile
from tumorboard.meetings.models import AgendaItem, Meeting

ITEMS = AgendaItem.objects.select_for_update(of=("self", "case"), no_key=True)


def held_meeting(meeting: Meeting) -> Meeting:
    """The meeting, held with its items and their cases."""
    meetings = Meeting.objects.select_for_update(of=("self",), no_key=True).select_related("board")
    held = meetings.get(pk=meeting.pk)
    list(ITEMS.select_related("case").filter(meeting=held).order_by("pk"))
    return held


def held_item(item: AgendaItem) -> AgendaItem:
    """The item, held with its case. ChangedMeanwhile when it was taken off the agenda."""
    found = ITEMS.select_related("meeting__board", "case__board", "snapshot").filter(pk=item.pk).first()
    if found is None:
        raise ChangedMeanwhile("This case has been taken off the agenda.")
    return found
