from __future__ import annotations

from unittest.mock import patch

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import InternalError, ProgrammingError

from tests.factories.lake import Rows, fact
from tests.factories.meetings import Session, advance, recommend, session
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.audit.models import GENESIS, AuditEvent
from tumorboard.cases import actions as case_actions
from tumorboard.cases.models import Case
from tumorboard.cases.status import Status
from tumorboard.governance.models import PublishedVersion
from tumorboard.meetings import actions, signing
from tumorboard.meetings.models import AgendaItem, Decision, Dissent, Recommendation, SignOff

pytestmark = pytest.mark.django_db
REFUSED_BY_DATABASE = (InternalError, ProgrammingError)


def decide(made: Session, outcome: str = "consensus", **fields: object) -> Decision:
    return actions.record_decision(item=made.item, outcome=outcome, by=made.member, **fields)


# --- what a decision must say -------------------------------------------------------------------------

# recommendations, outcome, missing, why nothing is recommended: what is wrong
DECISIONS = [
    (1, "consensus", "", "", ""),
    (1, "majority", "", "", ""),
    (0, "consensus", "", "no_target", ""),
    (0, "consensus", "", "", "Record a recommendation, or say why there is none"),
    (1, "consensus", "", "no_target", "a reason for having none does not fit"),
    (0, "deferred", "A new biopsy", "", ""),
    (0, "deferred", "", "", "Say what is missing"),
    (0, "deferred", "  ", "", "Say what is missing"),
    (1, "deferred", "A new biopsy", "", "Withdraw the recommendations first"),
]


@pytest.mark.parametrize(("recommendations", "outcome", "missing", "reason", "fault"), DECISIONS)
def test_a_decision_says_something(
    recommendations: int, outcome: str, missing: str, reason: str, fault: str, lake: Rows
):
    made = session("presented")
    for _ in range(recommendations):
        recommend(made)
    if fault:
        with pytest.raises(Refused, match=fault):
            decide(made, outcome, missing=missing, no_recommendation=reason)
        assert not Decision.objects.exists()
    else:
        assert decide(made, outcome, missing=missing, no_recommendation=reason).outcome == outcome


def test_an_unknown_outcome_is_refused(lake: Rows):
    with pytest.raises(ValueError, match="perhaps"):
        decide(session("recommended"), "perhaps")


# kind, text, study, priority: what is wrong
RECOMMENDATIONS = [
    ("therapy", "Osimertinib", "", 1, ""),
    ("study", "Include in the trial", "NCT01234567", 12, ""),
    ("study", "Include in the trial", "2020-123456-12", 1, ""),
    ("study", "Include in the trial", "DRKS00012345", 1, ""),
    ("study", "Include in the trial", "", 1, "register number"),
    ("study", "Include in the trial", "NCT123", 1, "is no register number"),
    ("therapy", " ", "", 1, "Say in words"),
    ("magic", "Wait", "", 1, "Unknown kind"),
    ("therapy", "Osimertinib", "", 0, "from 1"),
    ("therapy", "Osimertinib", "", 13, "from 1"),
]


@pytest.mark.parametrize(("kind", "text", "study_id", "priority", "fault"), RECOMMENDATIONS)
def test_recommendations(kind: str, text: str, study_id: str, priority: int, fault: str):
    made = session("presented")
    if fault:
        with pytest.raises(Refused, match=fault):
            recommend(made, kind=kind, text=text, study_id=study_id, priority=priority)
    else:
        recommend(made, kind=kind, text=text, study_id=study_id, priority=priority)
    assert Recommendation.objects.count() == (0 if fault else 1)


def test_an_evidence_level_of_another_scale_is_refused():
    made = session("presented")
    with pytest.raises(Refused, match="OncoKB has no level I-A"):
        recommend(made, evidence_scale="oncokb", evidence_level="I-A")
    kept = recommend(made, evidence_scale="nct_dktk", evidence_level="m1A", evidence_addenda=["is"])
    assert (kept.evidence_scale, kept.evidence_level, kept.evidence_addenda) == ("nct_dktk", "m1A", ["is"])


def test_the_database_refuses_a_level_without_a_scale():
    made = session("presented")
    recommend(made)
    with pytest.raises(IntegrityError), transaction.atomic():
        Recommendation.objects.update(evidence_level="I-A")


# --- when ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "fault"),
    [("planned", "Open the meeting first"), ("in_session", "Present it first"), ("signed", "signed")],
)
def test_words_are_taken_while_the_case_is_discussed(stage: str, fault: str, lake: Rows):
    made = session(stage)
    for attempt in (
        lambda: recommend(made),
        lambda: actions.record_note(item=made.item, text="Said", by=made.member),
        lambda: actions.record_dissent(item=made.item, text="No", by=made.member),
        lambda: decide(made),
    ):
        with pytest.raises(Refused, match=fault):
            attempt()


