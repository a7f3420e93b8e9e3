"""The invented trials: parseable, marked as synthetic, and able to match this cohort."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tumorboard.synthetic.variants import PANEL_GENES


@pytest.fixture(scope="module")
def ctml(cohort: Path) -> list[dict[str, Any]]:
    return [yaml.safe_load(p.read_text()) for p in sorted((cohort / "trials" / "ctml").iterdir())]


@pytest.fixture(scope="module")
def registry(cohort: Path) -> list[dict[str, Any]]:
    return [json.loads(p.read_text()) for p in sorted((cohort / "trials" / "registry").iterdir())]


def nodes(value: Any, kind: str) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if isinstance(value.get(kind), dict):
            yield value[kind]
        for inner in value.values():
            yield from nodes(inner, kind)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner, kind)


def test_counts_and_numbers(ctml: list[dict[str, Any]], registry: list[dict[str, Any]]) -> None:
    curated = {t["nct_id"] for t in ctml}
    listed = {s["protocolSection"]["identificationModule"]["nctId"] for s in registry}
    assert (len(curated), len(listed), len(curated & listed)) == (12, 12, 8)
    assert all(re.fullmatch(r"NCT9\d{7}", number) for number in curated | listed)


def test_every_title_says_synthetic(ctml: list[dict[str, Any]], registry: list[dict[str, Any]]) -> None:
    titles = [t["short_title"] for t in ctml]
    titles += [s["protocolSection"]["identificationModule"]["briefTitle"] for s in registry]
    assert all(title.startswith("SYNTHETIC") for title in titles)


def test_genes_are_on_the_panel(ctml: list[dict[str, Any]]) -> None:
    genes = {n["hugo_symbol"] for n in nodes(ctml, "genomic") if "hugo_symbol" in n}
    assert genes <= set(PANEL_GENES)


def test_the_hard_parts_of_ctml_occur(ctml: list[dict[str, Any]]) -> None:
    text = json.dumps(ctml)
    wanted = [
        '"or_1"',
        "wildcard_protein_change",
        "cnv_call",
        "tmb_numerical",
        "ms_status",
        "mmr_status",
        '"!Mutation"',
    ]
    wanted += [
        "_SOLID_",
        "prior_treatments",
        '"arm_suspended": "Y"',
        '"level_suspended": "Y"',
        "closed to accrual",
    ]
    wanted += ["fusion_partner_hugo_symbol", "er_status", "number_prior_lines_therapy_allowed"]
    assert [part for part in wanted if part not in text] == []


def test_registry_records_have_the_modules_a_reader_needs(registry: list[dict[str, Any]]) -> None:
    for study in registry:
        protocol = study["protocolSection"]
        assert re.fullmatch(r"\d{4}-\d\d", protocol["statusModule"]["startDateStruct"]["date"])
        assert protocol["eligibilityModule"]["eligibilityCriteria"]
        assert protocol["eligibilityModule"]["minimumAge"].endswith("Years")
        arms = protocol["armsInterventionsModule"]
        known = {i["name"] for i in arms["interventions"]}
        used = {n.split(": ", 1)[1] for g in arms["armGroups"] for n in g["interventionNames"]}
        assert used == known


def test_criteria_text_is_markdown_escaped(registry: list[dict[str, Any]]) -> None:
    texts = [s["protocolSection"]["eligibilityModule"]["eligibilityCriteria"] for s in registry]
    assert any("\\>=" in text for text in texts)
