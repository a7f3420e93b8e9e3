"""Which findings of a genomic test a board looks at first, and how a colleague says them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tumorboard.codes.consequences import SILENT
from tumorboard.codes.hgvs import ProteinChange
from tumorboard.pipeline.knowledge.alterations import AMPLIFIED, LOST
from tumorboard.pipeline.silver.genomics.finding import PASSED

# Genes whose alterations steer treatment of solid tumours, in the order a report names them.
DRIVERS = (
    "EGFR", "ALK", "ROS1", "BRAF", "KRAS", "NRAS", "HRAS", "MET", "RET", "ERBB2", "NTRK1", "NTRK2", "NTRK3",
    "NRG1", "FGFR1", "FGFR2", "FGFR3", "PIK3CA", "AKT1", "PTEN", "ESR1", "AR", "BRCA1", "BRCA2", "PALB2",
    "ATM", "CDK12", "IDH1", "IDH2", "KIT", "PDGFRA", "MAP2K1", "RAC1", "GNAS", "CTNNB1", "SPOP", "POLE",
    "TP53", "STK11", "KEAP1", "APC", "SMAD4", "FBXW7", "CDKN2A", "NF1", "RB1", "MYC", "CCND1", "TERT",
)  # fmt: skip
# Residues at which changes recur in tumours; a change elsewhere in these genes is of unknown significance.
RECURRENT = {
    "EGFR": {709, 719, 768, 790, 797, 858, 861}, "BRAF": {464, 466, 469, 594, 597, 600, 601},
    "KRAS": {12, 13, 61, 117, 146}, "NRAS": {12, 13, 61}, "HRAS": {12, 13, 61}, "MET": {1010, 1228, 1230},
    "RET": {634, 804, 810, 918}, "ERBB2": {310, 755, 767, 769, 777, 842}, "ALK": {1174, 1196, 1202, 1275},
    "ROS1": {2032}, "FGFR1": {546, 656}, "FGFR2": {252, 253, 549}, "FGFR3": {248, 249, 370, 373, 650},
    "PIK3CA": {38, 88, 93, 108, 111, 118, 345, 420, 453, 542, 545, 546, 726, 1043, 1044, 1047, 1049},
    "AKT1": {17}, "PTEN": {130, 173}, "ESR1": {380, 463, 536, 537, 538}, "AR": {702, 742, 875, 877, 878},
    "IDH1": {132}, "IDH2": {140, 172}, "KIT": {557, 559, 560, 576, 642, 654, 816, 822}, "PDGFRA": {561, 842},
    "MAP2K1": {53, 56, 57, 124, 203}, "RAC1": {29}, "GNAS": {201, 227}, "CTNNB1": {32, 33, 34, 37, 41, 45},
    "SPOP": {87, 102, 119, 131, 133}, "POLE": {286, 411, 459}, "STK11": {354}, "KEAP1": {470},
    "SMAD4": {351, 361}, "FBXW7": {465, 479, 505}, "CDKN2A": {80, 83, 108, 114},
}  # fmt: skip
# TP53 is hit all over its DNA-binding domain (residues 102 to 292).
_TP53_DOMAIN = range(102, 293)
SUPPRESSORS = frozenset((
    "PTEN", "BRCA1", "BRCA2", "PALB2", "ATM", "CDK12", "TP53", "STK11", "KEAP1", "APC", "SMAD4", "FBXW7",
    "CDKN2A", "NF1", "RB1",
))  # fmt: skip
_TRUNCATING = ("nonsense", "frameshift", "start_lost")

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
    """A recurrent change, a broken or lost suppressor, an amplification or a fusion of a driver gene.

    Changes of unknown significance are not named in the snapshot; they stand in the molecular section.
    """
    genes = {variant.get("gene"), variant.get("partner_gene")} & set(DRIVERS)
    if not counts(variant) or not genes:
        return False
    if variant["kind"] == "sv":
        return True
    if variant["kind"] == "cnv":
        return _copies_matter(variant)
    return is_promoter(variant) or _is_recurrent(variant) or _breaks(variant)


def _copies_matter(variant: Row) -> bool:
    copies, suppressor = variant.get("copy_number"), variant["gene"] in SUPPRESSORS
    return copies is not None and (copies < LOST if suppressor else copies >= AMPLIFIED)


def _is_recurrent(variant: Row) -> bool:
    gene, change = variant["gene"], _protein(variant)
    if change is None:
        return False
    if gene in ("EGFR", "ERBB2", "KIT") and change.kind in ("deletion", "delins", "insertion", "duplication"):
        return True
    hit = set(range(change.first, change.last + 1))
    return bool(hit & RECURRENT.get(gene, set())) or (gene == "TP53" and change.first in _TP53_DOMAIN)


def _breaks(variant: Row) -> bool:
    """A stop, a shifted frame or a lost splice site in a suppressor."""
    change, terms = _protein(variant), str(variant.get("consequence") or "")
    broken = (change is not None and change.kind in _TRUNCATING) or any(
        word in terms for word in ("stop_gained", "frameshift", "splice_acceptor", "splice_donor")
    )
    return variant["gene"] in SUPPRESSORS and broken


def _protein(variant: Row) -> ProteinChange | None:
    try:
        return ProteinChange.parse(variant.get("hgvs_p") or "")
    except ValueError:
        return None


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
