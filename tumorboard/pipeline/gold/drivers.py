"""Which findings of a genomic test a board looks at first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tumorboard.codes.consequences import SILENT
from tumorboard.pipeline.knowledge.alterations import AMPLIFIED, LOST
from tumorboard.pipeline.silver.genomics.finding import PASSED

# Genes whose alterations steer treatment of solid tumours, in the order a report names them.
DRIVERS = (
    "EGFR", "ALK", "ROS1", "BRAF", "KRAS", "NRAS", "HRAS", "MET", "RET", "ERBB2", "NTRK1", "NTRK2", "NTRK3",
    "FGFR1", "FGFR2", "FGFR3", "PIK3CA", "AKT1", "PTEN", "ESR1", "AR", "BRCA1", "BRCA2", "PALB2", "ATM",
    "CDK12", "IDH1", "IDH2", "KIT", "PDGFRA", "TP53", "STK11", "KEAP1", "APC", "SMAD4", "CDKN2A", "NF1",
    "RB1", "POLE",
)  # fmt: skip

Row = Mapping[str, Any]


def counts(variant: Row) -> bool:
    """Whether a variant is a finding to a reader: passed its filter, and changes the protein."""
    if (variant.get("filter") or "") not in PASSED:
        return False
    terms = set(str(variant.get("consequence") or "").split("&")) - {""}
    return not terms or not terms <= SILENT or is_promoter(variant)


def is_promoter(variant: Row) -> bool:
    """A change before TERT switches the gene on although it lies outside the protein."""
    return variant.get("gene") == "TERT" and "upstream_gene_variant" in str(variant.get("consequence"))


def is_driver(variant: Row) -> bool:
    return counts(variant) and bool({variant.get("gene"), variant.get("partner_gene")} & set(DRIVERS))


def spoken(variant: Row) -> str:
    """As a colleague says it: `EGFR p.L858R`, `ERBB2 amplification`, `EML4::ALK fusion`."""
    gene, partner = variant.get("gene") or "gene not named", variant.get("partner_gene")
    if variant["kind"] == "sv":
        return f"{partner}::{gene} fusion" if partner else f"{gene} rearrangement"
    if variant["kind"] == "cnv":
        return f"{gene} {copy_change(variant)}"
    change = variant.get("hgvs_p") or variant.get("hgvs_c") or _place(variant)
    return f"{gene} {change}"


def same_finding(variant: Row) -> str:
    """One name for both ends of a fusion, and for the same change found twice."""
    if variant["kind"] == "sv":
        return "/".join(sorted(filter(None, (variant.get("gene"), variant.get("partner_gene")))))
    return spoken(variant)


def copy_change(variant: Row) -> str:
    """Amplification from 6 copies, deletion where none is left, else gain or loss (diploid is 2)."""
    copies = variant.get("copy_number")
    if copies is None or copies == 2:
        return "copy number change"
    if copies > 2:
        return "amplification" if copies >= AMPLIFIED else "gain"
    return "deletion" if copies < LOST else "loss"


def _place(variant: Row) -> str:
    return f"{variant.get('chromosome')}:{variant.get('position')} {variant.get('ref')}>{variant.get('alt')}"