def test_a_closed_meeting_takes_no_more_words_but_a_signature(lake: Rows):
    made = session("decided")
    actions.close_meeting(meeting=made.meeting, by=made.chair)
    with pytest.raises(Refused, match="in session"):
        recommend(made)
    assert actions.sign_off(item=made.item, by=made.chair)


def test_empty_words_are_refused():
    made = session("presented")
    for act in (actions.record_note, actions.record_dissent):
        with pytest.raises(Refused, match="nothing written"):
            act(item=made.item, text=" ", by=made.member)


def test_a_recommendation_can_be_withdrawn_once_before_signing(lake: Rows):
    made = session("recommended")
    row = Recommendation.objects.get()
    actions.withdraw_recommendation(recommendation=row, by=made.member)
    assert not Recommendation.objects.in_force().exists()
    with pytest.raises(ChangedMeanwhile):
        actions.withdraw_recommendation(recommendation=row, by=made.member)


def test_withdrawing_the_last_recommendation_after_the_decision_blocks_the_signature(lake: Rows):
    made = session("decided")
    actions.withdraw_recommendation(recommendation=Recommendation.objects.get(), by=made.member)
    with pytest.raises(Refused, match="say why there is none"):
        actions.sign_off(item=made.item, by=made.chair)


# --- facts in conflict ----------------------------------------------------------------------------------


def test_facts_in_conflict_are_settled_or_carried_as_a_caveat(lake: Rows):
    made = session("recommended")
    key = made.case.patient_key
    lake.put(
        "gold.case_facts", fact(key, "f1", conflict=True), fact(key, "f2"), fact("other", "f3", conflict=True)
    )
    with pytest.raises(Refused, match="1 fact is still in conflict"):
        decide(made)
    assert decide(made, caveats="The stage is open: IVA or IVB; it changes nothing.").caveats
    case_actions.verify_fact(case=made.case, table="gold.case_facts", row_id="f1", by=made.alice)
    assert decide(made).caveats == ""


def test_conflicts_are_looked_for_in_the_data_the_board_saw(lake: Rows):
    made = session("recommended")
    decide(made)
    assert lake.asked[-1].snapshot == made.item.snapshot
    assert lake.asked[-1].by == made.member


def test_deferring_asks_for_no_caveat_and_gives_the_case_back(lake: Rows):
    made = session("presented")
    lake.put("gold.case_facts", fact(made.case.patient_key, "f1", conflict=True))
    decide(made, "deferred", missing="A new biopsy")
    case = Case.objects.get(pk=made.case.pk)
    assert (case.status, case.slot_at) == (Status.IN_PREPARATION, None)
    assert made.fresh().status == "deferred"
    assert made.fresh().snapshot == made.item.snapshot


# --- recusal --------------------------------------------------------------------------------------------


def test_somebody_recused_takes_no_part(lake: Rows):
    made = session("presented")
    actions.recuse(item=made.item, user=made.chair, reason="Relative", by=made.chair)
    for attempt in (
        lambda: recommend(made, by=made.chair),
        lambda: actions.record_note(item=made.item, text="Said", by=made.chair),
        lambda: actions.record_dissent(item=made.item, text="No", by=made.chair),
        lambda: actions.record_decision(item=made.item, outcome="consensus", by=made.chair),
        lambda: actions.sign_off(item=made.item, by=made.chair),
    ):
        with pytest.raises(Exception, match="recused"):
            attempt()


# --- signing --------------------------------------------------------------------------------------------


def test_the_signature_covers_everything(lake: Rows):
    PublishedVersion.objects.create(
        table="gold.case_facts", version=4, content_hash="h4", run_id="r", code_version="1"
    )
    made = session("recommended")
    actions.record_attendance(meeting=made.meeting, user=made.member, by=made.chair)
    actions.record_note(item=made.item, text="ECOG has dropped to 2.", by=made.member)
    actions.record_dissent(item=made.item, text="Chemotherapy first.", by=made.presenter)
    actions.recuse(item=made.item, user=made.guest, reason="Sponsor", by=made.chair)
    withdrawn = recommend(made, text="Something else")
    actions.withdraw_recommendation(recommendation=withdrawn, by=made.member)
    decide(made, "majority")
    content = actions.sign_off(item=made.item, by=made.chair).content
    assert content["case"]["question"] == made.case.question
    assert content["snapshot"]["entries"] == {"gold.case_facts": {"version": 4, "hash": "h4"}}
    assert content["decision"]["outcome"] == "majority"
    assert [row["text"] for row in content["recommendations"]] == ["Osimertinib 80 mg once daily"]
    assert [row["text"] for row in content["notes"]] == ["ECOG has dropped to 2."]
    assert content["dissents"][0]["by"]["name"] == str(made.presenter)
    assert content["recused"] == [{"who": signing._who(made.guest), "reason": "Sponsor"}]
    present = {row["who"]["name"] for row in content["attendance"] if row["present"]}
    assert present == {str(made.member), str(made.chair)}
    assert content["signed"]["by"]["name"] == str(made.chair)


