"""The review page and everything it loads, on a small real lake."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import review
from tests.unit.review.conftest import Record
from tests.unit.review.pages import HTMX, Page, fact, get
from tumorboard.audit.models import AuditEvent
from tumorboard.governance.actions import pin_snapshot
from tumorboard.review import chips
from tumorboard.review.views.page import SLIDES

PAGE_QUERIES = 44


def test_every_value_has_its_fact_and_its_source(client: Client, record: Record) -> None:
    page = Page(get(client, record, "case").text)
    assert len(page.chips) > 15
    for shown in page.chips:
        assert re.fullmatch(r"(gold|silver)\.\w+/[0-9a-f]{24}", shown["data-fact"] or "")
        assert client.get(str(shown["data-source"]), **HTMX).status_code == 200


def test_a_fact_without_a_source_is_not_rendered(
    client: Client, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chips, "source_url", lambda *_: "")
    text = get(client, record, "case").text
    assert "data-fact" not in text
    assert 'class="fact"' not in text


def test_a_row_as_received_is_no_fact(client: Client, record: Record) -> None:
    """It is what facts come from; a panel of its own would have nothing to say of it."""
    row = review.received("SYN-1", {"text": review.LETTER, "type": "Clinic letter"}, "letter.txt")
    assert get(client, record, "source", "bronze.notes", row["row_id"]).status_code == 404


def test_no_address_holds_anything_of_the_patient(client: Client, record: Record) -> None:
    page = Page(get(client, record, "case").text)
    addresses = page.addresses + [event[5] for event in get(client, record, "timeline").json()["events"]]
    for secret in (record.key, "SYN-1", "Maria", "cT2b", "EGFR", "L858R", "Osimertinib", "1960"):
        assert [a for a in addresses if secret in a] == []


@pytest.mark.parametrize("name", ["case", "wearables"])
def test_headings_tables_and_names(client: Client, record: Record, name: str) -> None:
    page = Page(get(client, record, name).text)
    steps = zip(page.headings, page.headings[1:], strict=False)
    assert all(deeper - upper <= 1 for upper, deeper in steps), page.headings
    assert page.bare_headers == 0
    assert page.nameless == []


@pytest.mark.parametrize("name", ["case", "wearables"])
def test_an_empty_value_is_never_written_none(client: Client, record: Record, name: str) -> None:
    text = re.sub(r"<[^>]*>", " ", get(client, record, name).text)
    assert not re.search(r"\bNone\b", text)


def test_counts_are_those_of_what_is_shown(client: Client, record: Record) -> None:
    text = get(client, record, "case").text
    assert "2 facts: 1 as recorded, 0 verified, 0 to check, 1 in conflict" in text
    assert "1 variant passed the filter, 1 entry of the knowledge table" in text
    assert "1 place screened: 1 open, 0 closed, 0 excluded, 0 without encoded criteria" in text
    assert "1 of 2 not complete" in text


def test_responses_outside_every_therapy_are_shown(client: Client, record: Record) -> None:
    assert "Responses outside these treatments" in get(client, record, "case").text


def test_hostile_text_is_shown_as_text(client: Client, record: Record) -> None:
    panel = get(client, record, "source", "gold.case_facts", fact(client, record), **HTMX).text
    letter = get(client, record, "document", "doc").text
    for text in (panel, letter):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


def test_looking_is_on_record_and_reads_no_letter(client: Client, record: Record) -> None:
    get(client, record, "case")
    assert AuditEvent.objects.filter(event="case_looked_at", actor_id=str(record.alice.pk)).count() == 1
    read = AuditEvent.objects.filter(event="lake_read", actor_id=str(record.alice.pk))
    assert not read.filter(table="silver.documents").exists()
    assert read.filter(table="gold.case_facts", patient_key=record.key).exists()


def test_queries_of_the_page(client: Client, record: Record) -> None:
    assert queries_of_the_page(client, record) == PAGE_QUERIES


def test_more_facts_cost_no_more_queries(client: Client, record: Record) -> None:
    few = queries_of_the_page(client, record)
    base = {"patient_key": record.key, "section": "snapshot", "value": "x", "rank": 9, "conflict": False}
    rows = [{**base, "fact_id": f"f{n}", "label": f"F{n}", "conflicts_with": []} for n in range(40)]
    review.publish("gold.case_facts", *rows)
    assert queries_of_the_page(client, record) == few


def queries_of_the_page(client: Client, record: Record) -> int:
    get(client, record, "case")  # opens what stays open
    with CaptureQueriesContext(connection) as asked:
        get(client, record, "case")
    return len(asked)


@pytest.mark.parametrize("name", SLIDES)
def test_slides(client: Client, record: Record, name: str) -> None:
    pinned = pin_snapshot(by=record.alice)
    answer = get(client, record, "slide", name, data={"snapshot": str(pinned.uuid)})
    assert answer.status_code == 200
    assert all(f"snapshot={pinned.uuid}" in str(c["data-source"]) for c in Page(answer.text).chips)
    assert get(client, record, "slide", "nothing").status_code == 404


def test_figures_say_what_they_draw(client: Client, record: Record) -> None:
    labels = {
        "lab-figure": get(client, record, "lab-figure", data={"name": "CEA"}).json()["label"],
        "wearable-figure": get(
            client, record, "wearable-figure", data={"measure": "resting_heart_rate"}
        ).json()["label"],
        "survival-figure": get(client, record, "survival-figure").json()["label"],
        "contribution-figure": get(client, record, "contribution-figure").json()["label"],
    }
    assert labels["lab-figure"].startswith(
        "CEA, 2 values from 2024-01-01 to 2024-03-01, between 3 and 7.5 ug/L"
    )
    assert labels["wearable-figure"] == "resting heart rate, one value on 2024-03-01: 61 /min"
    assert labels["survival-figure"] == "Estimated survival at 12 months 60%, interval 50% to 70%"
    assert labels["contribution-figure"].endswith("clinical +0.40, imaging +0.00")
    assert get(client, record, "lab-figure", data={"name": "<x>"}).json()["label"] == "<x>: no value"
