"""CTML documents: everything is mapped or reported, nothing is dropped, nothing crashes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.trials.conftest import clinical, document, genomic
from tumorboard.trials.criteria import (
    Alteration,
    And,
    Diagnosis,
    Level,
    Not,
    Or,
    Predicate,
    Sex,
    Unsupported,
    predicates,
)
from tumorboard.trials.ctml import MAX_DEPTH, Malformed, read_trial


def _match(*nodes: Any) -> Any:
    return read_trial({"protocol_no": "T-1", "match": list(nodes)}).root.match


def _levels(level: Level) -> list[Level]:
    return [level, *(each for below in level.below for each in _levels(below))]


def test_levels_codes_and_paths() -> None:
    trial = read_trial(document(dose=[genomic(hugo_symbol="KRAS")]))
    levels = _levels(trial.root)
    assert [(level.name, level.code) for level in levels] == [
        ("trial", ""),
        ("step", "1"),
        ("arm", "A"),
        ("dose", "1"),
    ]
    (leaf,) = predicates(levels[3].match)
    assert leaf.path == "treatment_list.step[0].arm[0].dose_level[0].match[0].genomic"
    assert leaf.wording == "hugo_symbol: KRAS"


def test_arms_with_the_same_code_are_told_apart() -> None:
    steps = [{"arm": [{"arm_code": "A"}]}, {"arm": [{"arm_code": "A"}]}]
    trial = read_trial({"protocol_no": "T", "treatment_list": {"step": steps}})
    assert [level.code for level in _levels(trial.root) if level.name == "arm"] == ["A", "A (2)"]


@pytest.mark.parametrize("value", [None, [], "text", 7, {}, {"protocol_no": ""}, {"protocol_no": ["a"]}])
def test_a_document_without_identifier_is_refused_in_words(value: object) -> None:
    with pytest.raises(Malformed) as refusal:
        read_trial(value)
    assert refusal.value.path
    assert "trial" in refusal.value.message


def test_ctims_identifier_and_prior_treatment() -> None:
    trial = read_trial(
        {"trial_internal_id": "C-1", "match": [{"prior_treatment": {"prior_treatment_agent": "X"}}]}
    )
    assert trial.trial_id == "C-1"
    assert len(predicates(trial.root.match)) == 1


def test_the_version_follows_the_content_not_the_key_order() -> None:
    one, two = read_trial({"protocol_no": "T", "phase": "1"}), read_trial({"phase": "1", "protocol_no": "T"})
    assert one.version == two.version != read_trial({"protocol_no": "T", "phase": "2"}).version


@pytest.mark.parametrize(
    ("fields", "is_open"),
    [
        ({"_summary": {"status": [{"value": "Open to Accrual"}]}}, True),
        ({"_summary": {"status": [{"value": "closed"}]}, "status": "open"}, False),
        ({"status": "open to accrual"}, True),
        ({}, None),
        ({"_summary": "broken", "status": ["odd"]}, None),
    ],
)
def test_status(fields: dict[str, Any], is_open: bool | None) -> None:
    assert read_trial({"protocol_no": "T", **fields}).is_open is is_open


# ---- suspension: traps 6 and 7


def test_a_step_without_arms_is_not_suspended() -> None:
    trial = read_trial({"protocol_no": "T", "treatment_list": {"step": [{"step_code": "1", "match": []}]}})
    assert not _levels(trial.root)[1].suspended


def test_suspension_is_inherited_downwards() -> None:
    trial = read_trial(
        {
            "protocol_no": "T",
            "treatment_list": {
                "step": [
                    {
                        "arm": [
                            {"arm_suspended": "y", "dose_level": [{"level_suspended": "N"}]},
                            {"arm_suspended": "N"},
                        ]
                    }
                ]
            },
        }
    )
    suspended = [(level.name, level.suspended) for level in _levels(trial.root)]
    assert suspended == [
        ("trial", False),
        ("step", False),
        ("arm", True),
        ("dose", True),
        ("arm", False),
    ]


def test_a_step_whose_arms_are_all_suspended_is_suspended() -> None:
    arms = [{"arm_suspended": "Y"}, {"arm_suspended": "Y"}]
    trial = read_trial({"protocol_no": "T", "treatment_list": {"step": [{"arm": arms}]}})
    assert all(level.suspended for level in _levels(trial.root)[1:])


# ---- the tree


def test_labels_and_nesting() -> None:
    tree = _match(
        {
            "and_1": [
                genomic(hugo_symbol="EGFR"),
                {"OR2": [genomic(hugo_symbol="ALK"), genomic(hugo_symbol="RET")]},
            ]
        }
    )
    assert isinstance(tree, And)
    assert isinstance(tree.children[1], Or)


def test_several_labels_in_one_object_are_an_and() -> None:
    tree = _match({"genomic": {"hugo_symbol": "EGFR"}, "clinical": {"gender": "Male"}})
    assert isinstance(tree, And)
    assert len(predicates(tree)) == 2


def test_one_negated_key_negates_the_whole_genomic_node() -> None:
    tree = _match(genomic(hugo_symbol="AR", protein_change="!p.F877L", variant_category="Mutation"))
    assert isinstance(tree, Not)
    assert isinstance(tree.child, Predicate)
    assert isinstance(tree.child.asks, Alteration)
    assert str(tree.child.asks.change) == "p.F877L"
    assert "!p.F877L" in tree.child.wording


def test_clinical_keys_are_negated_one_by_one() -> None:
    tree = _match(clinical(gender="!Male", age_numerical=">=18"))
    assert isinstance(tree, And)
    assert isinstance(tree.children[0], Not)
    assert isinstance(tree.children[1], Predicate)


def test_several_diagnoses_are_an_or_with_a_path_each() -> None:
    tree = _match(clinical(oncotree_primary_diagnosis=["Lung", "Breast"]))
    assert isinstance(tree, Or)
    assert [leaf.asks for leaf in predicates(tree)] == [Diagnosis("LUNG"), Diagnosis("BREAST")]
    assert len({leaf.path for leaf in predicates(tree)}) == 2


@pytest.mark.parametrize(
    "nodes",
    [[], [{"and": []}], [{"or": [{"and": []}]}], [genomic(display_name="x")], [clinical(gender="All")]],
)
def test_a_clause_of_nothing_encodes_nothing(nodes: list[Any]) -> None:
    assert _match(*nodes) is None


def test_no_limit_is_noticed_not_dropped() -> None:
    trial = read_trial({"protocol_no": "T", "match": [clinical(number_prior_lines_therapy_allowed="Any")]})
    assert trial.root.match is None
    assert [notice.message for notice in trial.notices] == [
        "nothing to check: number_prior_lines_therapy_allowed: Any"
    ]


@pytest.mark.parametrize(
    "node",
    [
        "text",
        None,
        7,
        {"not": []},
        {"genomic": "EGFR"},
        {"clinical": []},
        genomic(hugo_symbol="EGFR", variant_category="Methylation"),
        genomic(hugo_symbol="EGFR", variant_classification="Big_Change"),
        genomic(hugo_symbol="EGFR", exon="nineteen"),
        genomic(hugo_symbol="EGFR", cnv_call="Huge"),
        genomic(hugo_symbol="EGFR", wildtype="perhaps"),
        genomic(hugo_symbol="EGFR", protein_change="V600-ish"),
        genomic(mmr_status="Odd"),
        genomic(variant_category="Mutation"),
        genomic(hugo_symbol="EGFR", tier=["9"]),
        genomic(hugo_symbol="EGFR", molecular_function="Odd"),
        clinical(age_numerical="adult"),
        clinical(gender="X"),
        clinical(disease_status=[]),
        clinical(oncotree_primary_diagnosis="Lungg"),
        clinical(molecular_marker_other=["PD-L1"]),
        clinical(active_brain_metastases_allowed="Perhaps"),
        clinical(brca1_germline_mutation="Odd"),
        clinical(oncotree_primary_diagnosis=["Lung", "!Breast"]),
        clinical(lab="Neutrophils enough"),
        clinical(washout="some days"),
        clinical(prior_therapy="snake oil"),
        clinical(stage_group=[]),
        clinical(favourite_colour="blue"),
        {"prior_treatments": {"dose": 3}},
        {"prior_treatments": {"drug": ""}},
    ],
)
def test_what_cannot_be_read_stays_as_unsupported_and_is_named(node: Any) -> None:
    trial = read_trial({"protocol_no": "T", "match": [node]})
    unsupported = [leaf for leaf in predicates(trial.root.match) if isinstance(leaf.asks, Unsupported)]
    assert unsupported
    assert {leaf.path for leaf in unsupported} <= {notice.path for notice in trial.notices}


def test_the_glued_value_of_the_published_schemas_is_read_as_two() -> None:
    for word in ("3_prime_UTR", "5'Flank"):
        (leaf,) = predicates(_match(genomic(hugo_symbol="TERT", variant_classification=word)))
        assert isinstance(leaf.asks, Alteration)


# ---- hostile documents


def test_deep_nesting_ends_in_an_unsupported_criterion() -> None:
    node: Any = genomic(hugo_symbol="EGFR")
    for _ in range(5 * MAX_DEPTH):
        node = {"and": [node]}
    (leaf,) = predicates(_match(node))
    assert isinstance(leaf.asks, Unsupported)


def test_nesting_beyond_all_measure_is_refused_in_words() -> None:
    node: Any = {}
    for _ in range(100_000):
        node = {"and": [node]}
    with pytest.raises(Malformed, match="nested too deeply"):
        _match(node)


def test_long_wording_is_cut() -> None:
    (leaf,) = predicates(_match({"unheard_of": "x" * 100_000}))
    assert len(leaf.wording) < 400


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "and",
                    "or",
                    "genomic",
                    "clinical",
                    "hugo_symbol",
                    "exon",
                    "gender",
                    "step",
                    "arm",
                    "match",
                    "x",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(json_values, json_values, json_values)
def test_any_json_reads_or_is_refused_in_words(match: Any, treatments: Any, summary: Any) -> None:
    trial = read_trial(
        {"protocol_no": "T", "match": match, "treatment_list": treatments, "_summary": summary}
    )
    assert trial.trial_id == "T"


def test_the_published_boolean_cases_lose_no_criterion(shared_data: Path) -> None:
    folder = shared_data / "trials" / "matchminer" / "ctml_boolean_cases"
    for path in sorted(folder.glob("*_*_*.json")):
        case = json.loads(path.read_text())
        leaves = predicates(_match(case))
        assert len(leaves) == _count_leaves(case), path.name


def _count_leaves(node: Any) -> int:
    if isinstance(node, list):
        return sum(map(_count_leaves, node))
    return sum(
        _count_leaves(value) if str(key).startswith(("and", "or")) else 1 for key, value in node.items()
    )


def test_an_alternative_that_asks_for_nothing_does_not_leave_the_others() -> None:
    """`any number of lines, or EGFR` asks nobody for EGFR."""
    either = [{"clinical": {"number_prior_lines_therapy_allowed": "Any"}}, {"clinical": {"gender": "Female"}}]
    trial = read_trial({"protocol_no": "T-1", "match": [{"or": either}]})
    assert [type(leaf.asks) for leaf in predicates(trial.root.match)] == [Unsupported, Sex]
    assert isinstance(trial.root.match, Or)


def test_a_list_with_and_without_negation_is_not_read() -> None:
    match = [{"clinical": {"disease_status": ["!Metastatic", "Localized"]}}]
    (leaf,) = predicates(read_trial({"protocol_no": "T-1", "match": match}).root.match)
    assert isinstance(leaf.asks, Unsupported)
