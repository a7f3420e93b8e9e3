"""What the governance pages write: one action each, four eyes where they are asked for, refusals in words."""

from __future__ import annotations

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from tests.factories.accounts import oncologist, person
from tests.unit.governance import pages
from tests.unit.governance.pages import PATIENT, address
from tumorboard.accounts.models import User
from tumorboard.accounts.roles import Role
from tumorboard.audit.events import Event
from tumorboard.audit.models import AuditEvent
from tumorboard.governance import actions, rulebook
from tumorboard.governance.models import (
    BreakGlass,
    ColumnTag,
    Consent,
    Notice,
    Policy,
    QualityAssignment,
    SecurableGroupGrant,
    SecurableUserGrant,
    Study,
    TagProposal,
)
from tumorboard.governance.permissions import can_reach

pytestmark = pytest.mark.django_db
COLUMN = ("silver.patients", "name")


@pytest.fixture(autouse=True)
def securables(settings, tmp_path) -> None:
    settings.LAKE_URL = str(tmp_path / "lake")
    actions.register_securables()


@pytest.fixture
def steward(client: Client) -> User:
    user = pages.steward("first")
    client.force_login(user)
    return user


@pytest.fixture
def second() -> Client:
    """Another steward at another browser."""
    browser = Client()
    browser.force_login(pages.steward("second"))
    return browser


