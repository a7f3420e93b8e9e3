"""Two people at once, on connections of their own."""

from __future__ import annotations

import pytest
from django.db import transaction

from tests.factories.accounts import oncologist
from tests.factories.cases import case as new_case
from tests.factories.committed import at_once, let_the_log_be_emptied
from tests.factories.lake import Rows, fact
from tests.factories.meetings import session
from tumorboard.accounts.refusals import Refused
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.audit.verify import verify
from tumorboard.cases import actions as case_actions
from tumorboard.meetings import actions, signing
from tumorboard.meetings.models import AgendaItem, Meeting, SignOff

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def committed(transactional_db: None) -> None:
    let_the_log_be_emptied()


def test_one_decision_is_signed_once(lake: Rows):
    made = session("decided")
    outcomes = at_once(*[lambda: actions.sign_off(item=made.item, by=made.chair)] * 3)
    assert sum(isinstance(outcome, SignOff) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 2
    assert SignOff.objects.count() == 1


def test_sign_offs_of_two_boards_stay_one_chain(lake: Rows):
    made, other = session("decided"), session("decided")
    outcomes = at_once(
        lambda: actions.sign_off(item=made.item, by=made.chair),
        lambda: actions.sign_off(item=other.item, by=other.chair),
    )
    assert all(isinstance(outcome, SignOff) for outcome in outcomes)
    assert signing.verify() == []


def test_a_recommendation_comes_before_the_signature_or_not_at_all(lake: Rows):
    made = session("decided")
    signed, recommended = at_once(
        lambda: actions.sign_off(item=made.item, by=made.chair),
        lambda: actions.record_recommendation(item=made.item, kind="other", text="More", by=made.member),
    )
    content = SignOff.objects.get().content
    assert isinstance(signed, SignOff)
    assert len(content["recommendations"]) == (1 if isinstance(recommended, Refused) else 2)


def test_one_meeting_is_opened_once(lake: Rows):
    made = session()
    outcomes = at_once(*[lambda: actions.open_meeting(meeting=Meeting.objects.get(), by=made.chair)] * 3)
    assert outcomes.count(None) == 1


def test_one_case_comes_on_the_agenda_once(lake: Rows):
    made = session()
    case = new_case(board=made.board, by=made.alice)
    again = [lambda: actions.add_item(meeting=made.meeting, case=case, by=made.coordinator)] * 2
    outcomes = at_once(*again)
    assert sum(isinstance(outcome, AgendaItem) for outcome in outcomes) == 1
    assert sorted(made.meeting.items.values_list("position", flat=True)) == [1, 2]


def test_one_open_case_of_a_patient(lake: Rows):
    made, alice, bob = session(), oncologist(), oncologist()
    outcomes = at_once(
        lambda: new_case(board=made.board, by=alice, patient_key="p1"),
        lambda: new_case(board=made.board, by=bob, patient_key="p1"),
    )
    assert sum(isinstance(outcome, Refused) for outcome in outcomes) == 1


def test_work_on_the_same_rows_in_any_order_never_locks_up(lake: Rows):
    """The agenda takes its rows before the audit chain, as do reviews of facts: nobody waits in a circle."""
    made = session("in_session")
    case = new_case(board=made.board, by=made.alice)
    lake.put("gold.case_facts", fact(case.patient_key, "f1"), fact(made.case.patient_key, "f2"))
    facts = {"table": "gold.case_facts", "by": made.alice}
    for _ in range(3):
        outcomes = at_once(
            lambda: case_actions.verify_fact(case=case, row_id="f1", **facts),
            lambda: case_actions.verify_fact(case=made.case, row_id="f2", **facts),
            lambda: actions.add_item(meeting=made.meeting, case=case, by=made.coordinator),
            lambda: actions.set_position(item=made.item, slide=2, by=made.presenter),
            lambda: actions.move_item(item=made.item, up=False, by=made.coordinator),
        )
        assert not [
            error for error in outcomes if isinstance(error, Exception) and not isinstance(error, Refused)
        ]


def test_the_audit_chain_never_forks(lake: Rows):
    def write() -> None:
        for _ in range(5):
            with transaction.atomic():
                record(Event.EXPORTED, by="tests")

    assert at_once(*[write] * 4) == [None] * 4
    assert verify(guarded=False) == []  # the log may be emptied here
