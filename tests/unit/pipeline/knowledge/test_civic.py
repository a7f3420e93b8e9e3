"""CIViC evidence lines: what becomes an entry, and what is set aside with which reason."""

from __future__ import annotations

import pytest

from tumorboard.codes.oncotree import OncoTree
from tumorboard.pipeline.knowledge import civic
from tumorboard.pipeline.knowledge.entries import Entry
from tumorboard.pipeline.knowledge.matching import matches

UNMATCHED = "the profile is combined, or of a kind that cannot be matched"
LINE = {
    "molecular_profile": "EGFR L858R",
    "disease": "Lung Non-small Cell Carcinoma",
    "therapies": "Erlotinib",
    "evidence_type": "Predictive",
    "evidence_direction": "Supports",
    "evidence_level": "B",
    "significance": "Sensitivity/Response",
    "citation_id": "12345678",
    "source_type": "PubMed",
    "evidence_status": "accepted",
    "evidence_id": "1",
}


def test_a_line_becomes_an_entry_without_any_of_our_scales():
    entry = civic.entry(LINE, "2025-01-01")
    assert isinstance(entry, Entry)
    assert (entry.marker, entry.alteration.text, entry.tumours) == ("EGFR", "p.L858R", ("NSCLC",))
    assert (entry.therapies, entry.direction) == (("Erlotinib",), "sensitive")
    assert entry.citation == "CIViC EID 1, level B; PMID 12345678"
    assert (entry.escat, entry.oncokb, entry.amp, entry.nct_dktk) == ("", "", "", "")
    assert (entry.knowledge_source, entry.knowledge_version) == ("CIViC", "2025-01-01")


@pytest.mark.parametrize(
    ("profile", "gene", "rule"),
    [
        ("BRAF V600E", "BRAF", "p.V600E"),
        ("KRAS G12", "KRAS", "p.G12"),
        ("EML4::ALK Fusion", "ALK", "fusion"),
        ("ALK Fusion", "ALK", "fusion"),
        ("ERBB2 Amplification", "ERBB2", "amplification"),
        ("EGFR Exon 19 Deletion", "EGFR", "exon 19 deletion"),
        ("TP53 Mutation", "TP53", "mutation"),
    ],
)
def test_profiles(profile, gene, rule):
    entry = civic.entry(LINE | {"molecular_profile": profile}, "")
    assert (entry.marker, entry.alteration.text) == (gene, rule)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"evidence_type": "Prognostic"}, "not predictive evidence"),
        ({"evidence_direction": "Does Not Support"}, "does not support its claim"),
        ({"significance": "N/A"}, "neither sensitivity nor resistance"),
        ({"evidence_status": "submitted"}, "not accepted by an editor"),
        ({"therapies": ""}, "no therapy named"),
        ({"molecular_profile": "EGFR L858R AND EGFR T790M"}, UNMATCHED),
        ({"molecular_profile": "EGFR Overexpression"}, UNMATCHED),
    ],
)
def test_what_cannot_be_matched_is_set_aside_with_a_reason(change, reason):
    assert civic.entry(LINE | change, "") == reason


def test_a_combination_is_one_therapy():
    change = {"therapies": "Dabrafenib,Trametinib", "therapy_interaction_type": "Combination"}
    assert civic.entry(LINE | change, "").therapies == ("Dabrafenib + Trametinib",)


def test_a_disease_we_do_not_know_is_never_the_same_tumour():
    entry = civic.entry(LINE | {"disease": "Some Rare Disease"}, "")
    row = {"gene": "EGFR", "kind": "snv", "hgvs_p": "p.L858R"}
    (match,) = matches([[row]], "LUAD", [entry], OncoTree.builtin())
    assert match.tumor_match == "other"


def test_files_in_new_and_former_columns(tmp_path):
    former = {
        "gene": "EGFR", "variant": "L858R", "disease": "Lung Adenocarcinoma", "drugs": "Gefitinib",
        "evidence_type": "Predictive", "evidence_direction": "Supports", "evidence_level": "A",
        "clinical_significance": "Resistance", "evidence_id": "2",
        "last_review_date": "2020-05-01 10:00:00 UTC",
    }  # fmt: skip
    for name, line in (("a.tsv", LINE), ("b.tsv", former), ("c.tsv", {"other": "file"})):
        (tmp_path / name).write_text("\t".join(line) + "\n" + "\t".join(line.values()) + "\n")
    found = list(civic.entries(tmp_path))
    directions = {entry.entry_id: entry.direction for entry in found}
    assert directions == {
        "civic-1": "sensitive",
        "civic-2": "resistant",
    }
    assert found[1].knowledge_version == "2020-05-01"


def test_set_aside_lines_are_counted(tmp_path):
    path = tmp_path / "civic.tsv"
    rows = [LINE, LINE | {"evidence_type": "Diagnostic"}]
    path.write_text("\t".join(LINE) + "\n" + "\n".join("\t".join(row.values()) for row in rows) + "\n")
    taken = civic.read(path)
    assert (len(taken.entries), dict(taken.set_aside)) == (1, {"not predictive evidence": 1})