def test_without_a_decision_there_is_nothing_to_sign():
    made = session("recommended")
    with pytest.raises(Refused, match="no decision to sign"):
        actions.sign_off(item=made.item, by=made.chair)


def test_of_two_who_sign_the_second_is_told(lake: Rows):
    made = session("decided")
    first, second = made.fresh(), made.fresh()
    actions.sign_off(item=first, by=made.chair)
    with pytest.raises(Refused, match="signed and can no longer be changed"):
        actions.sign_off(item=second, by=made.chair)
    assert SignOff.objects.count() == 1


def test_a_failed_audit_undoes_the_signature(lake: Rows):
    made = session("decided")
    with patch("tumorboard.meetings.actions.decisions.record", side_effect=OSError), pytest.raises(OSError):
        actions.sign_off(item=made.item, by=made.chair)
    assert not SignOff.objects.exists()
    assert Case.objects.get(pk=made.case.pk).status == Status.DISCUSSED


def test_a_deferral_can_be_signed_and_leaves_the_case_in_preparation(lake: Rows):
    made = session("presented")
    decide(made, "deferred", missing="A new biopsy")
    actions.sign_off(item=made.item, by=made.chair)
    assert Case.objects.get(pk=made.case.pk).status == Status.IN_PREPARATION


LOCKED = ["recommendation", "decision", "dissent", "discussionnote", "recusal"]


@pytest.mark.parametrize("name", LOCKED)
def test_the_database_locks_what_was_signed(name: str, lake: Rows):
    made = session("recommended")
    actions.record_note(item=made.item, text="Said", by=made.member)
    actions.record_dissent(item=made.item, text="No", by=made.member)
    actions.recuse(item=made.item, user=made.guest, reason="Sponsor", by=made.chair)
    decide(made)
    advance_signed(made)
    for statement in (f"DELETE FROM meetings_{name}", f"UPDATE meetings_{name} SET item_id = item_id"):
        refused = pytest.raises(REFUSED_BY_DATABASE, match="the decision is signed")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def advance_signed(made: Session) -> None:
    actions.sign_off(item=made.item, by=made.chair)
    actions.add_addendum(item=made.item, text="Later", by=made.member)


@pytest.mark.parametrize("name", ["signoff", "addendum"])
def test_signatures_and_addenda_are_final(name: str, lake: Rows):
    made = session("decided")
    advance_signed(made)
    for statement in (f"DELETE FROM meetings_{name}", f"UPDATE meetings_{name} SET by_id = by_id"):
        refused = pytest.raises(REFUSED_BY_DATABASE, match="final")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_nothing_can_be_slipped_in_after_the_signature(lake: Rows):
    made = session("signed")
    with pytest.raises(REFUSED_BY_DATABASE), transaction.atomic():
        Dissent.objects.create(item=made.item, text="I never agreed", by=made.member)


def test_later_words_are_addenda(lake: Rows):
    made = session("decided")
    with pytest.raises(Refused, match="not signed yet"):
        actions.add_addendum(item=made.item, text="Later", by=made.member)
    actions.sign_off(item=made.item, by=made.chair)
    before = SignOff.objects.get().content_hash
    actions.add_addendum(item=made.item, text="The tumour board of the other site agrees.", by=made.alice)
    assert SignOff.objects.get().content_hash == before
    assert made.fresh().addenda.get().by == made.alice


# --- the chain of signatures ------------------------------------------------------------------------------


def test_sign_offs_form_a_chain(lake: Rows):
    first, second = session("signed"), session("signed")
    one, two = SignOff.objects.order_by("pk")
    assert (one.item, two.item) == (first.item, second.item)
    assert one.previous_hash == GENESIS
    assert two.previous_hash == one.content_hash
    assert signing.verify() == []


def test_an_edit_behind_the_triggers_is_found(lake: Rows):
    session("signed")
    session("signed")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE meetings_signoff DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE meetings_signoff SET content = jsonb_set(content, '{decision,outcome}', '\"majority\"')"
        )
    one, two = SignOff.objects.order_by("pk")
    assert signing.verify() == [
        f"sign-off {one.pk}: its content was changed after it was signed",
        f"sign-off {two.pk}: its content was changed after it was signed",
    ]
    assert not signing.is_intact(one)


def test_what_is_on_record_holds_no_words_of_the_board(lake: Rows):
    session("signed")
    events = AuditEvent.objects.filter(target_kind="meetings.agendaitem")
    assert events.filter(event="decision_signed").exists()
    assert "Osimertinib" not in str(list(events.values()))


def test_advancing_reaches_every_stage(lake: Rows):
    made = session()
    advance(made, "signed")
    assert AgendaItem.objects.get().is_signed
