"""Verdicts on facts, drafts, and the case on paper."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.unit.review.conftest import Record
from tests.unit.review.pages import HTMX, Page, fact, get, post
from tumorboard.audit.models import AuditEvent
from tumorboard.cases.actions import withdraw_case
from tumorboard.cases.models import FactReview
from tumorboard.governance.actions import open_reach, pin_snapshot
from tumorboard.review import summary
from tumorboard.review.models import Draft


def test_a_clinician_verifies(client: Client, record: Record) -> None:
    row_id = fact(client, record)
    answer = post(client, record, "verify", row_id)
    assert "Verified by" in answer.text
    given = FactReview.objects.get()
    assert (given.label, given.state, given.by) == ("Stage", "verified", record.alice)


def test_a_clinician_disputes_with_a_reason(client: Client, record: Record) -> None:
    reason = "O'Neil said <b>cT2a</b>\x00"
    text = post(client, record, "dispute", fact(client, record), reason=reason).text
    assert "O&#x27;Neil said &lt;b&gt;cT2a&lt;/b&gt;" in text
    assert "in conflict" in text


def test_a_dispute_without_a_reason_is_refused_in_words(client: Client, record: Record) -> None:
    answer = post(client, record, "dispute", fact(client, record), reason="  ")
    assert (answer.status_code, FactReview.objects.count()) == (409, 0)
    assert "Say what is wrong" in answer.text


def test_without_script_a_verdict_leads_back_to_its_page(client: Client, record: Record) -> None:
    row_id = fact(client, record)
    answer = post(client, record, "verify", row_id, htmx=False)
    page = client.get(answer.url)
    assert page.status_code == 200
    assert "SYNTHETIC" in page.text
    assert Page(page.text).headings[:2] == [1, 2]


def test_a_coordinator_reads_and_gives_no_verdict(client: Client, record: Record) -> None:
    open_reach(patient_key=record.key, reason="agenda", by=record.alice, user=record.carol)
    row_id = fact(client, record)
    panel = get(client, record, "source", "gold.case_facts", row_id, as_=record.carol, **HTMX).text
    assert '<button class="btn">Verify' not in panel
    assert "Dispute" not in panel
    assert post(client, record, "verify", row_id, as_=record.carol).status_code == 403
    assert not FactReview.objects.exists()
    assert "Save draft" not in get(client, record, "case", as_=record.carol).text


@pytest.mark.parametrize("verdict", ["verify", "dispute"])
def test_a_stranger_gets_nothing(client: Client, record: Record, verdict: str) -> None:
    row_id = fact(client, record)
    assert post(client, record, verdict, row_id, as_=record.charlie, reason="x").status_code == 404


def test_a_pinned_page_offers_no_verdict(client: Client, record: Record) -> None:
    row_id = fact(client, record)
    pinned = {"snapshot": str(pin_snapshot(by=record.alice).uuid)}
    now = get(client, record, "source", "gold.case_facts", row_id, **HTMX).text
    then = get(client, record, "source", "gold.case_facts", row_id, data=pinned, **HTMX).text
    assert "/verify/" in now and "/dispute/" in now
    assert "/verify/" not in then and "/dispute/" not in then and "verify_url" not in then
    page = get(client, record, "case", data=pinned).text
    assert "Save draft" not in page
    assert "Evidence as pinned on" in page


def test_an_ended_case_offers_no_verdict(client: Client, record: Record) -> None:
    row_id = fact(client, record)
    withdraw_case(case=record.case, reason="wish", by=record.alice)
    assert "/verify/" not in get(client, record, "source", "gold.case_facts", row_id, **HTMX).text
    assert post(client, record, "verify", row_id).status_code == 409


def test_the_panel_names_the_other_side_of_a_conflict(client: Client, record: Record) -> None:
    panel = get(client, record, "source", "gold.case_facts", fact(client, record), **HTMX).text
    assert "Disagrees" in panel
    assert "Test hospital 02 Apr 2024: 7.5" in panel
    assert reverse("review:document", args=[record.case.uuid, "doc"]) in panel


def test_no_such_letter(client: Client, record: Record) -> None:
    assert get(client, record, "document", "other").status_code == 404


def test_a_draft_is_saved_once(client: Client, record: Record) -> None:
    client.force_login(record.alice)
    url = reverse("review:draft", args=[record.case.uuid])
    for text in ("Osimertinib", "Osimertinib ", "Osimer\x00tinib", "Other"):
        assert client.post(url, {"text": text}).status_code == 302
    assert [draft.text for draft in Draft.objects.all()] == ["Other", "Osimertinib"]
    assert AuditEvent.objects.filter(event="draft_saved").count() == 2


@pytest.mark.parametrize("text", ["", "  ", "\x00"])
def test_an_empty_draft_is_refused_in_words(client: Client, record: Record, text: str) -> None:
    client.force_login(record.alice)
    answer = client.post(reverse("review:draft", args=[record.case.uuid]), {"text": text}, **HTMX)
    assert (answer.status_code, Draft.objects.count()) == (409, 0)
    assert "Write the recommendation" in answer.text


def test_no_draft_by_others_or_on_an_ended_case(client: Client, record: Record) -> None:
    url = reverse("review:draft", args=[record.case.uuid])
    client.force_login(record.charlie)
    assert client.post(url, {"text": "x"}).status_code == 404
    withdraw_case(case=record.case, reason="wish", by=record.alice)
    client.force_login(record.alice)
    client.post(url, {"text": "x"})
    assert not Draft.objects.exists()


def test_pdf(client: Client, record: Record) -> None:
    Draft.objects.create(case=record.case, text="Osimertinib <b>80 mg</b>", by=record.alice)
    answer = get(client, record, "summary")
    if answer.status_code == 503:
        pytest.skip("this machine has no Pango")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert "Maria" not in answer["Content-Disposition"]
    assert AuditEvent.objects.filter(event="exported", patient_key=record.key).count() == 1


def test_paper_holds_every_section_and_no_none(
    client: Client, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[str] = []

    class Writer:
        def __init__(self, string: str, **_: Any) -> None:
            printed.append(string)

        def write_pdf(self, **_: Any) -> bytes:
            return b"%PDF-"

    monkeypatch.setattr(summary, "_writer", lambda: Writer)
    assert get(client, record, "summary").status_code == 200
    text = re.sub(r"<[^>]*>", " ", printed[0])
    assert not re.search(r"\bNone\b", text)
    for words in ("NCT/DKTK", "no device", "Responses outside", "Percentile 72", "in conflict", "SYNTHETIC"):
        assert words in text
    assert Page(printed[0]).headings[0] == 1


def test_without_pango_the_remedy_is_named_and_nothing_is_exported(
    client: Client, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise summary.CannotPrint("PDF needs Pango: apt-get install it")

    monkeypatch.setattr(summary, "_writer", missing)
    answer = get(client, record, "summary")
    assert (answer.status_code, answer["Content-Type"]) == (503, "text/plain")
    assert "Pango" in answer.text
    assert not AuditEvent.objects.filter(event="exported").exists()
