from __future__ import annotations

from unittest.mock import patch

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from tests.factories.accounts import oncologist, person
from tests.factories.boards import board as new_board
from tests.factories.boards import member
from tests.factories.cases import case as new_case
from tests.factories.lake import Rows, fact
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.accounts.roles import Role
from tumorboard.audit.models import AuditEvent
from tumorboard.boards.models import BoardRole
from tumorboard.cases import actions
from tumorboard.cases.models import CareTeamMember, Case, CaseVisit, FactReview
from tumorboard.cases.status import Status
from tumorboard.governance.actions import open_reach, register_securables, review_break_glass
from tumorboard.governance.console import emergencies
from tumorboard.governance.models import BreakGlass, PatientReach
from tumorboard.governance.permissions import can_reach

pytestmark = pytest.mark.django_db
FACTS = "gold.case_facts"


def test_registering_opens_the_patient_to_requester_and_coordinators_only():
    board, alice = new_board(), oncologist()
    carol, bob = member(board, BoardRole.COORDINATOR), member(board, BoardRole.MEMBER)
    case = new_case(board=board, by=alice)
    assert [can_reach(user, case.patient_key) for user in (alice, carol, bob)] == [True, True, False]
    assert [reach.reason for reach in PatientReach.objects.all()] == ["care_team", "care_team"]


def test_a_coordinator_who_registers_does_not_join_the_care_team():
    board = new_board()
    carol = member(board, BoardRole.COORDINATOR)
    case = new_case(board=board, by=carol)
    assert not case.care_team.exists()
    assert can_reach(carol, case.patient_key)


def test_registering_a_patient_nobody_opened_is_told_and_reviewed_by_another():
    board, alice = new_board(), oncologist()
    carol, steward = member(board, BoardRole.COORDINATOR), person("", Role.DATA_STEWARD)
    officer, bob = person("", Role.PRIVACY_OFFICER), member(board, BoardRole.MEMBER)
    case = new_case(board=board, by=alice)
    (opened,) = BreakGlass.objects.all()
    assert (opened.user, opened.patient_key, opened.by_registration) == (alice, case.patient_key, True)
    assert not BreakGlass.objects.emergencies().exists()
    told = {user for user in (carol, steward, officer, bob) if emergencies.notices(user).exists()}
    assert told == {carol, steward, officer}
    assert AuditEvent.objects.filter(event="opened_by_registration", actor_id=str(alice.pk)).count() == 1
    register_securables()
    with pytest.raises(PermissionDenied):
        review_break_glass(opened=opened, outcome="not_justified", note="Wrong number", by=carol)
    review_break_glass(opened=opened, outcome="not_justified", note="Wrong number", by=officer)
    assert not can_reach(alice, case.patient_key)
    assert can_reach(carol, case.patient_key)


def test_whoever_reaches_the_patient_already_registers_without_a_word():
    alice = oncologist()
    open_reach(patient_key="known", reason="care_team", by="tests", user=alice)
    new_case(by=alice, patient_key="known")
    carol_board = new_board()
    carol = member(carol_board, BoardRole.COORDINATOR)
    new_case(board=carol_board, by=carol, patient_key="unknown")
    assert [opened.user for opened in BreakGlass.objects.all()] == [carol]
    new_case(by=alice, patient_key="known")
    assert BreakGlass.objects.count() == 1


@pytest.mark.parametrize("question", ["", "   ", "\n"])
def test_a_case_needs_a_question(question: str):
    with pytest.raises(Refused, match="needs a question"):
        new_case(question=question)
    case = new_case()
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(question="")


def test_one_open_case_per_patient_and_board():
    case = new_case()
    with pytest.raises(Refused, match="already has an open case"):
        new_case(board=case.board, by=case.requested_by, patient_key=case.patient_key)
    actions.withdraw_case(case=case, reason="Registered by mistake", by=case.requested_by)
    assert new_case(board=case.board, by=case.requested_by, patient_key=case.patient_key)
    assert new_case(by=case.requested_by, patient_key=case.patient_key)


def test_a_failed_audit_undoes_the_registration():
    board, alice = new_board(), oncologist()
    with patch("tumorboard.cases.actions.record", side_effect=OSError), pytest.raises(OSError):
        new_case(board=board, by=alice)
    assert not Case.objects.exists()
    assert not PatientReach.objects.exists()


def test_a_failed_audit_undoes_a_change_of_status():
    case = new_case()
    with patch("tumorboard.cases.actions.record", side_effect=OSError), pytest.raises(OSError):
        actions.mark_ready(case=case, by=case.requested_by)
    assert Case.objects.get(pk=case.pk).status == Status.REGISTERED


