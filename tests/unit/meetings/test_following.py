"""The stream that second screens follow."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.urls import reverse

from tests.factories.accounts import administrator
from tests.factories.lake import Rows
from tests.factories.meetings import Session, session
from tumorboard.boards.actions import remove_member
from tumorboard.boards.models import BoardMember
from tumorboard.meetings import actions
from tumorboard.meetings.following import positions
from tumorboard.meetings.models import Meeting

pytestmark = pytest.mark.django_db


def heard(made: Session, *moves: object, lifetime: float = 0.2) -> list[str]:
    """What a member hears while `moves` happen one after the other."""

    async def listen() -> list[str]:
        stream: AsyncIterator[str] = positions(made.meeting, made.member, interval=0.01, lifetime=lifetime)
        said = [await anext(stream)]
        for move in moves:
            await asyncio.to_thread(lambda: None)
            await sync(move)
            said.append(await anext(stream, "end"))
        return [*said, *[event async for event in stream]]

    return async_to_sync(listen)()


async def sync(move: object) -> None:
    from asgiref.sync import sync_to_async

    await sync_to_async(move)()


def data(event: str) -> dict[str, object]:
    return json.loads(event.removeprefix("data: "))


def test_moves_are_heard(lake: Rows):
    made = session("in_session")
    said = heard(
        made,
        lambda: actions.set_position(item=made.item, slide=2, by=made.presenter),
        lambda: actions.set_position(item=made.item, slide=6, by=made.presenter),
    )
    here = reverse("meetings:present_item", args=[made.meeting.uuid, made.item.uuid])
    assert said[0] == ": waiting\n\n"
    assert [data(event) for event in said[1:3]] == [{"slide": 2, "case": here}, {"slide": 6, "case": here}]


def test_a_late_screen_hears_the_present_place_at_once(lake: Rows):
    made = session("in_session")
    actions.set_position(item=made.item, slide=4, by=made.presenter)
    assert data(heard(made)[0])["slide"] == 4


def test_standing_still_is_said_once(lake: Rows):
    made = session("in_session")
    actions.set_position(item=made.item, slide=4, by=made.presenter)
    assert len([event for event in heard(made) if event.startswith("data")]) == 1


def test_the_stream_ends_with_the_meeting(lake: Rows):
    made = session("in_session")
    said = heard(made, lambda: Meeting.objects.update(status="closed"), lifetime=5)
    assert said[-1] == "end"


def test_the_stream_ends_with_the_membership(lake: Rows):
    made = session("in_session")
    membership = BoardMember.objects.get(user=made.member)
    said = heard(made, lambda: remove_member(member=membership, by=administrator()), lifetime=5)
    assert said[-1] == "end"


def test_the_address_answers_with_events_and_is_kept_nowhere(lake: Rows):
    made = session("in_session")
    url = reverse("meetings:position", args=[made.meeting.uuid])

    async def ask() -> tuple[object, str]:
        client = AsyncClient()
        await client.aforce_login(made.member)
        answer = await client.get(url)
        return answer, await anext(aiter(answer))

    answer, first = async_to_sync(ask)()
    assert answer["Content-Type"] == "text/event-stream"
    assert answer["Cache-Control"] == "no-store"
    assert first == b": waiting\n\n"


def test_the_address_is_not_there_for_charlie(lake: Rows):
    made = session("in_session")
    url = reverse("meetings:position", args=[made.meeting.uuid])

    async def ask() -> int:
        client = AsyncClient()
        await client.aforce_login(made.charlie)
        return (await client.get(url)).status_code

    assert async_to_sync(ask)() == 404
