"""The spec table `tests/spec/knowledge/actionability.md`, row by row, and the rules around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tumorboard.codes.oncotree import OncoTree
from tumorboard.pipeline.knowledge.alterations import Alteration
from tumorboard.pipeline.knowledge.entries import OWN_TABLE, BadKnowledge, own_entries, read_table
from tumorboard.pipeline.knowledge.matching import matches

SPEC = Path(__file__).parents[3] / "spec" / "knowledge" / "actionability.md"


def _spec():
    lines = [line for line in SPEC.read_text().splitlines() if line.startswith("|")]
    names = [cell.strip() for cell in lines[0].strip("|").split("|")]
    for line in lines[2:]:
        yield dict(zip(names, (cell.strip() for cell in line.strip("|").split("|")), strict=True))


def _row(spec):
    """The finding as a row of silver.variants or silver.biomarkers."""
    if not spec["kind"]:
        number = spec["value"].replace(".", "").isdigit()
        value = {"value_number": float(spec["value"])} if number else {"interpretation": spec["value"]}
        return {"name": spec["gene"], **value}
    return {
        "gene": spec["gene"],
        "kind": spec["kind"],
        "hgvs_p": spec["change"] or None,
        "consequence": spec["consequence"] or None,
        "exon": int(spec["exon"]) if spec["exon"] else None,
        "copy_number": float(spec["copies"]) if spec["copies"] else None,
        "partner_gene": spec["partner"] or None,
        "origin_class": spec["origin"],
    }


def _applies(row, tumour):
    found = matches([[row]], tumour, own_entries(), OncoTree.builtin())
    return {f"{match.entry.therapies[0]} {match.entry.direction} {match.tumor_match}" for match in found}


@pytest.mark.parametrize("spec", list(_spec()), ids=lambda spec: " ".join(v for v in spec.values() if v)[:60])
def test_spec(spec):
    found = _applies(_row(spec), spec["tumour"])
    if spec["applies"] == "nothing":
        assert not found
    else:
        assert {part.strip() for part in spec["applies"].split(";")} <= found


def test_our_table_is_whole():
    entries = own_entries()
    assert len(entries) >= 60
    assert len({entry.entry_id for entry in entries}) == len(entries)
    assert {entry.direction for entry in entries} == {"sensitive", "resistant"}
    assert all(entry.knowledge_version and entry.citation for entry in entries)


def test_grades_of_other_scales_are_not_invented():
    """OncoKB is licensed and NCT/DKTK is the board's own: our table must not fill them."""
    assert not any(entry.oncokb or entry.nct_dktk for entry in own_entries())


def test_a_drug_known_in_the_same_tumour_is_not_named_again_from_another():
    braf = {"gene": "BRAF", "kind": "snv", "hgvs_p": "p.V600E"}
    found = list(matches([[braf]], "SKCM", own_entries(), OncoTree.builtin()))
    same = {match.entry.therapies for match in found if match.tumor_match == "same"}
    other = [match.entry.therapies for match in found if match.tumor_match == "other"]
    assert same.isdisjoint(other)
    assert len(set(other)) == len(other)


def test_the_rule_for_any_tumour_spares_the_one_it_excludes():
    braf = {"gene": "BRAF", "kind": "snv", "hgvs_p": "p.V600E"}
    found = _applies(braf, "COAD")
    assert "dabrafenib + trametinib sensitive same" not in found


@pytest.mark.parametrize(
    "text", ["", "p.", "exon 19", "exon x deletion", "loss of something", "p.L858R|nonsense"]
)
def test_what_is_no_rule_is_refused(text):
    with pytest.raises(ValueError, match="not a"):
        Alteration.parse(text)


def test_a_bad_table_names_its_line(tmp_path):
    lines = OWN_TABLE.read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("egfr-l858r"))
    lines[first] = lines[first].replace("NSCLC", "NOTHING")
    broken = tmp_path / "table.tsv"
    broken.write_text("\n".join(lines))
    with pytest.raises(BadKnowledge, match=rf"table.tsv, line {first + 1}: 'NOTHING' is not a tumour type"):
        list(read_table(broken))
