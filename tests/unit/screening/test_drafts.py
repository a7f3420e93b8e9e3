"""Curation: a registry study, its draft, and the second person."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import review
from tests.factories.accounts import administrator, oncologist
from tests.unit.review.conftest import Record
from tests.unit.screening.conftest import trial_row
from tumorboard.runs.models import Job
from tumorboard.screening import curation
from tumorboard.screening.models import ParseProposal, TrialDraft
from tumorboard.trials.eligibility.drafting import Clause

TEXT = "Inclusion Criteria:\n\n* Age >= 18 years\n* ECOG 0-1\n* Something nobody <b>understands</b>\n"
NCT = "NCT00000042"


@pytest.fixture
def study(record: Record) -> Record:
    publish(TEXT)
    return record


def publish(text: str) -> None:
    document = {
        "protocolSection": {
            "identificationModule": {"nctId": NCT, "briefTitle": "A study"},
            "statusModule": {"overallStatus": "RECRUITING"},
            "eligibilityModule": {"eligibilityCriteria": text, "minimumAge": "18 Years"},
        }
    }
    said = {"trial_id": NCT, "nct_id": NCT, "kind": "registry", "registry_text": text}
    review.publish("silver.trials", trial_row(**said, document=json.dumps(document)))


def page(client: Client, user: Any, name: str = "draft") -> Any:
    client.force_login(user)
    return client.get(reverse(f"screening:{name}", args=[NCT] if name == "draft" else []))


def save(client: Client, user: Any, document: str) -> Any:
    client.force_login(user)
    return client.post(reverse("screening:save-draft", args=[NCT]), {"document": document})


def judge(client: Client, user: Any, verdict: str, remark: str = "") -> Any:
    client.force_login(user)
    draft = TrialDraft.objects.first()
    return client.post(
        reverse("runs:review-draft", args=[draft.uuid]), {"verdict": verdict, "remark": remark}
    )


def proposed(client: Client, user: Any) -> str:
    page(client, user)
    return curation.proposed(curation_row(user)).yaml()


def curation_row(user: Any) -> dict[str, Any]:
    from tumorboard.screening import documents

    return documents.stored([NCT], by=user)[NCT]


def test_the_text_stands_beside_its_criteria(client: Client, study: Record) -> None:
    text = page(client, study.alice).text
    assert "read-understood" in text
    assert "read-not-understood" in text
    assert "&lt;b&gt;understands" in text
    assert "protocol_no" in text


def test_no_letter_of_the_text_is_lost() -> None:
    clauses = tuple(clause(start, end) for start, end in ((5, 9), (7, 12), (20, 25)))
    text = "0123456789" * 3
    assert "".join(piece["text"] for piece in curation.marked(text, clauses)) == text


def clause(start: int, end: int) -> Clause:
    return Clause(start, end, "", False, "understood", "", (), None)


def test_the_list_counts_what_is_understood(client: Client, study: Record) -> None:
    assert NCT in page(client, study.alice, "drafts").text


def test_a_draft_is_saved_once_and_approved_by_another(client: Client, study: Record) -> None:
    document = proposed(client, study.alice)
    save(client, study.alice, document)
    save(client, study.alice, document)
    assert TrialDraft.objects.count() == 1
    judge(client, study.alice, "approve")
    assert TrialDraft.objects.get().state == "draft"
    judge(client, oncologist(), "approve")
    assert TrialDraft.objects.get().state == "approved"
    assert Job.objects.filter(
        kind="publish", arguments={"draft": str(TrialDraft.objects.get().uuid)}
    ).exists()


def test_sent_back_with_a_remark(client: Client, study: Record) -> None:
    save(client, study.alice, proposed(client, study.alice))
    other = oncologist()
    judge(client, other, "refuse")
    assert TrialDraft.objects.get().state == "draft"
    judge(client, other, "refuse", "Age is wrong")
    assert "Age is wrong" in page(client, study.alice).text
    assert not Job.objects.filter(kind="publish").exists()


def test_a_newer_version_goes_before_the_one_looked_at(client: Client, study: Record) -> None:
    document = proposed(client, study.alice)
    save(client, study.alice, document)
    old = TrialDraft.objects.get()
    save(client, study.alice, document.replace("A study", "Another title"))
    client.force_login(oncologist())
    client.post(reverse("runs:review-draft", args=[old.uuid]), {"verdict": "approve"})
    assert set(TrialDraft.objects.values_list("state", flat=True)) == {"draft"}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ("match: [", "line 1"),
        ("- a list", "expected an object"),
        ("short_title: x", "protocol_no"),
        ("protocol_no: T-1", "names another trial"),
        ("[" * 5000, "not YAML"),
        ("!!python/object/apply:os.system ['true']", "not YAML"),
    ],
)
def test_what_is_no_trial_is_not_saved_and_stays_to_be_mended(
    client: Client, study: Record, document: str, words: str
) -> None:
    answer = save(client, study.alice, document)
    assert answer.status_code == 422
    assert words in answer.text
    assert not TrialDraft.objects.exists()


@pytest.mark.parametrize(
    ("ctml", "negated", "node"),
    [
        ({"gender": "Female"}, False, {"clinical": {"gender": "Female"}}),
        ({"prior_therapy": "platinum"}, True, {"clinical": {"prior_therapy": "!platinum"}}),
        ({"mmr_status": "MMR-Deficient"}, True, {"genomic": {"mmr_status": "!MMR-Deficient"}}),
    ],
)
def test_a_proposal_is_copied_with_its_negation(ctml: Any, negated: bool, node: Any) -> None:
    assert curation.as_ctml(ParseProposal(ctml=ctml, negated=negated)) == node


def test_a_changed_text_is_said(client: Client, study: Record) -> None:
    save(client, study.alice, proposed(client, study.alice))
    publish(TEXT + "* ECOG 2\n")
    assert "text changed since" in page(client, study.alice).text


def test_who_may_curate(client: Client, study: Record) -> None:
    assert page(client, study.carol).status_code == 200
    assert page(client, administrator()).status_code == 403
    assert save(client, administrator(), "x").status_code == 403
