"""Grants, tags, policies, studies and emergency access as people use them, on the real database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.factories.accounts import person
from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import Refused
from tumorboard.accounts.roles import Role
from tumorboard.audit.models import AuditEvent
from tumorboard.governance import actions, rulebook
from tumorboard.governance.explaining import explain, simulate
from tumorboard.governance.models import (
    BreakGlass,
    ColumnTag,
    Notice,
    Policy,
    Securable,
    SecurableGroupGrant,
    Study,
    TagProposal,
)
from tumorboard.governance.permissions import Standing, decide, has_grant, purposes_of
from tumorboard.governance.policies.words import Rule
from tumorboard.governance.tags import column_id
from tumorboard.lake import tables
from tumorboard.lake.columns import Column

pytestmark = pytest.mark.django_db
NAME, BORN = "silver.patients#name", "silver.patients#birth_date"


@pytest.fixture(autouse=True)
def registered(db: None) -> None:
    actions.register_securables()


@pytest.fixture
def steward() -> User:
    return person("steward", Role.DATA_STEWARD)


@pytest.fixture
def second() -> User:
    return person("second", Role.DATA_STEWARD)


@pytest.fixture
def alice() -> User:
    """Ann's oncologist."""
    user = person("alice", Role.ONCOLOGIST)
    actions.open_reach(patient_key="ann", reason="care_team", by="tests", user=user)
    return user


@pytest.fixture
def study(steward: User) -> Study:
    return actions.create_study(
        code="lung-1", title="Lung", starts_on=timezone.localdate() - timedelta(days=9), by=steward
    )


@pytest.fixture
def rita(study: Study, steward: User) -> User:
    """A researcher of the study, to which Ann has consented."""
    user = person("rita", Role.RESEARCHER)
    actions.add_study_member(study=study, user=user, by=steward)
    actions.record_consents(patient_keys=["ann"], scope="research", study=study, by=steward)
    return user


def events() -> list[str]:
    return list(AuditEvent.objects.order_by("seq").values_list("event", flat=True))


def reads(
    user: User, patient: str | None = "ann", purpose: str = "treatment", table: str = "silver.patients"
) -> bool:
    return decide(user, purpose, table, patient).allowed


# --- grants -------------------------------------------------------------------------------------------


def test_nobody_opens_data_to_themself(steward: User, second: User) -> None:
    silver = Securable.objects.get(name="silver")
    what = {"privilege": "select", "securable": silver, "purposes": ["treatment"]}
    group = Group.objects.create(name="friends")
    steward.groups.add(group)
    for whom in ({"user": steward}, {"group": group}):
        with pytest.raises(Refused):
            actions.give_grant(**what, by=steward, **whom)
    actions.give_grant(**what, by=second, user=steward)
    assert has_grant(steward, "select", "silver.patients")
    assert not reads(steward), "a grant without a relation opens no patient"


@pytest.mark.parametrize("role", [Role.ONCOLOGIST, Role.ADMINISTRATOR, Role.RESEARCHER])
def test_only_who_manages_gives_grants(role: Role, alice: User) -> None:
    with pytest.raises(PermissionDenied):
        actions.give_grant(
            privilege="browse", securable=Securable.objects.get(name="gold"), user=alice, by=person("", role)
        )


def test_grants_of_data_name_known_purposes(steward: User, alice: User) -> None:
    gold = Securable.objects.get(name="gold")
    for purposes in ([], ["curiosity"]):
        with pytest.raises(Refused):
            actions.give_grant(privilege="select", securable=gold, user=alice, purposes=purposes, by=steward)
    for whom in ({}, {"user": alice, "group": Group.objects.first()}):
        with pytest.raises(Refused):
            actions.give_grant(privilege="browse", securable=gold, by=steward, **whom)


