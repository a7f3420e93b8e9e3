from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories.lake import Rows
from tests.factories.meetings import Session, recommend, session
from tumorboard.meetings import actions
from tumorboard.meetings.codes import NEEDS_REASON, FollowUpState
from tumorboard.meetings.models import Recommendation
from tumorboard.meetings.referrals import REASONS, STATES, proposed, referral_of
from tumorboard.screening import actions as screening
from tumorboard.screening.status import Declined, State

pytestmark = pytest.mark.django_db
STUDY = {"kind": "study", "study_id": "NCT01234567", "text": "Refer to the study"}


@pytest.fixture
def made(lake: Rows) -> Session:
    found = session("presented")
    recommend(found, **STUDY)
    actions.record_decision(item=found.item, outcome="consensus", by=found.member)
    actions.sign_off(item=found.item, by=found.chair)
    return found


def referred(made: Session, *steps: str, trial: str = "NCT01234567", because: str = "") -> None:
    key = made.item.case.patient_key
    referral = screening.refer(patient_key=key, trial_id=trial, by=made.alice)
    for to in steps:
        screening.move_referral(referral=referral, to=to, by=made.alice, because=because)


@pytest.mark.parametrize(
    ("steps", "because", "state", "reasons"),
    [
        ((), "", "ongoing", []),
        (("contacted", "consented"), "", "ongoing", []),
        (("contacted", "consented", "enrolled"), "", "completed", []),
        (("declined",), "travel", "not_done", ["patient_wish"]),
        (("contacted", "declined"), "not_eligible", "not_done", ["no_indication"]),
    ],
)
def test_what_the_follow_up_begins_with(
    made: Session, steps: tuple[str, ...], because: str, state: str, reasons: list[str]
) -> None:
    referred(made, *steps, because=because)
    begin = proposed(referral_of(Recommendation.objects.get()))
    assert (begin["state"], begin["reasons"]) == (state, reasons)


def test_every_state_and_every_reason_has_its_counterpart() -> None:
    assert set(STATES) == set(State)
    assert set(REASONS) == set(Declined)
    assert STATES[State.DECLINED] in NEEDS_REASON
    assert set(STATES.values()) <= set(FollowUpState)


def test_another_trial_and_another_kind_propose_nothing(made: Session) -> None:
    referred(made, trial="NCT07654321")
    recommendation = Recommendation.objects.get()
    assert proposed(referral_of(recommendation)) == {}
    recommendation.kind = "therapy"
    assert referral_of(recommendation) is None


def test_the_form_shows_the_way(client: Client, made: Session) -> None:
    referred(made, "contacted")
    client.force_login(made.alice)
    text = client.get(reverse("meetings:follow_up_form", args=[Recommendation.objects.get().uuid])).text
    assert "Site contacted" in text
    assert 'value="ongoing"' in text
