"""The molecular section: findings with their tiers, variants, what was tested, proteins to draw."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from tumorboard.codes.proteins import LENGTHS
from tumorboard.review.chips import with_chips
from tumorboard.review.evidence import Evidence, Row

SCALES = (("escat", "ESCAT"), ("oncokb", "OncoKB"), ("amp", "AMP/ASCO/CAP"), ("nct_dktk", "NCT/DKTK"))
RESIDUE = re.compile(r"^p\.\(?[A-Za-z*]+?(\d+)")
PASSED = ("", ".", "PASS")
PAGE_VARIANTS, SLIDE_VARIANTS = 40, 8


def molecular(evidence: Evidence) -> dict[str, Any]:
    """Everything molecular. What the caller's filter rejected stands last, and is drawn on no protein."""
    variants = with_chips(evidence, "silver.variants", evidence.rows("silver.variants"))
    for row in variants:
        row["passed"] = (row["filter"] or "") in PASSED
        row["name"] = "–".join(filter(None, (row["gene"], row["partner_gene"]))) or "not annotated"
    variants.sort(key=lambda row: (not row["passed"], row["gene"] is None, -(row["vaf"] or 0), row["name"]))
    passed = [row for row in variants if row["passed"]]
    findings = _findings(evidence)
    known = {row["gene"] for row in findings}
    drawn = proteins(passed)
    return {
        "findings": findings,
        "scales": [name for _, name in SCALES],
        "variants": variants,
        "passed": len(passed),
        "shown": variants[:PAGE_VARIANTS],
        "top": passed[:SLIDE_VARIANTS],
        "proteins": [protein for protein in drawn if protein["gene"] in known],
        "other_proteins": [protein for protein in drawn if protein["gene"] not in known],
        "tests": with_chips(evidence, "silver.genomic_tests", evidence.rows("silver.genomic_tests")),
        "biomarkers": with_chips(evidence, "silver.biomarkers", evidence.rows("silver.biomarkers")),
    }


def _findings(evidence: Evidence) -> list[dict[str, Any]]:
    """Known in the patient's own tumour first; `tiers` in the order of SCALES."""
    found = with_chips(evidence, "gold.actionability", evidence.rows("gold.actionability"))
    for row in found:
        row["tiers"] = [row[code] for code, _ in SCALES]
    return sorted(found, key=lambda row: (row["tumor_match"] != "same", row["direction"], row["gene"]))


def proteins(variants: Iterable[Row]) -> list[dict[str, Any]]:
    """The proteins with a variant that can be placed on them, ready to draw."""
    placed: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in variants:
        residue = RESIDUE.match(row["hgvs_p"] or "")
        if row["gene"] in LENGTHS and residue:
            worst = (row["consequence"] or "").partition("&")[0]  # annotators name the worst effect first
            label, position = row["hgvs_p"].removeprefix("p."), int(residue[1])
            placed[row["gene"]].append({"label": label, "position": position, "consequence": worst})
    return [
        {"gene": gene, "length": LENGTHS[gene], "variants": found} for gene, found in sorted(placed.items())
    ]
