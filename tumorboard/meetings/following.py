"""Where the presenter is, as a stream of server-sent events."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator

from django.urls import reverse

from tumorboard.accounts.models import User
from tumorboard.meetings.models import Meeting, Position
from tumorboard.meetings.status import MeetingStatus

INTERVAL = 0.5  # seconds between two looks
LIFETIME = 900  # seconds; the browser then connects again, and is asked again who it is
KEEP_ALIVE = 30  # looks without news after which a comment keeps proxies from closing the stream


async def positions(
    meeting: Meeting, user: User, *, interval: float = INTERVAL, lifetime: float = LIFETIME
) -> AsyncIterator[str]:
    """Each new position as `{"slide": 3, "case": "/meetings/…"}`. Ends when the meeting is closed or the
    person no longer belongs to its board: both are asked again at every look."""
    until, last, quiet = time.monotonic() + lifetime, None, 0
    while time.monotonic() < until and await _may_follow(meeting, user):
        place = await _place(meeting)
        if place is not None and place != last:
            yield f"data: {json.dumps(place)}\n\n"
            last, quiet = place, 0
        elif quiet % KEEP_ALIVE == 0:
            yield ": waiting\n\n"
        quiet += 1
        await asyncio.sleep(interval)


async def _may_follow(meeting: Meeting, user: User) -> bool:
    open_ones = Meeting.objects.visible_to(user).exclude(status=MeetingStatus.CLOSED)
    return await open_ones.filter(pk=meeting.pk).aexists()


async def _place(meeting: Meeting) -> dict[str, object] | None:
    place = await Position.objects.filter(meeting=meeting).select_related("item").afirst()
    if place is None:
        return None
    case = reverse("meetings:present_item", args=[meeting.uuid, place.item.uuid])
    return {"slide": place.slide, "case": case}