def test_a_denial_wins_and_ends(alice: User, steward: User) -> None:
    silver = Securable.objects.get(name="silver")
    assert reads(alice)
    denial = actions.give_grant(privilege="select", securable=silver, user=alice, effect="deny", by=steward)
    assert not reads(alice)
    assert not has_grant(alice, "select", "silver.patients")
    actions.take_grant(grant=denial, by=steward)
    assert reads(alice)
    actions.give_grant(
        privilege="select", securable=silver, user=alice, effect="deny", by=steward,
        until=timezone.now() - timedelta(seconds=1),
    )  # fmt: skip
    assert reads(alice)
    assert events()[-3:] == ["grant_given", "grant_taken", "grant_given"]


def test_a_grant_ends(alice: User) -> None:
    SecurableGroupGrant.objects.filter(permission__codename="select").update(expires_at=timezone.now())
    assert not reads(alice)
    assert purposes_of(alice) == ()


def test_purposes_follow_the_grants(alice: User, rita: User, steward: User) -> None:
    quinn = person("quinn", Role.QUALITY_OFFICER, Role.ONCOLOGIST)
    found = [purposes_of(user) for user in (alice, rita, steward, quinn)]
    assert found == [("treatment",), ("research",), (), ("treatment", "quality")]


def test_a_superuser_reads_nothing() -> None:
    root = User.objects.create_superuser("root", password="x")
    actions.open_reach(patient_key="ann", reason="care_team", by="tests", user=root)
    assert not any(reads(root, purpose=p) for p in ("treatment", "research", "operations", "quality"))


# --- tags ---------------------------------------------------------------------------------------------


def test_raising_holds_at_once_lowering_takes_two(
    rita: User, study: Study, steward: User, second: User
) -> None:
    sex = "silver.patients#sex"
    raised = actions.set_tags(target=sex, kinds=["free_text"], by=steward, reason="says more than it should")
    assert isinstance(raised, ColumnTag)
    assert masks(rita, study)["sex"] == "withhold"
    lowered = actions.set_tags(target=sex, kinds=["clinical"], by=steward, reason="no, it does not")
    assert isinstance(lowered, TagProposal)
    assert masks(rita, study)["sex"] == "withhold"
    with pytest.raises(Refused):
        actions.approve_tags(proposal=lowered, by=steward)
    actions.approve_tags(proposal=lowered, by=second)
    assert "sex" not in masks(rita, study)
    assert events()[-3:] == ["tags_set", "tags_proposed", "tags_lowered"]


def masks(user: User, study: Study, table: str = "silver.patients") -> dict[str, str]:
    return dict(Standing.of(user, ["ann"], study=study).decide("research", table, "ann").masks)


def test_a_tag_is_removed_by_two(steward: User, second: User) -> None:
    actions.set_tags(target=NAME, sensitivity="restricted", by=steward, reason="famous")
    proposal = actions.remove_tags(target=NAME, by=steward, reason="no longer")
    assert ColumnTag.objects.exists()
    actions.reject_tags(proposal=proposal, by=second, answer="Names of people")
    assert ColumnTag.objects.exists()
    actions.approve_tags(proposal=actions.remove_tags(target=NAME, by=steward, reason="really"), by=second)
    assert not ColumnTag.objects.exists()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("silver.patients#nothing", {"klass": "PII"}),
        ("silver.nothing", {"klass": "PII"}),
        (NAME, {"klass": "SECRET"}),
        (NAME, {"kinds": ["nickname"]}),
        (NAME, {"transform": "hash"}),
    ],
)
def test_tags_are_of_what_there_is_in_known_words(steward: User, target: str, words: dict) -> None:
    with pytest.raises(Refused):
        actions.set_tags(target=target, by=steward, reason="because", **words)


