from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from tests.factories.cases import case as new_case
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.cases import actions
from tumorboard.cases.models import Case
from tumorboard.cases.status import BEFORE_MEETING, ENDED, OPEN, OWNERS, TRANSITIONS, Status, drawn


def test_no_status_is_forgotten():
    assert set(TRANSITIONS) == set(OWNERS) == set(Status)
    assert all(isinstance(new, Status) for followers in TRANSITIONS.values() for new in followers)


def test_every_status_can_be_reached():
    reached, before = {Status.REGISTERED}, set()
    while reached != before:
        before = set(reached)
        reached |= {new for old in before for new in TRANSITIONS[old]}
    assert reached == set(Status)


def test_only_ended_cases_are_a_dead_end():
    assert {status for status, followers in TRANSITIONS.items() if not followers} == set(ENDED)


def test_the_groups_of_statuses_do_not_overlap():
    assert set(BEFORE_MEETING) < set(OPEN)
    assert not set(OPEN) & set(ENDED)


def test_the_drawing_shows_every_transition():
    out = StringIO()
    call_command("case_states", stdout=out)
    assert out.getvalue().strip() == drawn()
    arrows = [line for line in drawn().splitlines() if "-->" in line and "[*]" not in line]
    assert len(arrows) == sum(len(followers) for followers in TRANSITIONS.values())


@pytest.mark.django_db
@pytest.mark.parametrize("old", Status)
def test_what_may_not_follow_is_refused(old: Status):
    case = new_case(old)
    for new in set(Status) - set(TRANSITIONS[old]):
        with pytest.raises(Refused, match="cannot become"):
            actions.change_status(case=case, to=new, by=case.requested_by)
    case.refresh_from_db()
    assert case.status == old


@pytest.mark.django_db
def test_of_two_changes_at_once_the_second_is_refused():
    case = new_case()
    first, second = Case.objects.get(pk=case.pk), Case.objects.get(pk=case.pk)
    actions.mark_ready(case=first, by=case.requested_by)
    with pytest.raises(ChangedMeanwhile):
        actions.start_preparation(case=second, by=case.requested_by)
    assert Case.objects.get(pk=case.pk).status == Status.READY


@pytest.mark.django_db
def test_a_case_on_the_agenda_is_not_withdrawn():
    case = new_case(Status.ON_AGENDA)
    with pytest.raises(Refused, match="off the agenda first"):
        actions.withdraw_case(case=case, reason="The patient died", by=case.requested_by)
