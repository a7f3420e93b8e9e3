"""The decision against an independent model, in a truth table and on grant graphs at random."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.governance.graphs import Known, case, engine, reference
from tumorboard.governance.policies.builtin import BUILT_IN
from tumorboard.governance.policies.deciding import _held, evaluate, rows_of
from tumorboard.governance.policies.functions import MASKS, ROW_FILTERS, strictest
from tumorboard.governance.policies.words import EVERYONE, Grant, Question, Rows, Rule, Tags, hash_of
from tumorboard.governance.purposes import PURPOSES
from tumorboard.governance.standing_grants import STANDING_GRANTS

GRAPHS = 20_000 if os.environ.get("PROVE") else 1_000
PRIVILEGES = (
    "use_catalog", "use_schema", "browse", "select", "select_deid", "read_volume", "write_volume", "modify",
    "create", "execute", "export", "time_travel", "manage", "tag", "audit_read", "own",
)  # fmt: skip
SECURABLES = ("silver.patients", "silver.trials", "gold.view", "landing", "models.risk", "gold.features")


def held(*groups: str) -> tuple[Grant, ...]:
    return tuple(
        Grant(privilege.value, standing.on, frozenset(standing.purposes))
        for standing in STANDING_GRANTS
        if standing.group in groups
        for privilege in standing.privileges
    )


def somebody(*groups: str, **facts: object) -> Known:
    return Known(principals=frozenset(groups), grants=held(*groups), service="service" in groups, **facts)


ANN = frozenset({"ann"})
OWNER = Grant("own", "tumorboard"), Grant("manage", "tumorboard")
ARCHETYPES = {
    "nobody": Known(active=False),
    "inactive clinician": replace(somebody("role:oncologist", related=ANN, own=ANN), active=False),
    "no role": Known(related=ANN, own=ANN),
    "clinician who treats": somebody("role:oncologist", related=ANN, own=ANN),
    "clinician of others": somebody("role:oncologist"),
    "board member in the window": somebody("role:pathologist", "board:1", related=ANN),
    "board member after it": somebody("role:pathologist", "board:1"),
    "break-glass": somebody("role:radiologist", related=ANN, own=frozenset(), emergency=ANN),
    "coordinator": somebody("role:coordinator", "board:1:coordinators", related=ANN),
    "steward": somebody("role:data_steward", related=ANN, own=ANN, consented=ANN, of_unit=ANN),
    "administrator": somebody("role:administrator", related=ANN, own=ANN),
    "owner": Known(grants=(*held("role:data_steward"), *OWNER), related=ANN, own=ANN),
    "researcher with consent": somebody("role:researcher", consented=ANN),
    "quality officer": somebody("role:quality_officer", of_unit=ANN),
    "service": somebody("service", trainable=ANN),
}
# Who may read Ann's rows of silver.patients, and for what. All others: nobody, never.
READS = {
    "clinician who treats": {"treatment"},
    "board member in the window": {"treatment"},
    "break-glass": {"treatment"},
    "coordinator": {"treatment"},
    "researcher with consent": {"research"},
    "quality officer": {"quality"},
    "service": {"training", "operations"},
}


@pytest.mark.parametrize("archetype", ARCHETYPES)
def test_who_reads_a_patient(archetype: str) -> None:
    who = ARCHETYPES[archetype]
    tags = {"name": Tags("PII", frozenset({"name"}))}
    for purpose in (*PURPOSES, "", "curiosity"):
        asked = Question(purpose, "silver.patients", tags, "ann")
        verdict = evaluate(who, asked, BUILT_IN)
        assert verdict.allowed is (purpose in READS.get(archetype, ())), (purpose, verdict.rule)
        assert not evaluate(who, replace(asked, patient="ben"), BUILT_IN).allowed or purpose == "operations"
        if verdict.allowed:
            clear = purpose in ("treatment", "operations")
            assert verdict.masks == ({} if clear else {"name": "null"})
            assert verdict.label == ("IDENTIFIED" if clear else "SAFE_HARBOR")
    for privilege in ("export", "own", "manage"):
        asked = Question("treatment", "silver.patients", tags, "ann", privilege=privilege)
        if privilege == "export":
            assert not evaluate(who, asked, BUILT_IN).allowed


def test_the_whole_matrix_agrees_with_the_reference_model() -> None:
    assert len(ARCHETYPES) >= 14
    compared = 0
    for who, name, privilege, purpose in product(ARCHETYPES.values(), SECURABLES, PRIVILEGES, PURPOSES):
        for patient in ("p1", "ann", None):
            asked = Question(
                purpose, name, {"c": Tags("PHI", frozenset({"date"}))}, patient, name != "silver.trials",
                privilege,
            )  # fmt: skip
            assert engine(who, asked, BUILT_IN) == reference(who, asked, BUILT_IN), (who, asked)
            compared += 1
    assert compared == len(ARCHETYPES) * len(SECURABLES) * len(PRIVILEGES) * len(PURPOSES) * 3


def test_grant_graphs_by_number() -> None:
    disagreeing = []
    for seed in range(GRAPHS):
        found = case(Random(seed))
        if engine(*found) != reference(*found):
            disagreeing.append(seed)
    assert disagreeing == []


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_grant_graphs_at_random(random: Random) -> None:
    who, asked, rules = case(random)
    assert engine(who, asked, rules) == reference(who, asked, rules)


def test_the_graphs_are_worth_comparing() -> None:
    """A fair share is allowed, and each rule of the chain decides some."""
    deciding: dict[str, int] = {}
    for seed in range(3_000):
        verdict = evaluate(*case(Random(seed)))
        name = verdict.steps[-1].name if not verdict.allowed else "allowed"
        deciding[name] = deciding.get(name, 0) + 1
    expected = {"account", "denial", "purpose", "use", "privilege", "row filter", "mask", "allowed"}
    assert set(deciding) == expected
    assert min(deciding.values()) > 10, deciding
    assert deciding["allowed"] > 300


def test_the_reference_model_is_short_and_its_own() -> None:
    source = (Path(__file__).parent / "reference_model.py").read_text()
    assert len(source.splitlines()) <= 150
    assert "import tumorboard" not in source
    assert "from tumorboard" not in source


def test_the_first_rule_that_says_no_is_named() -> None:
    who = ARCHETYPES["clinician who treats"]
    asked = Question("treatment", "silver.patients", {}, "ann")
    deny = replace(who, grants=(*who.grants, Grant("select", "silver", deny=True)))
    assert evaluate(replace(deny, active=False), asked, BUILT_IN).rule == "account: inactive or nobody"
    assert evaluate(deny, replace(asked, purpose="?"), BUILT_IN).rule == "denial: select on silver is denied"
    assert evaluate(who, replace(asked, purpose="?"), BUILT_IN).rule == "purpose: none that is known"
    bare = tuple(g for g in who.grants if g.privilege == "select")
    assert evaluate(replace(who, grants=bare), asked, BUILT_IN).rule == "use: no use_catalog"
    without = tuple(g for g in who.grants if g.privilege != "select")
    none = evaluate(replace(who, grants=without), asked, BUILT_IN)
    assert none.rule == "privilege: no select for treatment"
    assert evaluate(who, replace(asked, patient="ben"), BUILT_IN).rule == "row filter: care_relation"
    assert evaluate(who, asked, ()).rule == "row filter: no policy says which patients"
    assert evaluate(who, asked, BUILT_IN).rule == "row filter: care_relation; mask: none"


def test_a_denial_is_bound_to_its_purposes() -> None:
    who = ARCHETYPES["clinician who treats"]
    asked = Question("treatment", "silver.patients", {}, "ann")
    for purposes, allowed in [((), False), (("treatment",), False), (("research",), True)]:
        denial = Grant("use_schema", "tumorboard", frozenset(purposes), True)
        found = evaluate(replace(who, grants=(*who.grants, denial)), asked, BUILT_IN)
        assert found.allowed is allowed


@pytest.mark.parametrize("broken", [
    Rule("x", "tumorboard", "mask", "gone"), Rule("x", "tumorboard", "row_filter", "gone"),
    Rule("x", "tumorboard", "shrug"), Rule("x", "tumorboard", "mask", "null", kinds=("gone",)),
    Rule("x", "tumorboard", "deny", classes=("GONE",)), Rule("x", "silver", "deny", sensitivities=("gone",)),
    Rule("x", "tumorboard", "deny", "null"),
])  # fmt: skip
def test_a_deleted_function_or_tag_refuses(broken: Rule) -> None:
    asked = Question("treatment", "silver.patients", {}, "ann")
    verdict = evaluate(ARCHETYPES["clinician who treats"], asked, (*BUILT_IN, broken))
    assert verdict.rule == "denial: policy x names something that is gone"


def test_of_several_masks_the_strictest_and_a_tie_refuses() -> None:
    assert strictest(frozenset({"null", "shift_date"})) == "null"
    assert strictest(frozenset({"shift_date"})) == "shift_date"
    assert strictest(frozenset({"shift_date", "zip3"})) is None
    assert strictest(frozenset({"null", "shift_date", "zip3"})) == "null"
    assert all(strictest(frozenset({mask})) == mask for mask in MASKS)
    two = (*BUILT_IN, Rule("steps", "tumorboard", "mask", "bucket", kinds=("age",)))
    asked = Question("research", "gold.cohort", {"age": Tags("PHI", frozenset({"age"}))}, "ann")
    verdict = evaluate(ARCHETYPES["researcher with consent"], asked, two)
    assert verdict.rule == "mask: two masks of age are equally strict: age_over_89 and bucket"


def test_an_unreviewed_column_is_left_out_of_research() -> None:
    columns = {"new": Tags(), "seen": Tags("PHI", frozenset({"clinical"})), "open": Tags("PUBLIC")}
    asked = Question("research", "gold.cohort", columns, "ann")
    verdict = evaluate(ARCHETYPES["researcher with consent"], asked, BUILT_IN)
    assert verdict.masks == {"new": "null"}


def test_labels() -> None:
    who = ARCHETYPES["researcher with consent"]
    for kind, label in [("date", "LIMITED"), ("age", "SAFE_HARBOR"), ("clinical", "SAFE_HARBOR")]:
        asked = Question("research", "gold.cohort", {"c": Tags("PHI", frozenset({kind}))}, "ann")
        assert evaluate(who, asked, BUILT_IN).label == label
    shown = tuple(rule for rule in BUILT_IN if rule.name != "dates-moved")
    asked = Question("research", "gold.cohort", {"c": Tags("PHI", frozenset({"date"}))}, "ann")
    assert evaluate(who, asked, shown).label == "IDENTIFIED"


def test_no_patient_twice_through_exclusions() -> None:
    some, others = Rows(frozenset("ab")), Rows(frozenset("bc"), True)
    for one, two in product([some, others, EVERYONE, Rows(frozenset())], repeat=2):
        both = one & two
        assert all((key in both) == (key in one and key in two) for key in "abcd")


def test_the_hash_of_a_policy_set() -> None:
    assert hash_of(BUILT_IN) == hash_of(tuple(reversed(BUILT_IN)))
    assert hash_of(BUILT_IN) != hash_of(BUILT_IN[1:])
    assert BUILT_IN[0].hash != replace(BUILT_IN[0], purposes=("research",)).hash


def test_a_denial_of_a_whole_table_holds_without_columns_too() -> None:
    who = ARCHETYPES["clinician who treats"]
    asked = Question("treatment", "silver.patients", {}, "ann")
    whole, dates = Rule("x", "silver", "deny"), Rule("x", "silver", "deny", kinds=("date",))
    assert not evaluate(who, asked, (*BUILT_IN, whole)).allowed
    assert evaluate(who, asked, (*BUILT_IN, dates)).allowed
    with_date = replace(asked, columns={"d": Tags("PHI", frozenset({"date"}))})
    assert not evaluate(who, with_date, (*BUILT_IN, dates)).allowed


def test_leaving_a_column_out_opens_no_patient() -> None:
    """A row filter on restricted columns holds for the table, whichever of its columns are asked for."""
    who = replace(ARCHETYPES["clinician who treats"], restricted=ANN)
    rule = Rule("x", "silver", "row_filter", "not_restricted", sensitivities=("restricted",))
    secret = {"secret": Tags("PHI", frozenset({"clinical"}), "restricted")}
    plain = {"open": Tags("PUBLIC")}
    for columns, table, allowed in [
        (plain, {**plain, **secret}, False),
        (secret, None, False),
        (plain, None, True),
        (secret, plain, True),
    ]:
        asked = Question("treatment", "silver.patients", columns, "ann", all_columns=table)
        assert evaluate(who, asked, (*BUILT_IN, rule)).allowed is allowed


def test_a_mask_by_sensitivity() -> None:
    who = ARCHETYPES["clinician who treats"]
    rule = Rule("x", "silver", "mask", "null", sensitivities=("restricted",))
    columns = {"a": Tags("PHI", frozenset({"date"}), "restricted"), "b": Tags("PHI", frozenset({"date"}))}
    asked = Question("treatment", "silver.patients", columns, "ann")
    assert evaluate(who, asked, (*BUILT_IN, rule)).masks == {"a": "null"}


def test_whether_a_table_is_open_at_all_asks_for_no_patient() -> None:
    who = ARCHETYPES["clinician of others"]
    asked = Question("treatment", "silver.patients", {}, None)
    assert evaluate(who, asked, BUILT_IN, rows=False).allowed
    assert not evaluate(who, asked, BUILT_IN).allowed
    assert not evaluate(ARCHETYPES["no role"], asked, BUILT_IN, rows=False).allowed


def test_the_rows_of_a_table_whatever_else_is_decided() -> None:
    who = ARCHETYPES["clinician who treats"]
    asked = Question("treatment", "silver.patients", {}, None)
    assert rows_of(who, asked, BUILT_IN) == Rows(ANN)
    assert rows_of(who, replace(asked, per_patient=False), BUILT_IN) == EVERYONE
    assert rows_of(who, replace(asked, purpose="research"), BUILT_IN) == Rows(frozenset())


def test_row_filters() -> None:
    who = Known(
        related=frozenset("ab"), own=frozenset("c"), emergency=frozenset("d"), consented=frozenset("e"),
        trainable=frozenset("f"), of_unit=frozenset("g"), restricted=frozenset("cdh"),
    )  # fmt: skip
    found = {name: (function(who).keys, function(who).others) for name, function in ROW_FILTERS.items()}
    assert found == {
        "care_relation": (frozenset("ab"), False),
        "study_consent": (frozenset("e"), False),
        "training_consent": (frozenset("f"), False),
        "quality_unit": (frozenset("g"), False),
        "not_restricted": (frozenset("cdh"), True),
        "restricted_to_own": (frozenset("h"), True),
    }


def test_a_denial_is_never_taken_for_a_grant() -> None:
    asked = Question("treatment", "silver.patients")
    denial = Grant("select", "silver", frozenset({"treatment"}), True)
    assert not _held(Known(grants=(denial,)), asked, "select")
    assert _held(Known(grants=(replace(denial, deny=False),)), asked, "select")


def test_exclusions_alone_are_no_set_of_patients() -> None:
    who = replace(ARCHETYPES["service"], restricted=ANN)
    rule = Rule("x", "tumorboard", "row_filter", "not_restricted", ("operations",))
    asked = Question("operations", "silver.patients", {}, None)
    assert evaluate(who, asked, (*BUILT_IN, rule)).rule == "row filter: only exclusions: no set of patients"
    assert evaluate(who, asked, BUILT_IN).rule == "row filter: all patients; mask: none"
    assert evaluate(replace(who, restricted=frozenset()), asked, (*BUILT_IN, rule)).allowed
