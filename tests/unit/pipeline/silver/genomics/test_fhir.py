"""FHIR variant observations: what is a finding, and where its parts stand."""

from __future__ import annotations

import pytest

from tumorboard.pipeline.silver.genomics.fhir import findings

LOINC = "http://loinc.org"


def component(code, **value):
    return {"code": {"coding": [{"system": LOINC, "code": code}]}, **value}


def coded(code, *, value, display=None):
    return component(code, valueCodeableConcept={"coding": [{"code": value, "display": display or value}]})


def observation(*components, value="LA9633-4", **given):
    base = {"status": "final", "code": {"coding": [{"code": "69548-6"}]}, "component": list(components)}
    return {**base, "valueCodeableConcept": {"coding": [{"code": value}]}, **given}


GENE = coded("48018-6", value="HGNC:3236", display="EGFR")


@pytest.mark.parametrize("value", ["LA9634-2", "LA18198-4", "LA11884-6"])
def test_absent_uncalled_and_indeterminate_are_no_findings(value):
    assert list(findings(observation(GENE, value=value))) == []


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
def test_what_was_taken_back_is_no_finding(status):
    assert list(findings(observation(GENE, status=status))) == []


def test_a_low_confidence_call_is_no_finding():
    low = coded("variant-confidence-status", value="low")
    assert list(findings(observation(GENE, low))) == []


def test_parts_of_a_small_variant():
    (found,) = findings(
        observation(
            GENE,
            coded("48005-3", value="p.Leu858Arg"),
            coded("48004-6", value="NM_005228.5:c.2573T>G"),
            coded("81290-9", value="NC_000007.14:g.55191822T>G"),
            coded("48002-0", value="LA6684-0", display="Somatic"),
            component("81258-6", valueQuantity={"value": 20, "unit": "%"}),
            component("82121-5", valueQuantity={"value": 300}),
        )
    )
    assert (found.gene, found.hgvs_p, found.hgvs_c) == ("EGFR", "p.L858R", "c.2573T>G")
    assert (found.chromosome, found.position, found.ref, found.alt) == ("7", 55191822, "T", "G")
    assert (found.genome_build, found.origin_class, found.vaf, found.depth) == ("GRCh38", "somatic", 0.2, 300)


@pytest.mark.parametrize(("system", "position"), [("LA30100-4", 101), ("LA30102-0", 100), (None, 100)])
def test_positions_count_from_one_whatever_the_coordinate_system(system, position):
    parts = [component("81254-5", valueRange={"low": {"value": 100}})]
    parts += [coded("92822-6", value=system)] if system else []
    (found,) = findings(observation(GENE, *parts))
    assert found.position == position


def test_copies_are_a_copy_number_variant():
    (found,) = findings(observation(GENE, component("82155-3", valueQuantity={"value": 14})))
    assert (found.kind, found.copy_number) == ("cnv", 14.0)


@pytest.mark.parametrize(
    "parts",
    [
        [coded("48018-6", value="ALK"), coded("48018-6", value="EML4")],
        [coded("48018-6", value="ALK"), coded("81291-7", value="EML4-ALK fusion")],
    ],
)
def test_two_genes_are_a_fusion(parts):
    (found,) = findings(observation(*parts))
    assert (found.kind, found.gene, found.partner_gene) == ("sv", "ALK", "EML4")


def test_a_missing_presence_is_said():
    bare = observation(GENE)
    del bare["valueCodeableConcept"]
    (found,) = findings(bare)
    assert "does not state whether" in found.remark


@pytest.mark.parametrize("odd", [{"component": None}, {"component": []}, {"hasMember": [{"reference": "x"}]}])
def test_groups_and_empty_ones_are_no_findings(odd):
    assert list(findings(observation(GENE) | odd)) == []
