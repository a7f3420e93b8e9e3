"""Who sees what: not yours, not there and not pinned look alike."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from tests.unit.review.conftest import Record
from tests.unit.review.pages import get, post, without_tokens
from tumorboard.cases.models import FactReview
from tumorboard.governance.actions import pin_snapshot

OF_A_CASE = ("case", "timeline", "lab-figure", "wearable-figure", "survival-figure",
             "contribution-figure", "wearables", "summary")  # fmt: skip


@pytest.mark.parametrize("name", OF_A_CASE)
def test_not_yours_and_not_there_and_not_pinned_look_alike(client: Client, record: Record, name: str) -> None:
    not_yours = get(client, record, name, as_=record.charlie)
    not_there = client.get(reverse(f"review:{name}", args=[uuid4()]))
    no_snapshot = get(client, record, name, data={"snapshot": str(uuid4())})
    bad_snapshot = get(client, record, name, data={"snapshot": "yesterday"})
    assert [r.status_code for r in (not_yours, not_there, no_snapshot, bad_snapshot)] == [404] * 4
    assert without_tokens(not_yours.text) == without_tokens(not_there.text)


@pytest.mark.parametrize("name", OF_A_CASE)
def test_without_a_grant_on_the_tables_there_is_nothing(client: Client, record: Record, name: str) -> None:
    """A role that is taken away ends the reading, also where the relation to the patient still stands."""
    record.alice.groups.remove(Group.objects.get(name="role:oncologist"))
    assert get(client, record, name).status_code == 404


@pytest.mark.parametrize(
    ("table", "row_id"),
    [("gold.case_facts", "abc"), ("gold.nothing", "abc"), ("gold.features", "abc"), ("bronze.notes", "abc")],
)
def test_no_such_source(client: Client, record: Record, table: str, row_id: str) -> None:
    assert get(client, record, "source", table, row_id).status_code == 404
    assert post(client, record, "verify", row_id, table=table).status_code in (404, 409)
    assert not FactReview.objects.exists()


def test_what_a_snapshot_does_not_hold_is_not_there(client: Client, record: Record) -> None:
    pinned = pin_snapshot(by=record.alice)
    pinned.entries.pop("gold.timeline")
    pinned.save()
    answer = get(client, record, "timeline", data={"snapshot": str(pinned.uuid)})
    assert answer.json()["events"] == []