def test_joining_twice_changes_nothing():
    case, bob = new_case(), oncologist()
    first = actions.add_to_care_team(case=case, user=bob, by=case.requested_by)
    assert actions.add_to_care_team(case=case, user=bob, by=case.requested_by) == first
    assert case.care_team.count() == 2


def test_leaving_closes_the_patient_unless_another_case_keeps_it_open():
    alice, bob = oncologist(), oncologist()
    case = new_case(by=alice)
    other = new_case(by=alice, patient_key=case.patient_key)
    here = actions.add_to_care_team(case=case, user=bob, by=alice)
    there = actions.add_to_care_team(case=other, user=bob, by=alice)
    actions.remove_from_care_team(member=here, by=alice)
    assert can_reach(bob, case.patient_key)
    actions.remove_from_care_team(member=there, by=alice)
    assert not can_reach(bob, case.patient_key)


def test_leaving_twice_is_refused():
    case, bob = new_case(), oncologist()
    member_ = actions.add_to_care_team(case=case, user=bob, by=case.requested_by)
    again = CareTeamMember.objects.get(pk=member_.pk)
    actions.remove_from_care_team(member=member_, by=case.requested_by)
    with pytest.raises(ChangedMeanwhile):
        actions.remove_from_care_team(member=again, by=case.requested_by)


def test_withdrawing_needs_a_reason():
    case = new_case()
    with pytest.raises(Refused, match="why"):
        actions.withdraw_case(case=case, reason=" ", by=case.requested_by)


@pytest.mark.parametrize("status", [Status.CLOSED, Status.WITHDRAWN])
def test_an_ended_case_is_left_alone(status: Status, lake: Rows):
    case = new_case(status)
    lake.put(FACTS, fact(case.patient_key, "f1"))
    with pytest.raises(Refused, match="new one"):
        actions.verify_fact(case=case, table=FACTS, row_id="f1", by=case.requested_by)
    with pytest.raises(Refused, match="new one"):
        actions.add_to_care_team(case=case, user=oncologist(), by=case.requested_by)


def test_the_latest_review_of_a_fact_counts_and_history_is_kept(lake: Rows):
    case = new_case()
    lake.put(FACTS, fact(case.patient_key, "f1"), fact(case.patient_key, "f2"))
    by = {"case": case, "table": FACTS, "by": case.requested_by}
    actions.verify_fact(row_id="f1", label="Stage", **by)
    actions.verify_fact(row_id="f2", **by)
    actions.dispute_fact(row_id="f1", reason="The letter says cT2a", **by)
    latest = case.fact_reviews.latest().values_list("row_id", "state")
    assert list(latest) == [("f1", "disputed"), ("f2", "verified")]
    assert FactReview.objects.count() == 3
    assert Case.objects.get(pk=case.pk).status == Status.IN_PREPARATION


def test_a_dispute_says_why(lake: Rows):
    case = new_case()
    lake.put(FACTS, fact(case.patient_key, "f1"))
    with pytest.raises(Refused, match="what is wrong"):
        actions.dispute_fact(case=case, table=FACTS, row_id="f1", reason=" ", by=case.requested_by)


@pytest.mark.parametrize("row_id", ["f2", "", "f1' OR 1=1"])
def test_a_fact_of_somebody_else_or_of_nobody_cannot_be_reviewed(lake: Rows, row_id: str):
    case = new_case()
    lake.put(FACTS, fact(case.patient_key, "f1"), fact("another patient", "f2"))
    with pytest.raises(Refused, match="no longer part of this record"):
        actions.verify_fact(case=case, table=FACTS, row_id=row_id, by=case.requested_by)


def test_the_audit_row_of_a_review_holds_no_value(lake: Rows):
    case = new_case()
    lake.put(FACTS, fact(case.patient_key, "f1"))
    actions.dispute_fact(
        case=case, table=FACTS, row_id="f1", label="Stage", reason="It is cT2a", by=case.requested_by
    )
    event = AuditEvent.objects.get(event="fact_disputed")
    assert event.detail == {"row_id": "f1"}
    assert event.patient_key == case.patient_key


def test_slots_come_with_their_meeting_or_not_at_all():
    case = new_case()
    with pytest.raises(IntegrityError), transaction.atomic():
        Case.objects.filter(pk=case.pk).update(meeting_uuid=case.uuid)


def test_a_visit_remembers_what_was_there():
    case = new_case()
    actions.record_visit(case=case, by=case.requested_by)
    actions.record_visit(case=case, by=case.requested_by)
    assert CaseVisit.objects.get().seen == []