def test_lineage_carries_tags_until_two_sign_for_a_transform(steward: User, second: User) -> None:
    """gold.cohort.sex comes from silver.patients.sex: what is raised there is raised here."""
    assert "silver.patients" in tables.get("gold.cohort").reads
    actions.set_tags(target="silver.patients#sex", kinds=["free_text"], by=steward, reason="test")
    assert "free_text" in rulebook.current().tags["gold.cohort"]["sex"].kinds
    proposal = actions.set_tags(
        target="gold.cohort#sex", kinds=["clinical"], transform="dictionary", by=steward, reason="a code"
    )
    assert isinstance(proposal, TagProposal)
    assert "free_text" in rulebook.current().tags["gold.cohort"]["sex"].kinds
    actions.approve_tags(proposal=proposal, by=second)
    assert rulebook.current().tags["gold.cohort"]["sex"].kinds == {"clinical"}


def test_the_id_of_a_column_survives_a_rename() -> None:
    before, after = Column(str, "Sex").named("sex"), Column(str, "Sex", was="sex").named("gender")
    assert (
        column_id("silver.patients", before) == column_id("silver.patients", after) == "silver.patients#sex"
    )


def test_a_schema_hands_its_tags_down(steward: User) -> None:
    actions.set_tags(target="silver", klass="PII", by=steward, reason="a new law")
    assert {tags.klass for tags in rulebook.current().tags["silver.labs"].values()} == {"PII"}


def test_what_nobody_declared_is_left_out(rita: User, study: Study) -> None:
    decision = Standing.of(rita, ["ann"], study=study).decide("research", "silver.patients", "ann", ["novel"])
    assert decision.masks == {"novel": "null"}


# --- policies -----------------------------------------------------------------------------------------


def test_a_policy_binds_the_next_read_after_a_second_steward(
    alice: User, steward: User, second: User
) -> None:
    rule = Rule("no-names", "silver", "mask", "null", kinds=("name",), principals=("role:oncologist",))
    before = rulebook.current().hash
    policy = actions.draft_policy(rule=rule, reason="a test", by=steward)
    assert decide(alice, "treatment", "silver.patients", "ann").masks == {}
    with pytest.raises(Refused):
        actions.publish_policy(policy=policy, by=steward)
    actions.publish_policy(policy=policy, by=second)
    decision = decide(alice, "treatment", "silver.patients", "ann")
    assert decision.masks == {"name": "null"}
    assert decision.policy_hash == rulebook.current().hash != before
    actions.retire_policy(policy=policy, by=steward)
    assert decide(alice, "treatment", "silver.patients", "ann").masks == {}
    assert rulebook.current().hash == before


def test_a_new_version_takes_the_place_of_the_old(steward: User, second: User) -> None:
    for kind in ("name", "date"):
        draft = actions.draft_policy(
            rule=Rule("p", "silver", "mask", "null", kinds=(kind,)), reason="x", by=steward
        )
        actions.publish_policy(policy=draft, by=second)
    states = dict(Policy.objects.values_list("version", "state"))
    assert states == {1: "retired", 2: "published"}
    assert [r.kinds for r in rulebook.current().rules if r.name == "p"] == [("date",)]


@pytest.mark.parametrize(
    "rule",
    [
        Rule("p", "silver", "mask", "rot13"),
        Rule("p", "silver", "mask", "null", kinds=("nickname",)),
        Rule("p", "copper", "deny"),
        Rule("p", "silver", "deny", purposes=("curiosity",)),
    ],
)
def test_a_policy_is_made_of_known_words(steward: User, rule: Rule) -> None:
    with pytest.raises(Refused):
        actions.draft_policy(rule=rule, reason="x", by=steward)


def test_the_database_itself_wants_a_second_person(steward: User) -> None:
    policy = actions.draft_policy(rule=Rule("p", "silver", "deny"), reason="x", by=steward)
    with pytest.raises(IntegrityError), transaction.atomic():
        Policy.objects.filter(pk=policy.pk).update(state="published", published_by=steward)


def test_a_draft_that_was_altered_is_not_published(steward: User, second: User) -> None:
    policy = actions.draft_policy(rule=Rule("p", "silver", "deny"), reason="x", by=steward)
    Policy.objects.filter(pk=policy.pk).update(scope="gold")
    with pytest.raises(Refused, match="hash"):
        actions.publish_policy(policy=Policy.objects.get(pk=policy.pk), by=second)


