"""The pages of trial screening, on a small real lake."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import review
from tests.unit.review.conftest import Record
from tests.unit.review.pages import Page, without_tokens
from tests.unit.screening.conftest import match
from tumorboard.audit.models import AuditEvent
from tumorboard.governance.actions import pin_snapshot
from tumorboard.screening import actions
from tumorboard.screening.models import Ask, Change, Override, Referral

QUERIES = 60


def page(client: Client, of: Record, name: str = "case", *args: Any, as_: Any = None, **query: str) -> Any:
    client.force_login(as_ or of.alice)
    arguments = args or ((of.case.uuid,) if name == "case" else ())
    return client.get(reverse(f"screening:{name}", args=arguments), query)


def send(client: Client, record: Record, name: str, *args: Any, as_: Any = None, **data: Any) -> Any:
    client.force_login(as_ or record.alice)
    return client.post(reverse(f"screening:{name}", args=[record.case.uuid, *args]), data)


def gene_path(record: Record) -> str:
    rows = review_rows(record)
    return next(row["path"] for row in rows if row["result"] == "unknown" and row["trial_id"] == "T-1")


def review_rows(record: Record) -> list[dict[str, Any]]:
    from tumorboard.governance import gate
    from tumorboard.screening import cohort

    asked = gate.Request(by=record.alice, purpose="treatment", table=cohort.MATCHES, patient_key=record.key)
    return gate.read(asked).to_pylist()


def answered(client: Client, record: Record, **other: Any) -> Any:
    data = {"trial_id": "T-1", "code": "A", "path": gene_path(record), "value": "met", "reason": "known",
            "text": "Seen in the letter"}  # fmt: skip
    return send(client, record, "answer", **{**data, **other})


def test_places_with_counts_and_the_criteria_of_the_first(client: Client, screened: Record) -> None:
    text = page(client, screened).text
    assert "Open: fits or may fit (1)" in text
    assert "Excluded (1)" in text
    assert "Nothing encoded (1)" in text
    assert "EGFR" in text
    assert "Sequence EGFR" in text
    assert "Clinic North" in text


def test_every_result_has_its_source(client: Client, screened: Record) -> None:
    found = Page(page(client, screened).text)
    assert len(found.chips) == 3
    for chip in found.chips:
        assert client.get(str(chip["data-source"]), headers={"HX-Request": "true"}).status_code == 200


def test_headings_tables_and_names(client: Client, screened: Record) -> None:
    found = Page(page(client, screened).text)
    steps = zip(found.headings, found.headings[1:], strict=False)
    assert all(deeper - upper <= 1 for upper, deeper in steps), found.headings
    assert (found.bare_headers, found.nameless) == (0, [])


def test_an_empty_value_is_never_written_none(client: Client, screened: Record) -> None:
    for name, args in (
        ("case", ()),
        ("trials", ()),
        ("trial", ("T-1",)),
        ("board", (screened.case.board.uuid,)),
    ):
        text = re.sub(r"<[^>]*>", " ", page(client, screened, name, *args).text)
        assert not re.search(r"\bNone\b", text), name


def test_no_address_holds_anything_of_the_patient(client: Client, screened: Record) -> None:
    answered(client, screened)
    addresses = Page(page(client, screened).text).addresses
    for secret in (screened.key, "SYN-1", "Maria", "Seen"):
        assert [a for a in addresses if secret in a] == []


def test_an_answer_stands_beside_and_gives_a_second_verdict(client: Client, screened: Record) -> None:
    assert answered(client, screened).status_code == 302
    text = page(client, screened, trial="T-1", code="A").text
    assert "Seen in the letter" in text
    assert re.search(r"uncertain.*with your answers.*fits", text, re.S)
    assert Override.objects.get().computed == "unknown"


def test_screening_again_erases_no_answer_and_asks_to_confirm_it(client: Client, screened: Record) -> None:
    answered(client, screened)
    rows = review_rows(screened)
    for row in rows:
        row["note"] = "EGFR tested meanwhile" if row["path"] == gene_path(screened) else row["note"]
    review.publish("gold.trial_matches", *rows)
    text = page(client, screened, trial="T-1", code="A").text
    assert "Seen in the letter" in text
    assert "1 to confirm" in text
    assert "with your answers" not in text


def test_a_snapshot_shows_the_answers_of_its_time_and_takes_none(client: Client, screened: Record) -> None:
    before = pin_snapshot(by=screened.alice)
    answered(client, screened)
    after = pin_snapshot(by=screened.alice)
    old = page(client, screened, trial="T-1", code="A", snapshot=str(before.uuid)).text
    new = page(client, screened, trial="T-1", code="A", snapshot=str(after.uuid)).text
    assert "Seen in the letter" not in old
    assert "Seen in the letter" in new
    assert "Withdraw" not in new
    assert "Answer<" not in old


def test_withdrawn(client: Client, screened: Record) -> None:
    answered(client, screened)
    send(client, screened, "withdraw", Override.objects.get().uuid)
    assert "Seen in the letter" not in page(client, screened).text
    assert Override.objects.get().withdrawn_by == screened.alice


def test_a_criterion_that_is_gone_cannot_be_answered(client: Client, screened: Record) -> None:
    assert answered(client, screened, path="gone").status_code == 302
    assert answered(client, screened, text="").status_code == 302
    assert not Override.objects.exists()


def test_the_way_to_the_trial(client: Client, screened: Record) -> None:
    send(client, screened, "refer", trial_id="T-1", code="A")
    referral = Referral.objects.get()
    send(client, screened, "move", referral.uuid, to="contacted", site="Clinic North")
    send(client, screened, "move", referral.uuid, to="declined", because="travel")
    text = page(client, screened).text
    assert "Site contacted" in text
    assert "Too far to travel" in text
    assert send(client, screened, "refer", trial_id="T-9").status_code == 404


def test_asked_for_and_answered(client: Client, screened: Record) -> None:
    send(client, screened, "ask", what="Sequence EGFR", trial=["T-1"])
    assert "Asked by" in page(client, screened).text
    send(client, screened, "settle", Ask.objects.get().uuid, state="answered")
    assert Ask.objects.get().state == "answered"


def test_changes_are_told_until_somebody_read_them(client: Client, screened: Record) -> None:
    place = {"patient_key": screened.key, "trial_id": "T-1", "level": "arm", "code": "A"}
    made = Change(**place, kind="newly_fits", before="uncertain", after="fits", cause="evidence", job=uuid4())
    actions.record_changes(changes=[made])
    assert "newly fits T-1" in page(client, screened, "changes").text
    assert "Newly fits" in page(client, screened).text
    send(client, screened, "read")
    assert "newly fits T-1" not in page(client, screened, "changes").text


@pytest.mark.parametrize("name", ["case", "answer", "refer", "ask", "read"])
def test_not_yours_and_not_there_look_alike(client: Client, screened: Record, name: str) -> None:
    method = client.get if name == "case" else client.post
    client.force_login(screened.charlie)
    not_yours = method(reverse(f"screening:{name}", args=[screened.case.uuid]))
    not_there = method(reverse(f"screening:{name}", args=[uuid4()]))
    assert (not_yours.status_code, not_there.status_code) == (404, 404)
    assert without_tokens(not_yours.text) == without_tokens(not_there.text)


def test_a_coordinator_notes_steps_and_answers_nothing(client: Client, screened: Record) -> None:
    assert "Answer<" not in page(client, screened, as_=screened.carol).text
    assert answered(client, screened, as_=screened.carol).status_code == 403
    assert send(client, screened, "refer", trial_id="T-1", as_=screened.carol).status_code == 302


def test_somebody_elses_override_of_another_patient_is_not_there(client: Client, screened: Record) -> None:
    answered(client, screened)
    Override.objects.update(patient_key="another")
    assert send(client, screened, "withdraw", Override.objects.get().uuid).status_code == 404


def test_trials_with_the_counts_of_ones_own_patients(client: Client, screened: Record) -> None:
    assert "A trial of something" in page(client, screened, "trials").text
    assert "No trial has these words" in page(client, screened, "trials", q="nothing like it").text
    row = re.search(r"T-1</a>.*?</tr>", page(client, screened, "trials", as_=screened.charlie).text, re.S)
    assert re.findall(r'num">(\d+)', row.group()) == ["0", "0"]


def test_who_may_fit_a_trial(client: Client, screened: Record) -> None:
    assert "Maria Example" in page(client, screened, "trial", "T-1").text
    assert "Maria" not in page(client, screened, "trial", "T-1", as_=screened.charlie).text
    assert page(client, screened, "trial", "T-404").status_code == 404


def test_tests_that_open_most_for_a_board(client: Client, screened: Record) -> None:
    board = screened.case.board.uuid
    assert "Sequence EGFR" in page(client, screened, "board", board).text
    assert page(client, screened, "board", board, as_=screened.charlie).status_code == 404
    assert page(client, screened, "board", uuid4()).status_code == 404


def test_hostile_words_are_shown_as_words(client: Client, screened: Record) -> None:
    evil = "<script>alert(1)</script>"
    review.publish("gold.trial_matches", match(screened, "p", evil, "unknown", would_settle=evil, title=evil))
    for name, args in (("case", ()), ("trial", ("T-1",)), ("board", (screened.case.board.uuid,))):
        assert evil not in page(client, screened, name, *args).text, name


def test_before_anything_was_screened(client: Client, record: Record) -> None:
    review.publish("gold.trial_matches")
    assert "No trial has been screened" in page(client, record).text
    assert "No trial has been ingested" in page(client, record, "trials").text


def test_queries(client: Client, screened: Record) -> None:
    answered(client, screened)
    page(client, screened)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page(client, screened)
    assert len(queries) <= QUERIES


def test_reading_the_page_is_on_record(client: Client, screened: Record) -> None:
    before = AuditEvent.objects.count()
    page(client, screened)
    read = AuditEvent.objects.filter(table="gold.trial_matches", patient_key=screened.key)
    assert read.exists()
    assert AuditEvent.objects.count() > before
