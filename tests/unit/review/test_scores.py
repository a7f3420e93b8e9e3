"""The risk panel: what it says of a score, whose scores are shown, and what people think of them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import person
from tests.factories.review import publish
from tests.unit.review.conftest import Record
from tests.unit.review.pages import get
from tumorboard.accounts.roles import Role
from tumorboard.audit.events import Event
from tumorboard.audit.models import AuditEvent
from tumorboard.governance import gate
from tumorboard.governance.models import PublishedVersion
from tumorboard.lake import tables
from tumorboard.review import scores
from tumorboard.review.figures.risk import percentile_figure
from tumorboard.review.models import ScoreOpinion
from tumorboard.scores.models import ScoringModel
from tumorboard.scores.status import ModelState

pytestmark = pytest.mark.django_db
TABLE = "gold.risk_scores"
BOUND = {"months": 7.4, "level": 0.9, "patients": 120, "masked": False}
VALIDATION = {
    "fusion": {"n": 300, "events": 140, "c": 0.72, "c_low": 0.66, "c_high": 0.77, "gap": 0.01},
    "alike": {"n": 30, "events": 12, "c": 0.7, "gap": 0.02},
    "cohort": "synthetic cohort",
    "stale": {"labs": 120},
    "not_permitted": ["genomic"],
    "narrows_most": "imaging",
    "set_aside": {"wearables": "added nothing in the training cohort"},
    "out_of_fold": True,
}


def score(key: str, **fields: Any) -> dict[str, Any]:
    """A row of gold.risk_scores of the model `fusion 1`, which the small lake approves."""
    base = {
        "patient_key": key, "model": "fusion", "model_version": "1", "as_of": date(2024, 4, 1),
        "abstained": False, "risk": 0.4, "percentile": 72.0, "used": ["clinical"],
        "absent": ["imaging"], "origin": "model",
        "contributions": json.dumps({"clinical": {"share": 0.4, "features": [
            {"feature": "age", "share": 0.3, "value": None}]}}),
        "curve": json.dumps({"months": [0, 12], "survival": [1, 0.6], "low": [1, 0.5], "high": [1, 0.7],
                             "bound": BOUND}),
        "validation": json.dumps(VALIDATION),
    }  # fmt: skip
    return {**base, **fields}


def page(client: Client, record: Record, **fields: Any) -> str:
    publish(TABLE, score(record.key, **fields))
    text = get(client, record, "case").text
    start = text.index('id="risk"')
    return text[start : text.index("</section>", start)]


@pytest.mark.parametrize(
    "words",
    [
        "Supports, does not replace, the board&#x27;s judgement",
        "Nine in ten patients with the same modalities live longer than 7.4 months",
        "imaging. What is absent adds exactly nothing to the score.",
        "labs: newest value 120 days before the decision",
        "genomic: not looked at",
        "wearables: added nothing in the training cohort",
        "imaging data",
        "Patients like this one",
        "never saw them",
        "the training median stood in",
        "Card of the model",
    ],
)
def test_what_the_panel_says(client: Client, record: Record, words: str) -> None:
    assert words in page(client, record).replace("board's", "board&#x27;s")


def test_a_score_of_an_older_release_lacks_what_is_newer(client: Client, record: Record) -> None:
    text = page(client, record, validation="{}", curve=None, contributions=None)
    assert "None" not in text
    for words in ("Stale", "Not permitted", "Nine in ten", "Would narrow"):
        assert words not in text


def test_no_score_is_said_in_words(client: Client, record: Record) -> None:
    text = page(
        client, record, abstained=True, risk=None, percentile=None, used=[],
        reason="outside training range: labs/albumin; check value and unit at the source",
    )  # fmt: skip
    assert "The model gives no score for this patient: outside training range: labs/albumin" in text
    assert "Survival of the cohort" in text


def test_bound_in_words() -> None:
    assert scores.bound(None) == ""
    assert "hidden" in scores.bound({**BOUND, "masked": True})
    assert scores.bound({**BOUND, "level": 0.8}).startswith("80% patients")


def test_percentile_figure() -> None:
    assert (
        percentile_figure(72.3, "cohort C")["label"]
        == "Risk higher than in 72 of 100 patients of the cohort C"
    )
    assert percentile_figure(None, "")["data"] == []


# ---- whose scores


@pytest.mark.parametrize("state", ModelState)
def test_only_an_approved_models_score_leaves_the_gate(
    client: Client, record: Record, state: ModelState
) -> None:
    ScoringModel.objects.update(state=state)
    row_id = publish(TABLE, score(record.key))[0]
    seen = state == ModelState.APPROVED
    assert ("Percentile of risk" in get(client, record, "case").text) is seen
    source = reverse("review:source", args=[record.case.uuid, TABLE, row_id])
    assert client.get(source).status_code == (200 if seen else 404)
    asked = gate.Request(by=record.alice, purpose="treatment", table=TABLE, patient_key=record.key)
    assert gate.read(asked).num_rows == int(seen)


def test_silent_scores_beside_approved_ones_stay_hidden(client: Client, record: Record) -> None:
    ScoringModel.objects.create(name="fusion", version="2", state=ModelState.SILENT)
    publish(TABLE, score(record.key), score(record.key, model_version="2", percentile=11.0))
    asked = gate.Request(by=record.alice, purpose="treatment", table=TABLE, patient_key=record.key)
    assert gate.read(asked)["percentile"].to_pylist() == [72.0]
    counted = gate.read(gate.Request(
        by=record.alice, purpose="treatment", table=TABLE, patient_key=record.key, count_by=["model_version"]
    ))  # fmt: skip
    assert counted["model_version"].to_pylist() == ["1"]


def test_revoking_hides_a_score_that_a_snapshot_pins(client: Client, record: Record) -> None:
    publish(TABLE, score(record.key))
    version = PublishedVersion.objects.filter(table=TABLE).latest("version").version
    ScoringModel.objects.update(state=ModelState.REVOKED)
    asked = gate.Request(
        by=record.alice, purpose="treatment", table=TABLE, patient_key=record.key, version=version
    )
    assert gate.read(asked).num_rows == 0
    assert "the model was revoked on" in get(client, record, "case").text
    assert tables.get(TABLE).key == ("patient_key", "model", "model_version")


# ---- agree, disagree


def judge(client: Client, record: Record, as_: Any = None, **data: str) -> Any:
    row_id = publish(TABLE, score(record.key))[0]
    client.force_login(as_ or record.alice)
    return client.post(reverse("review:judge-score", args=[record.case.uuid]), {"row": row_id, **data})


@pytest.mark.parametrize(
    ("data", "kept"),
    [
        ({"verdict": "agree"}, True),
        ({"verdict": "higher", "reason": "New liver metastases"}, True),
        ({"verdict": "lower", "reason": " "}, False),
        ({"verdict": "higher"}, False),
        ({"verdict": "maybe", "reason": "x"}, False),
        ({}, False),
        ({"verdict": "agree", "row": "another"}, False),
    ],
)
def test_an_opinion_is_kept_with_its_reason(client: Client, record: Record, data: dict, kept: bool) -> None:
    assert judge(client, record, **data).status_code == 302
    assert ScoreOpinion.objects.exists() is kept
    events = AuditEvent.objects.filter(event=Event.SCORE_JUDGED)
    assert events.exists() is kept
    if kept:
        assert (events.get().patient_key, events.get().detail) == (record.key, {"model": "1"})
        assert data.get("reason", "") in get(client, record, "case").text


def test_whoever_does_not_reach_the_patient_has_no_opinion(client: Client, record: Record) -> None:
    assert judge(client, record, record.charlie, verdict="agree").status_code == 404
    assert judge(client, record, person("", Role.DATA_STEWARD), verdict="agree").status_code == 404
    assert not ScoreOpinion.objects.exists()


def test_coordinators_do_not_judge(client: Client, record: Record) -> None:
    assert judge(client, record, record.carol, verdict="agree").status_code == 403
    assert not ScoreOpinion.objects.exists()


def test_a_model_that_goes_by_what_is_absent_says_so(client: Client, record: Record) -> None:
    shares = {"clinical": {"share": 0.4, "features": []}, "imaging": {"share": -0.1, "features": []}}
    text = page(client, record, contributions=json.dumps(shares))
    assert "This model also goes by what is absent: imaging." in text
    assert "adds exactly nothing" not in text


def test_a_gap_of_a_short_cohort_is_not_called_one_at_three_years(client: Client, record: Record) -> None:
    short = {**VALIDATION, "fusion": {**VALIDATION["fusion"], "gap_day": 640}}
    assert "Gap at day 640" in page(client, record, validation=json.dumps(short))
