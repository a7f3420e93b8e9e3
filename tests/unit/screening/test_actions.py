from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from tests.factories.accounts import oncologist, person
from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.accounts.roles import Role
from tumorboard.audit.models import AuditEvent
from tumorboard.governance.actions import open_reach
from tumorboard.screening import actions
from tumorboard.screening.models import Ask, Change, Override, Referral, ReferralStep
from tumorboard.screening.status import TRANSITIONS, State, may_follow

pytestmark = pytest.mark.django_db
CRITERION = {
    "trial_id": "T-1", "code": "A", "path": "$[0]", "result": "unknown", "trial_version": "1", "note": "",
    "evidence": [],
}  # fmt: skip


@pytest.fixture
def clinician() -> User:
    return of_the_patient(oncologist())


def of_the_patient(user: User) -> User:
    open_reach(patient_key="p", reason="care_team", user=user, by=user)
    return user


def given(by: User, **other: Any) -> Override:
    asked = {"patient_key": "p", "criterion": CRITERION, "value": "met", "reason": "known", "text": "Seen."}
    return actions.override(by=by, **{**asked, **other})


def test_an_answer_stands_beside_the_computed_one(clinician: User) -> None:
    made = given(clinician)
    assert (made.value, made.computed, made.by) == ("met", "unknown", clinician)
    assert list(Override.objects.of("p").in_force()) == [made]


def test_a_second_answer_withdraws_the_first_and_erases_nothing(clinician: User) -> None:
    first, second = given(clinician), given(clinician, value="not met")
    first.refresh_from_db()
    assert first.withdrawn_by == clinician
    assert list(Override.objects.of("p").in_force()) == [second]


def test_two_answers_at_once_are_one_and_a_refusal(clinician: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one came between the withdrawal and the writing."""
    given(clinician)
    monkeypatch.setattr(actions, "_withdraw", lambda found, by: 0)
    with pytest.raises(ChangedMeanwhile):
        given(clinician, value="not met")
    assert Override.objects.get().value == "met"


def test_an_answer_withdrawn_by_somebody_else_meanwhile_is_said(clinician: User) -> None:
    made = given(clinician)
    actions.withdraw_override(override=made, by=clinician)
    with pytest.raises(ChangedMeanwhile):
        actions.withdraw_override(override=made, by=clinician)


def test_an_answer_needs_words_and_a_day_to_come(clinician: User) -> None:
    with pytest.raises(Refused, match="in words"):
        given(clinician, text="  ")
    with pytest.raises(Refused, match="passed"):
        given(clinician, expires_on=timezone.localdate() - timedelta(days=1))


def test_an_answer_runs_out(clinician: User) -> None:
    made = given(clinician, expires_on=timezone.localdate())
    assert Override.objects.in_force().count() == 1
    Override.objects.filter(pk=made.pk).update(expires_on=timezone.localdate() - timedelta(days=1))
    assert Override.objects.in_force().count() == 0


@pytest.mark.parametrize(
    "changed",
    [{"evidence": ["silver.labs/x"]}, {"result": "not met"}, {"trial_version": "2"}, {"note": "CEA 8"}],
)
def test_an_answer_rests_on_what_was_computed(changed: dict[str, Any]) -> None:
    assert actions.rests_on({**CRITERION, **changed}) != actions.rests_on(CRITERION)


@pytest.mark.parametrize(
    ("role", "reaches", "overrides", "refers"),
    [
        (Role.ONCOLOGIST, True, True, True),
        (Role.PATHOLOGIST, True, True, True),
        (Role.COORDINATOR, True, False, True),
        (Role.DATA_STEWARD, True, False, False),
        (Role.ONCOLOGIST, False, False, False),
        (Role.COORDINATOR, False, False, False),
    ],
)
def test_who_may(role: Role, reaches: bool, overrides: bool, refers: bool) -> None:
    user = person("", role)
    if reaches:
        of_the_patient(user)
    for allowed, act in (
        (overrides, lambda: given(user)),
        (refers, lambda: actions.refer(patient_key="p", trial_id="T-1", by=user)),
        (refers, lambda: actions.ask_for(patient_key="p", what="ECOG", by=user)),
        (refers, lambda: actions.read_changes(patient_key="p", by=user)),
    ):
        if allowed:
            act()
        else:
            with pytest.raises(PermissionDenied):
                act()


@pytest.mark.parametrize("old", list(State))
@pytest.mark.parametrize("new", list(State))
def test_the_way_to_a_trial(clinician: User, old: State, new: State) -> None:
    referral = Referral.objects.create(patient_key="p", trial_id="T-1", opened_by=clinician, state=old)
    move = {"referral": referral, "to": new, "by": clinician, "because": "patient"}
    if may_follow(old, new):
        assert actions.move_referral(**move).state == new
        assert ReferralStep.objects.get().because == ("patient" if new == State.DECLINED else "")
    else:
        with pytest.raises(Refused):
            actions.move_referral(**move)


def test_every_state_can_be_reached() -> None:
    assert {to for targets in TRANSITIONS.values() for to in targets} == set(State)


def test_declining_needs_a_reason(clinician: User) -> None:
    referral = actions.refer(patient_key="p", trial_id="T-1", by=clinician)
    with pytest.raises(Refused, match="why"):
        actions.move_referral(referral=referral, to="declined", by=clinician)


def test_the_second_of_two_people_is_told(clinician: User) -> None:
    referral = actions.refer(patient_key="p", trial_id="T-1", by=clinician)
    stale = Referral.objects.get(pk=referral.pk)
    actions.move_referral(referral=referral, to="contacted", by=clinician)
    with pytest.raises(ChangedMeanwhile):
        actions.move_referral(referral=stale, to="contacted", by=clinician)


def test_referred_twice_is_once(clinician: User) -> None:
    assert actions.refer(patient_key="p", trial_id="T", by=clinician) == actions.refer(
        patient_key="p", trial_id="T", by=clinician
    )
    assert ReferralStep.objects.count() == 1


def test_asked_twice_is_once_until_it_is_answered(clinician: User) -> None:
    first = actions.ask_for(patient_key="p", what="EGFR test", by=clinician, trials=["T", "T"])
    assert actions.ask_for(patient_key="p", what="EGFR test ", by=clinician) == first
    assert first.trials == ["T"]
    actions.settle_ask(ask=first, state=Ask.State.ANSWERED, by=clinician)
    assert actions.ask_for(patient_key="p", what="EGFR test", by=clinician) != first
    with pytest.raises(ChangedMeanwhile):
        actions.settle_ask(ask=first, state=Ask.State.DROPPED, by=clinician)


def test_a_step_done_twice_tells_a_change_once(clinician: User) -> None:
    def changes() -> list[Change]:
        place = {"patient_key": "p", "trial_id": "T", "level": "arm", "code": "A"}
        return [Change(**place, kind=Change.Kind.NEWLY_FITS, cause=Change.Cause.TRIAL, job=job)]

    job = uuid4()
    actions.record_changes(changes=changes())
    actions.record_changes(changes=changes())
    assert Change.objects.unread().count() == 1
    assert actions.read_changes(patient_key="p", by=clinician) == 1
    assert actions.read_changes(patient_key="p", by=clinician) == 0


def test_nobody_else_sees_them(clinician: User) -> None:
    given(clinician)
    assert Override.objects.visible_to(clinician).count() == 1
    assert Override.objects.visible_to(oncologist()).count() == 0


def test_the_log_holds_no_answer(clinician: User) -> None:
    given(clinician, text="Heard it by telephone")
    entry = AuditEvent.objects.filter(event="criterion_overridden").get()
    assert "telephone" not in str(entry.detail)