def test_a_rolled_back_change_leaves_no_trace_in_the_rules(alice: User, steward: User, second: User) -> None:
    try:
        with transaction.atomic():
            draft = actions.draft_policy(rule=Rule("p", "silver", "deny"), reason="x", by=steward)
            actions.publish_policy(policy=draft, by=second)
            assert not reads(alice)
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    assert reads(alice)


# --- studies ------------------------------------------------------------------------------------------


def test_research_is_of_who_consented_while_the_study_runs(rita: User, study: Study, steward: User) -> None:
    def seen(user: User = rita, of: Study | None = study) -> frozenset[str] | None:
        decision = Standing.of(user, ["ann"], study=of).decide("research", "silver.patients", None)
        return decision.patients if decision.allowed else None

    assert seen() == {"ann"}
    assert seen(of=None) == frozenset()
    assert seen(person("other", Role.RESEARCHER)) == frozenset()
    actions.restrict_patient(patient_key="ann", why="vip", by=steward)
    assert seen() == frozenset()
    actions.restrict_patient(patient_key="ann", why="", by=steward)
    Study.objects.update(ends_on=date(2020, 1, 1))
    study.refresh_from_db()
    assert seen() == frozenset()
    Study.objects.update(ends_on=None)
    study.refresh_from_db()
    actions.withdraw_consent(patient_key="ann", scope="research", study=study, by=steward)
    assert seen() == frozenset()


def test_quality_is_of_ones_unit(steward: User) -> None:
    quinn = person("quinn", Role.QUALITY_OFFICER)
    actions.set_units(units={"ann": "North", "ben": "South"}, by=steward)
    assignment = actions.assign_quality(unit="North", user=quinn, by=steward)
    assert (reads(quinn, "ann", "quality"), reads(quinn, "ben", "quality")) == (True, False)
    assert Standing.of(quinn, ["ann"]).decide("quality", "silver.patients", "ann").label == "LIMITED"
    actions.end_quality(assignment=assignment, by=steward)
    assert not reads(quinn, "ann", "quality")


def test_nobody_lets_themself_in(steward: User, study: Study) -> None:
    with pytest.raises(Refused):
        actions.add_study_member(study=study, user=steward, by=steward)
    with pytest.raises(Refused):
        actions.assign_quality(unit="North", user=steward, by=steward)


# --- emergency access ---------------------------------------------------------------------------------

BROKEN = {"code": "emergency", "reason": "unconscious in resus", "confirmed": True}


def test_emergency_access(alice: User, steward: User) -> None:
    bob = person("bob", Role.RADIOLOGIST)
    opened = actions.break_glass(patient_key="ann", by=bob, **BROKEN)
    assert reads(bob)
    assert not reads(bob, "ben")
    assert not Standing.of(bob, ["ann"]).may("export", "silver.patients", "treatment", "ann").allowed
    assert timedelta(hours=3, minutes=59) < opened.ends_at - timezone.now() <= timedelta(hours=4)
    assert timedelta(hours=71) < opened.due_at - timezone.now() <= timedelta(hours=72)
    assert set(Notice.objects.values_list("user__username", "group__name")) == {
        (None, "role:data_steward"), (None, "role:privacy_officer"), ("alice", None),
    }  # fmt: skip
    opened.reach.__class__.objects.update(ends_at=timezone.now())
    assert not reads(bob)


@pytest.mark.parametrize(
    "change",
    [{"confirmed": False}, {"reason": "  too short     "}, {"code": "boredom"}],
)
def test_what_emergency_access_takes(change: dict) -> None:
    with pytest.raises(Refused):
        actions.break_glass(patient_key="ann", by=person("bob", Role.RADIOLOGIST), **{**BROKEN, **change})
    assert not BreakGlass.objects.exists()


@pytest.mark.parametrize("role", [Role.DATA_STEWARD, Role.ADMINISTRATOR, Role.RESEARCHER])
def test_emergency_access_is_for_those_who_treat(role: Role) -> None:
    with pytest.raises(PermissionDenied):
        actions.break_glass(patient_key="ann", by=person("", role), **BROKEN)