@pytest.fixture
def numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two patients known by record number."""
    known = SimpleNamespace(find={"SYN-1": "p1", "SYN-2": "p2"}.get)
    monkeypatch.setattr("tumorboard.governance.people.crosswalk", lambda: known)


# ---- tags


def test_lowering_takes_a_second_steward(client: Client, steward: User, second: Client):
    page = address("column", *COLUMN)
    told = client.post(page, {"klass": "DEID", "reason": "It holds a code"}, follow=True).text
    assert "waits for a second steward" in told
    found = TagProposal.objects.get()
    assert found.state == "proposed" and not ColumnTag.objects.exists()
    decide = address("decide_tags", found.uuid)
    assert "Approve</button>" not in client.get(address("tags")).text
    refusal = client.post(
        decide, {"decision": "approve"}, follow=True, headers={"Referer": "http://testserver/"}
    )
    assert "second person" in refusal.text
    assert "Approve</button>" in second.get(address("tags")).text
    second.post(decide, {"decision": "approve"})
    assert ColumnTag.objects.get().klass == "DEID"
    assert rulebook.current().tags["silver.patients"]["name"].klass == "DEID"
    assert "already decided" in second.post(decide, {"decision": "refuse", "answer": "No"}, follow=True).text
    assert "Approved" in client.get(page).text


def test_raising_holds_at_once(client: Client, steward: User):
    told = client.post(address("tags_of", "silver.labs"), {"klass": "PII", "reason": "Rare"}, follow=True)
    assert "hold from the next read on" in told.text
    assert rulebook.current().tags["silver.labs"]["value"].klass == "PII"
    assert not TagProposal.objects.exists()


def test_a_refused_proposal_changes_nothing(client: Client, steward: User, second: Client):
    found = pages.proposal(steward)
    decide = address("decide_tags", found.uuid)
    assert "Say why" in second.post(decide, {"decision": "refuse"}, follow=True).text
    told = second.post(decide, {"decision": "refuse", "answer": "It holds names"}, follow=True).text
    assert "Refused: the tags" in told
    found.refresh_from_db()
    assert found.state == "rejected" and not ColumnTag.objects.exists()
    assert "It holds names" in client.get(address("tags"), {"state": "rejected"}).text


def test_going_back_to_the_declaration_is_a_proposal_too(client: Client, steward: User, second: Client):
    actions.set_tags(target="silver.labs", by=steward, reason="Rare", klass="PII")
    page = address("withdraw_tags", "silver.labs")
    client.post(page, {"target": "silver.labs", "reason": "Not rare"})
    assert client.post(page, {"target": "silver.patients", "reason": "x"}).status_code == 404
    found = TagProposal.objects.get()
    assert found.removal
    second.post(address("decide_tags", found.uuid), {"decision": "approve"})
    assert not ColumnTag.objects.exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"reason": ""}, "required"),
        ({"klass": "SECRET", "reason": "x"}, "valid choice"),
        ({"klass": "PII"}, "required"),
    ],
)
def test_tags_that_are_refused(client: Client, steward: User, given: dict, words: str):
    answer = client.post(address("column", *COLUMN), given)
    assert answer.status_code == 422
    assert words in answer.text
    assert "error-summary" in answer.text


def test_a_second_change_waits_for_the_first(client: Client, steward: User):
    pages.proposal(steward)
    page = client.get(address("column", *COLUMN)).text
    assert "waits for a second steward" in page and "Set or propose</button>" not in page
    answer = client.post(address("column", *COLUMN), {"klass": "PUBLIC", "reason": "x"})
    assert answer.status_code == 422
    assert "already waits" in answer.text


# ---- grants


def grant(**given: object) -> dict[str, object]:
    values = {"effect": "allow", "privilege": "select", "securable": "silver", "purposes": ["treatment"]}
    return {**values, **given}


def test_a_grant_is_given_seen_and_taken(client: Client, steward: User):
    other = oncologist()
    last = date.today() + timedelta(days=3)
    given = grant(user=other.username, until=last, ticket="T-1")
    answer = client.post(address("give_grant"), given)
    assert answer["Location"] == address("grants") + "?securable=silver"
    made = SecurableUserGrant.objects.get()
    assert timezone.localtime(made.expires_at).date() == last and made.granted_by == steward
    page = client.get(address("grants"), {"q": other.username, "privilege": "select"})
    assert page.context["page"].paginator.count == 1
    assert "T-1" in page.text
    client.post(address("take_grant", "person", made.pk))
    assert not SecurableUserGrant.objects.exists()
    assert client.post(address("take_grant", "person", made.pk)).status_code == 404
    assert AuditEvent.objects.filter(event=Event.GRANT_TAKEN, actor_id=str(steward.pk)).exists()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"user": "first"}, "ask a second steward"),
        ({"user": "first", "privilege": "export"}, "ask a second steward"),
        ({"group": Role.DATA_STEWARD.group_name}, "ask a second steward"),
        ({"user": "other", "purposes": []}, "names its purposes"),
        ({"user": "other", "group": Role.ONCOLOGIST.group_name}, "one person or one group"),
        ({}, "one person or one group"),
        ({"user": "nobody"}, "Nobody with an active account"),
        ({"user": "other", "securable": "nothing"}, "valid choice"),
    ],
)
def test_a_grant_is_refused_in_words(client: Client, steward: User, given: dict, words: str):
    person("other")
    if "group" in given:
        given = {**given, "group": Group.objects.get(name=given["group"]).pk}
    answer = client.post(address("give_grant"), grant(**given))
    assert answer.status_code == 422
    assert words in answer.text
    assert not SecurableUserGrant.objects.exists()


def test_a_denial_of_ones_own_is_lifted_by_somebody_else(client: Client, steward: User, second: Client):
    client.post(address("give_grant"), grant(user="first", effect="deny"))
    denial = SecurableUserGrant.objects.get()
    take = address("take_grant", "person", denial.pk)
    assert "ask a second steward" in client.post(take, follow=True).text
    assert SecurableUserGrant.objects.exists()
    second.post(take)
    assert not SecurableUserGrant.objects.exists()


@pytest.mark.parametrize(
    ("chosen", "least"),
    [
        ({"securable": "silver.labs"}, 10),
        ({"q": "researcher"}, 5),
        ({"effect": "deny"}, 0),
        ({"state": "ended"}, 0),
    ],
)
def test_grants_are_narrowed(client: Client, steward: User, chosen: dict, least: int):
    page = client.get(address("grants"), chosen)
    found = page.context["page"].paginator.count
    assert found >= least and found < SecurableGroupGrant.objects.count()
    if "securable" in chosen:
        assert {row["securable"] for row in page.context["rows"]} <= {"silver.labs", "silver", "tumorboard"}
    if "q" in chosen:
        assert {row["principal"] for row in page.context["rows"]} == {Role.RESEARCHER.group_name}


# ---- policies


def drafted(**given: object) -> dict[str, object]:
    values = {"name": "no-free-text", "scope": "silver", "effect": "deny", "kinds": ["free_text"],
              "purposes": ["research"], "function": "", "reason": "Wanted by the board"}  # fmt: skip
    return {**values, **given}


def test_a_policy_is_drafted_simulated_published_and_retired(client: Client, steward: User, second: Client):
    person("rita", Role.RESEARCHER)
    answer = client.post(address("draft_policy"), drafted(scope="gold", kinds=["date"]))
    policy = Policy.objects.get()
    assert answer["Location"] == address("policy", policy.uuid)
    assert "Another steward publishes it" in client.get(answer["Location"]).text
    simulated = client.get(address("simulation", policy.uuid), {"role": "researcher"})
    assert (simulated.context["simulation"].gaining, simulated.context["simulation"].asked) == (0, 1)
    move = address("move_policy", policy.uuid)
    assert "second person" in client.post(move, {"move": "publish"}, follow=True).text
    assert "Publish or retire" in client.post(move, {"move": "burn"}, follow=True).text
    second.post(move, {"move": "publish"})
    policy.refresh_from_db()
    assert policy.state == "published" and policy.published_by.username == "second"
    assert "second person" in second.post(move, {"move": "retire"}, follow=True).text
    client.post(move, {"move": "retire"})
    policy.refresh_from_db()
    assert policy.state == "retired"


def test_the_simulation_says_who_gains_and_who_loses(client: Client, steward: User):
    study, rita = pages.study(), person("rita", Role.RESEARCHER)
    actions.add_study_member(study=study, user=rita, by="tests")
    loses = pages.draft(steward)
    page = client.get(address("simulation", loses.uuid))
    assert (page.context["simulation"].gaining, page.context["simulation"].losing) == (0, 1)
    assert [name for name, *_ in page.context["simulation"].tables] == ["silver.documents"]
    assert "Rita" in page.text and "closed" in page.text


def test_a_draft_starts_from_a_built_in_policy_or_a_version(client: Client, steward: User):
    page = client.get(address("draft_policy"), {"like": "dates-moved"})
    assert page.context["form"].initial["function"] == "shift_date"
    pages.draft(steward)
    page = client.get(address("draft_policy"), {"of": "no-free-text"})
    assert page.context["form"].initial["scope"] == "silver.documents"
    assert client.get(address("draft_policy"), {"of": "nothing"}).status_code == 200


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"effect": "mask"}, "does not go with the effect"),
        ({"effect": "mask", "function": "care_relation"}, "does not go with the effect"),
        ({"function": "null"}, "does not go with the effect"),
        ({"effect": "mask", "function": "eval"}, "valid choice"),
        ({"scope": "nowhere"}, "valid choice"),
        ({"name": "has blanks"}, "slug"),
        ({"reason": " "}, "required"),
    ],
)
def test_a_draft_is_refused_in_words(client: Client, steward: User, given: dict, words: str):
    answer = client.post(address("draft_policy"), drafted(**given))
    assert answer.status_code == 422
    assert words in answer.text
    assert not Policy.objects.exists()


def test_a_published_policy_replaces_the_built_in_one(client: Client, steward: User, second: Client):
    years = pages.mask(name="dates-moved", scope="tumorboard", purposes=("research",))
    policy = pages.draft(steward, years)
    second.post(address("move_policy", policy.uuid), {"move": "publish"})
    holds = {words.rule.name: holds for words, holds in client.get(address("policies")).context["built_in"]}
    assert holds["dates-moved"] is False
    assert holds["ages-capped"] is True
    assert "The year only" in client.get(address("policies")).text


# ---- studies


def test_a_study_with_members_and_consents(client: Client, steward: User, numbers: None):
    client.post(address("new_study"), {"code": "lung-1", "title": "Lung", "starts_on": "2026-01-01"})
    study, rita = Study.objects.get(code="lung-1"), person("rita", Role.RESEARCHER)
    page = address("study", study.uuid)
    client.post(address("add_member", study.uuid), {"user": "rita"})
    assert study.members.get().user == rita
    client.post(address("record_consents", study.uuid), {"numbers": " SYN-1\r\nSYN-2\n\nSYN-1 "})
    assert set(Consent.objects.values_list("patient_key", flat=True)) == {"p1", "p2"}
    assert "SYN-1" not in client.get(page).text
    client.post(address("withdraw_consent", study.uuid), {"record_number": "SYN-2"})
    assert list(Consent.objects.in_force().values_list("patient_key", flat=True)) == ["p1"]
    client.post(address("remove_member", study.uuid, study.members.get().pk))
    assert study.members.get().left_at is not None
    again = client.post(address("remove_member", study.uuid, study.members.get().pk), follow=True)
    assert "left the study already" in again.text


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("add_member", {"user": "first"}, "Nobody adds themself"),
        ("add_member", {"user": "nobody"}, "Nobody with an active account"),
        ("record_consents", {"numbers": "SYN-1\nSYN-9"}, "for line 2"),
        ("record_consents", {"numbers": "\n"}, "required"),
        ("record_consents", {"numbers": "\n".join(map(str, range(501)))}, "At most 500"),
        ("withdraw_consent", {"record_number": "SYN-9"}, "No patient has this record number"),
        ("withdraw_consent", {"record_number": "SYN-1"}, "no such consent in force"),
    ],
)
def test_study_refusals_in_words(
    client: Client, steward: User, numbers: None, name: str, given: dict, words: str
):
    study = pages.study()
    answer = client.post(address(name, study.uuid), given)
    assert answer.status_code == 422
    assert words in answer.text
    assert not Consent.objects.exists() and not study.members.exists()


def test_nobody_is_looked_up_for_who_may_not_manage(client: Client, numbers: None):
    study = pages.study()
    client.force_login(person("", Role.ADMINISTRATOR))
    for name, given in (
        ("record_consents", {"numbers": "SYN-1"}),
        ("withdraw_consent", {"record_number": "SYN-1"}),
    ):
        assert client.post(address(name, study.uuid), given).status_code == 403
    assert not AuditEvent.objects.filter(event=Event.PATIENT_LOOKED_UP).exists()


def test_quality_work_is_assigned_and_ended(client: Client, steward: User):
    other = person("quinn", Role.QUALITY_OFFICER)
    client.post(address("quality"), {"unit": "Site A", "user": "quinn"})
    assert QualityAssignment.objects.get().user == other
    for given in ({"unit": "Site A", "user": "first"}, {"unit": "Site A"}):
        assert client.post(address("quality"), given).status_code == 422
    end = address("end_quality", QualityAssignment.objects.get().pk)
    client.post(end)
    assert "ended already" in client.post(end, follow=True).text


# ---- emergencies


def test_an_emergency_is_reviewed_by_somebody_else(client: Client, steward: User):
    doctor = oncologist()
    access = pages.opened(doctor)
    page = address("emergency", access.uuid)
    assert client.post(page, {"outcome": "justified", "note": ""}).status_code == 422
    client.post(page, {"outcome": "not_justified", "note": "No emergency"})
    access.refresh_from_db()
    assert (access.state, access.outcome, access.reviewed_by) == ("reviewed", "not_justified", steward)
    assert not can_reach(doctor, PATIENT)
    again = client.post(page, {"outcome": "justified", "note": "Was one"})
    assert again.status_code == 422
    assert "reviewed this already" in again.text


def test_nobody_reviews_their_own(client: Client):
    both = person("", Role.ONCOLOGIST, Role.DATA_STEWARD)
    access = pages.opened(both)
    client.force_login(both)
    page = address("emergency", access.uuid)
    assert "the access was yours" in client.get(page).text
    answer = client.post(page, {"outcome": "justified", "note": "I say so"})
    assert answer.status_code == 422
    access.refresh_from_db()
    assert access.state == BreakGlass.State.OPEN


def test_notices_are_for_whom_they_concern(client: Client, steward: User):
    attending, doctor = oncologist(), oncologist()
    actions.open_reach(patient_key=PATIENT, reason="care_team", by="tests", user=attending)
    pages.opened(doctor)
    page = client.get(address("notices"))
    assert [notice.group.name for notice in page.context["page"]] == [Role.DATA_STEWARD.group_name]
    assert PATIENT not in page.text
    theirs = Notice.objects.get(user=attending)
    assert client.post(address("see_notice", theirs.uuid)).status_code == 404
    other = Client()
    other.force_login(attending)
    other.post(address("see_notice", theirs.uuid))
    theirs.refresh_from_db()
    assert theirs.seen_by == attending
    assert "No notice" in _page_of(doctor)


def _page_of(user: User) -> str:
    browser = Client()
    browser.force_login(user)
    return browser.get(address("notices")).text


@pytest.mark.parametrize(("role", "offered"), [(Role.RADIOLOGIST, True), (Role.COORDINATOR, False)])
def test_emergency_access_is_offered_for_who_is_not_ones_own(client: Client, role: Role, offered: bool):
    """On the worklist, and on the answer for what is not there or not one's own."""
    client.force_login(person("", role))
    for page in ("/", "/cases/00000000-0000-4000-8000-000000000000/"):
        main = client.get(page).text.split("<main")[1]
        assert (address("break_glass") in main) == offered, page
