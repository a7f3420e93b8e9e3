from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories.lake import Rows
from tests.factories.meetings import Session, advance, recommend, session
from tumorboard.accounts.refusals import Refused
from tumorboard.cases.models import Case
from tumorboard.cases.status import Status
from tumorboard.meetings import actions
from tumorboard.meetings.codes import NEEDS_REASON, FollowUpState, Reason
from tumorboard.meetings.models import FollowUp, Recommendation

pytestmark = pytest.mark.django_db


def signed(lake: Rows, recommendations: int = 1) -> Session:
    made = session("presented")
    for number in range(recommendations):
        recommend(made, priority=number + 1)
    actions.record_decision(item=made.item, outcome="consensus", by=made.member)
    actions.sign_off(item=made.item, by=made.chair)
    return made


def note(made: Session, state: str, *reasons: str, number: int = 0, **fields: object) -> FollowUp:
    row = Recommendation.objects.order_by("priority")[number]
    return actions.record_follow_up(recommendation=row, state=state, reasons=reasons, by=made.alice, **fields)


# state, reasons: what is wrong
STATES = [
    ("ongoing", [], ""),
    ("ongoing", ["payment_pending"], ""),
    ("completed", [], ""),
    ("completed", ["regular_completion"], ""),
    ("completed", ["progression"], ""),
    ("partly", [], "Say why"),
    ("partly", ["toxicity", "patient_wish"], ""),
    ("not_done", [], "Say why"),
    ("not_done", ["payment_refused"], ""),
    ("not_done", ["unknown"], ""),
    ("lost_to_follow_up", [], ""),
    ("not_done", ["forgotten"], "Unknown reason forgotten"),
    ("sometime", [], "Unknown state 'sometime'"),
]


@pytest.mark.parametrize(("state", "reasons", "fault"), STATES)
def test_states_and_their_reasons(state: str, reasons: list[str], fault: str, lake: Rows):
    made = signed(lake)
    if fault:
        with pytest.raises(Refused, match=fault):
            note(made, state, *reasons)
        assert not FollowUp.objects.exists()
    else:
        assert note(made, state, *reasons).reasons == reasons


def test_the_table_forgets_no_state():
    assert set(FollowUpState) <= {row[0] for row in STATES}
    assert set(FollowUpState) > NEEDS_REASON


def test_the_reasons_are_those_of_the_published_list():
    assert len(Reason) == 20
    assert {"payment_refused", "patient_death", "best_supportive_care", "unknown"} <= set(Reason.values)


def test_the_first_note_takes_the_case_into_follow_up_and_the_last_closes_it(lake: Rows):
    made = signed(lake, recommendations=2)
    assert status(made) == Status.DECIDED
    note(made, "ongoing")
    assert status(made) == Status.IN_FOLLOW_UP
    note(made, "completed")
    assert status(made) == Status.IN_FOLLOW_UP
    note(made, "not_done", "patient_death", number=1)
    assert status(made) == Status.CLOSED


def status(made: Session) -> str:
    return Case.objects.get(pk=made.case.pk).status


def test_a_case_with_one_recommendation_closes_with_its_end(lake: Rows):
    made = signed(lake)
    note(made, "completed")
    assert status(made) == Status.CLOSED


def test_a_later_note_outweighs_an_earlier_one(lake: Rows):
    made = signed(lake, recommendations=2)
    note(made, "completed", on=timezone.localdate() - timedelta(days=3))
    assert waiting() == [2]
    note(made, "ongoing")
    assert waiting() == [1, 2]


def waiting() -> list[int]:
    return list(Recommendation.objects.undocumented().order_by("priority").values_list("priority", flat=True))


def test_the_future_is_not_documented(lake: Rows):
    made = signed(lake)
    with pytest.raises(Refused, match="future"):
        note(made, "completed", on=timezone.localdate() + timedelta(days=1))


def test_unsigned_and_withdrawn_recommendations_are_not_followed_up(lake: Rows):
    made = session("recommended")
    with pytest.raises(Refused, match="not signed yet"):
        note(made, "ongoing")
    assert waiting() == []
    actions.withdraw_recommendation(recommendation=Recommendation.objects.get(), by=made.member)
    recommend(made, priority=2)
    advance_to_signed(made)
    assert waiting() == [2]
    with pytest.raises(Refused, match="was withdrawn"):
        note(made, "ongoing")


def advance_to_signed(made: Session) -> None:
    actions.record_decision(item=made.item, outcome="consensus", by=made.member)
    actions.sign_off(item=made.item, by=made.chair)


def test_the_longest_overdue_stands_first(lake: Rows):
    made = session("presented")
    today = timezone.localdate()
    for priority, due in enumerate((None, today, today - timedelta(days=9)), start=1):
        recommend(made, priority=priority, due_on=due)
    advance_to_signed(made)
    ordered = Recommendation.objects.undocumented().values_list("priority", flat=True)
    assert list(ordered) == [3, 2, 1]


def test_factories_reach_it_too(lake: Rows):
    made = session()
    advance(made, "signed")
    assert waiting() == [1]