def test_three_within_a_day_and_not_of_ones_own(alice: User) -> None:
    with pytest.raises(Refused, match="already"):
        actions.break_glass(patient_key="ann", by=alice, **BROKEN)
    for number in range(3):
        actions.break_glass(patient_key=f"p{number}", by=alice, **BROKEN)
    with pytest.raises(Refused, match="3 times"):
        actions.break_glass(patient_key="p3", by=alice, **BROKEN)
    BreakGlass.objects.update(opened_at=timezone.now() - timedelta(hours=25))
    actions.break_glass(patient_key="p3", by=alice, **BROKEN)


def test_the_review(steward: User) -> None:
    bob = person("bob", Role.RADIOLOGIST)
    opened = actions.break_glass(patient_key="ann", by=bob, **BROKEN)
    judged = {"opened": opened, "note": "no such emergency", "outcome": "not_justified"}
    with pytest.raises(PermissionDenied):
        actions.review_break_glass(**judged, by=bob)
    for change in ({"note": " "}, {"outcome": "fine"}):
        with pytest.raises(Refused):
            actions.review_break_glass(**{**judged, **change}, by=steward)
    actions.review_break_glass(**judged, by=steward)
    assert not reads(bob), "what was not justified ends at once"
    with pytest.raises(Refused):
        actions.review_break_glass(**judged, by=steward)
    notice = Notice.objects.get(group__name=Role.DATA_STEWARD.group_name)
    with pytest.raises(PermissionDenied):
        actions.see_notice(notice=notice, by=bob)
    actions.see_notice(notice=notice, by=steward)
    actions.see_notice(notice=notice, by=steward)
    assert events().count("notice_seen") == 1


# --- explain and simulate -----------------------------------------------------------------------------


def test_explain_names_the_deciding_rule(alice: User, rita: User, study: Study) -> None:
    what = {"table": "silver.patients", "column": "birth_date"}
    clear = explain(user=alice, patient_key="ann", purpose="treatment", **what)
    assert (clear.allowed, clear.mask, clear.policies) == (True, "", ("treated-by-relation",))
    hidden = explain(user=alice, patient_key="ben", purpose="treatment", **what)
    assert (hidden.allowed, hidden.rule) == (False, "row filter: care_relation")
    assert [step.refused for step in hidden.steps] == [False] * 5 + [True]
    moved = explain(user=rita, patient_key="ann", purpose="research", study=study, **what)
    assert (moved.allowed, moved.mask) == (True, "shift_date")
    assert "dates-moved" in moved.policies
    assert moved.tags.kinds == {"date"}


def test_simulate_says_who_gains_and_loses(alice: User, rita: User, study: Study, steward: User) -> None:
    users = [alice, rita, steward]
    deny = Rule("closed", "silver.patients", "deny", principals=("role:oncologist",))
    (change,) = simulate(draft=deny, users=users, studies=[study])
    assert (change.user, change.table, change.loses, change.gains) == (alice, "silver.patients", True, False)
    looser = Rule("dates-moved", "tumorboard", "mask", "bucket", ("quality",), kinds=("date",))
    changes = simulate(draft=looser, users=users, studies=[study], names=["silver.patients"])
    assert [(c.user, c.gains, c.loses) for c in changes] == [(rita, True, False)]
    assert "birth_date" in changes[0].columns
    fewer = Rule("restricted", "silver", "row_filter", "not_restricted", ("treatment",))
    assert simulate(draft=fewer, users=users, names=["silver.patients"]) == []
    actions.restrict_patient(patient_key="ann", why="vip", by=steward)
    (change,) = simulate(draft=fewer, users=users, names=["silver.patients"])
    assert (change.before.patients, change.after.patients, change.loses) == (1, 0, True)
    assert decide(alice, "treatment", "silver.patients", "ann").allowed, "nothing is in force yet"
