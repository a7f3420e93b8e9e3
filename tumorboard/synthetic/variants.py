"""The alterations the cohort can carry, with their place on GRCh38.

Hotspot positions, reference and alternate bases are the published GRCh38 coordinates of these well-known
variants, written as a VCF writes them (1-based, plus strand, an anchor base before a deletion). Transcripts
are MANE Select. Variants of unknown significance (`vus`) lie inside a gene of the panel, but their bases are
invented, so they do not match the assembly: they stand for the many findings a board must set aside.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from tumorboard.synthetic.dice import words


@dataclass(frozen=True)
class Alteration:
    """One genomic finding, before it is measured in a sample."""

    gene: str
    kind: str
    """snv, indel, cnv or sv."""
    chrom: str
    pos: int
    ref: str = ""
    alt: str = ""
    hgvs_c: str = ""
    hgvs_p: str = ""
    """Three-letter form as a VCF annotator writes it, e.g. p.Leu858Arg."""
    consequence: str = "missense_variant"
    exon: int | None = None
    transcript: str = ""
    origin: str = "somatic"
    end: int = 0
    copies: int | None = None
    partner: str = ""
    partner_chrom: str = ""
    partner_pos: int = 0
    filter: str = "PASS"
    rsid: str = "."

    @property
    def name(self) -> str:
        """How a colleague says it: "EGFR L858R", "ERBB2 amplification", "EML4-ALK fusion"."""
        if self.kind == "cnv":
            return f"{self.gene} {'amplification' if (self.copies or 0) > 2 else 'deletion'}"
        if self.kind == "sv":
            return f"{self.partner}-{self.gene} fusion"
        return f"{self.gene} {short_protein(self.hgvs_p)[2:] or self.hgvs_c}"


THREE_TO_ONE = {
    "Ala": "A", "Arg": "R", "Asn": "N", "Asp": "D", "Cys": "C", "Gln": "Q", "Glu": "E",
    "Gly": "G", "His": "H", "Ile": "I", "Leu": "L", "Lys": "K", "Met": "M", "Phe": "F",
    "Pro": "P", "Ser": "S", "Thr": "T", "Trp": "W", "Tyr": "Y", "Val": "V", "Ter": "*",
}  # fmt: skip


def short_protein(hgvs_p: str) -> str:
    """p.Leu858Arg -> p.L858R; empty stays empty."""
    for three, one in THREE_TO_ONE.items():
        hgvs_p = hgvs_p.replace(three, one)
    return hgvs_p


TRANSCRIPTS = {
    "EGFR": "NM_005228.5", "KRAS": "NM_004985.5", "BRAF": "NM_004333.6", "NRAS": "NM_002524.5",
    "PIK3CA": "NM_006218.4", "TP53": "NM_000546.6", "APC": "NM_000038.6", "SMAD4": "NM_005359.6",
    "FBXW7": "NM_001349798.2", "GNAS": "NM_000516.7", "STK11": "NM_000455.5", "KEAP1": "NM_203500.2",
    "PTEN": "NM_000314.8", "ESR1": "NM_000125.4", "AR": "NM_000044.6", "ERBB2": "NM_004448.4",
    "AKT1": "NM_001382430.1", "CTNNB1": "NM_001904.4", "CDKN2A": "NM_000077.5", "RAC1": "NM_006908.5",
    "NF1": "NM_001042492.3", "RB1": "NM_000321.3", "SPOP": "NM_001007228.2", "KIT": "NM_000222.3",
    "MAP2K1": "NM_002755.4", "ATM": "NM_000051.4", "BRCA2": "NM_000059.4", "POLE": "NM_006231.4",
    "ALK": "NM_004304.5", "KDR": "NM_002253.4", "FGFR4": "NM_213647.3", "TERT": "NM_198253.3",
    "RET": "NM_020975.6",
}  # fmt: skip

# gene | chromosome | position | ref | alt | coding change | protein change | exon | consequence
_SMALL = """
EGFR   | chr7  | 55191822  | T | G | c.2573T>G | p.Leu858Arg | 21 |
EGFR   | chr7  | 55181378  | C | T | c.2369C>T | p.Thr790Met | 20 |
EGFR   | chr7  | 55181399  | G | C | c.2390G>C | p.Cys797Ser | 20 |
EGFR | chr7 | 55174771 | AGGAATTAAGAGAAGC | A | c.2235_2249del | p.Glu746_Ala750del | 19 | inframe_deletion
KRAS   | chr12 | 25245351  | C | A | c.34G>T | p.Gly12Cys | 2 |
KRAS   | chr12 | 25245350  | C | T | c.35G>A | p.Gly12Asp | 2 |
KRAS   | chr12 | 25245350  | C | A | c.35G>T | p.Gly12Val | 2 |
KRAS   | chr12 | 25245351  | C | G | c.34G>C | p.Gly12Arg | 2 |
KRAS   | chr12 | 25245347  | C | T | c.38G>A | p.Gly13Asp | 2 |
KRAS   | chr12 | 25227341  | T | G | c.183A>C | p.Gln61His | 3 |
BRAF   | chr7  | 140753336 | A | T | c.1799T>A | p.Val600Glu | 15 |
BRAF   | chr7  | 140753336 | AC | TT | c.1798_1799delinsAA | p.Val600Lys | 15 |
NRAS   | chr1  | 114713908 | T | C | c.182A>G | p.Gln61Arg | 3 |
NRAS   | chr1  | 114713909 | G | T | c.181C>A | p.Gln61Lys | 3 |
PIK3CA | chr3  | 179234297 | A | G | c.3140A>G | p.His1047Arg | 21 |
PIK3CA | chr3  | 179218303 | G | A | c.1633G>A | p.Glu545Lys | 10 |
PIK3CA | chr3  | 179218294 | G | A | c.1624G>A | p.Glu542Lys | 10 |
TP53   | chr17 | 7675088   | C | T | c.524G>A | p.Arg175His | 5 |
TP53   | chr17 | 7674220   | C | T | c.743G>A | p.Arg248Gln | 7 |
TP53   | chr17 | 7674221   | G | A | c.742C>T | p.Arg248Trp | 7 |
TP53   | chr17 | 7673802   | C | T | c.818G>A | p.Arg273His | 8 |
TP53   | chr17 | 7673803   | G | A | c.817C>T | p.Arg273Cys | 8 |
TP53   | chr17 | 7673776   | G | A | c.844C>T | p.Arg282Trp | 8 |
TP53   | chr17 | 7674872   | T | C | c.659A>G | p.Tyr220Cys | 6 |
TP53   | chr17 | 7674230   | C | T | c.733G>A | p.Gly245Ser | 7 |
TP53   | chr17 | 7670685   | G | A | c.1024C>T | p.Arg342Ter | 10 | stop_gained
APC    | chr5  | 112838399 | C | A | c.2805C>A | p.Tyr935Ter | 16 | stop_gained
APC    | chr5  | 112839501 | C | T | c.3907C>T | p.Gln1303Ter | 16 | stop_gained
APC    | chr5  | 112839651 | G | T | c.4057G>T | p.Glu1353Ter | 16 | stop_gained
SMAD4  | chr18 | 51065549  | G | A | c.1082G>A | p.Arg361His | 9 |
FBXW7  | chr4  | 152328232 | C | T | c.1394G>A | p.Arg465His |  |
GNAS   | chr20 | 58909366  | G | A | c.602G>A | p.Arg201His | 8 |
STK11  | chr19 | 1220401   | G | T | c.493G>T | p.Glu165Ter | 4 | stop_gained
KEAP1  | chr19 | 10489771  | G | A | c.1408C>T | p.Arg470Cys |  |
PTEN   | chr10 | 87933147  | C | G | c.388C>G | p.Arg130Gly | 5 |
PTEN   | chr10 | 87933147  | C | T | c.388C>T | p.Arg130Ter | 5 | stop_gained
ESR1   | chr6  | 152098791 | A | G | c.1613A>G | p.Asp538Gly | 8 |
ESR1   | chr6  | 152098788 | A | C | c.1610A>C | p.Tyr537Ser | 8 |
AR     | chrX  | 67723710  | A | G | c.2632A>G | p.Thr878Ala | 8 |
AR     | chrX  | 67711621  | T | A | c.2105T>A | p.Leu702His | 4 |
ERBB2  | chr17 | 39711955  | C | T | c.929C>T | p.Ser310Phe | 8 |
AKT1   | chr14 | 104780214 | C | T | c.49G>A | p.Glu17Lys | 3 |
CTNNB1 | chr3  | 41224646  | C | T | c.134C>T | p.Ser45Phe | 3 |
CDKN2A | chr9  | 21971187  | G | A | c.172C>T | p.Arg58Ter | 2 | stop_gained
RAC1   | chr7  | 6387261   | C | T | c.85C>T | p.Pro29Ser | 2 |
NF1    | chr17 | 31206297  | C | T | c.1318C>T | p.Arg440Ter | 12 | stop_gained
RB1    | chr13 | 48367512  | C | T | c.958C>T | p.Arg320Ter | 10 | stop_gained
SPOP   | chr17 | 49619064  | A | C | c.397T>G | p.Phe133Val |  |
KIT    | chr4  | 54728055  | A | G | c.1924A>G | p.Lys642Glu | 13 |
MAP2K1 | chr15 | 66435115  | A | G | c.169A>G | p.Lys57Glu | 2 |
ATM    | chr11 | 108289761 | C | T | c.4396C>T | p.Arg1466Ter | 29 | stop_gained
POLE   | chr12 | 132676598 | G | C | c.857C>G | p.Pro286Arg | 9 |
TERT   | chr5  | 1295113   | G | A | c.-124C>T |  |  | upstream_gene_variant
"""

_GERMLINE = """
BRCA2  | chr13 | 32340300  | GT | G | c.5946del | p.Ser1982ArgfsTer22 | 11 | frameshift_variant
TP53   | chr17 | 7676154   | G | C | c.215C>G | p.Pro72Arg | 4 | rs1042522
EGFR   | chr7  | 55181370  | G | A | c.2361G>A | p.Gln787%3D | 20 | rs1050171
KDR    | chr4  | 55106807  | T | A | c.1416A>T | p.Gln472His | 11 | rs1870377
FGFR4  | chr5  | 177093242 | G | A | c.1162G>A | p.Gly388Arg | 9 | rs351855
BRCA2  | chr13 | 32332592  | A | C | c.1114A>C | p.Asn372His | 10 | rs144848
"""


def _small(line: str) -> Alteration:
    gene, chrom, pos, ref, alt, hgvs_c, hgvs_p, exon, kind = (cell.strip() for cell in line.split("|"))
    return Alteration(
        gene=gene,
        kind="snv" if len(ref) == len(alt) else "indel",
        chrom=chrom,
        pos=int(pos),
        ref=ref,
        alt=alt,
        hgvs_c=hgvs_c,
        hgvs_p=hgvs_p,
        consequence=kind or "missense_variant",
        exon=int(exon) if exon else None,
        transcript=TRANSCRIPTS[gene],
    )


def _germline(line: str) -> Alteration:
    found = replace(_small(line), origin="germline")
    if not found.consequence.startswith("rs"):
        return found
    silent = found.hgvs_p.endswith("%3D")
    consequence = "synonymous_variant" if silent else "missense_variant"
    return replace(found, rsid=found.consequence, consequence=consequence, filter="common_snp")


def _lines(table: str) -> list[str]:
    return [line for line in table.splitlines() if line.strip()]


SMALL = {found.name: found for found in map(_small, _lines(_SMALL))}
GERMLINE = {found.name: found for found in map(_germline, _lines(_GERMLINE))}


def _copy(gene: str, chrom: str, start: int, end: int, copies: int) -> Alteration:
    return Alteration(gene, "cnv", chrom, start, end=end, copies=copies, consequence="copy_number_change")


def _fusion(gene: str, place: tuple[str, int], partner: str, partner_place: tuple[str, int]) -> Alteration:
    return Alteration(
        gene,
        "sv",
        *place,
        ref="A",
        partner=partner,
        partner_chrom=partner_place[0],
        partner_pos=partner_place[1],
        consequence="gene_fusion",
        transcript=TRANSCRIPTS.get(gene, ""),
    )


LARGE = {
    found.name: found
    for found in (
        _copy("ERBB2", "chr17", 39687914, 39730426, 14),
        _copy("MET", "chr7", 116672196, 116798377, 9),
        _copy("MYC", "chr8", 127735434, 127742951, 7),
        _copy("CCND1", "chr11", 69641156, 69654474, 8),
        _copy("FGFR1", "chr8", 38400215, 38468834, 8),
        _copy("AR", "chrX", 67544021, 67730619, 12),
        _copy("PTEN", "chr10", 87862638, 87971930, 0),
        _copy("CDKN2A", "chr9", 21967752, 21995324, 0),
        _copy("RB1", "chr13", 48303751, 48481890, 0),
        _fusion("ALK", ("chr2", 29223950), "EML4", ("chr2", 42299180)),
        _fusion("RET", ("chr10", 43114620), "KIF5B", ("chr10", 32028440)),
        _fusion("NTRK1", ("chr1", 156874570), "TPM3", ("chr1", 154170390)),
    )
}

CATALOGUE = SMALL | GERMLINE | LARGE

_VUS_GENES = {  # gene -> (chromosome, a position inside the gene)
    "ARID1A": ("chr1", 26773500), "ATM": ("chr11", 108280900), "BRCA1": ("chr17", 43091500),
    "CHEK2": ("chr22", 28725100), "DDR2": ("chr1", 162776300), "EP300": ("chr22", 41150200),
    "ERBB4": ("chr2", 211700500), "FAT1": ("chr4", 186600700), "KMT2D": ("chr12", 49033500),
    "MTOR": ("chr1", 11130600), "NOTCH1": ("chr9", 136500800), "PDGFRA": ("chr4", 54274800),
    "ROS1": ("chr6", 117320400), "SETD2": ("chr3", 47120900), "SMARCA4": ("chr19", 11012500),
    "TSC2": ("chr16", 2070300),
}  # fmt: skip
_RESIDUES = ["Ala", "Arg", "Asn", "Asp", "Gln", "Glu", "Gly", "His", "Leu", "Lys", "Pro", "Ser", "Thr", "Val"]


def vus(rng: random.Random) -> Alteration:
    """A variant of unknown significance: a panel gene, a plausible place, invented bases."""
    gene = rng.choice(list(_VUS_GENES))
    chrom, start = _VUS_GENES[gene]
    codon = rng.randrange(40, 900)
    ref, alt = rng.sample("ACGT", 2)
    before, after = rng.sample(_RESIDUES, 2)
    silent = rng.random() < 0.2
    return Alteration(
        gene, "snv", chrom, start + rng.randrange(0, 900), ref, alt,
        hgvs_c=f"c.{codon * 3 - 1}{ref}>{alt}",
        hgvs_p=f"p.{before}{codon}%3D" if silent else f"p.{before}{codon}{after}",
        consequence="synonymous_variant" if silent else "missense_variant",
    )  # fmt: skip


PANEL_NAME = "TB-SOLID-120"
PANEL_SIZE_MB = 1.1
PANEL_GENES = words(
    """ABL1 AKT1 AKT2 AKT3 ALK APC AR ARAF ARID1A ATM ATR ATRX AURKA AXL B2M BAP1 BARD1 BRAF BRCA1 BRCA2
    BRIP1 CCND1 CCND2 CCNE1 CDH1 CDK12 CDK4 CDK6 CDKN1B CDKN2A CDKN2B CHEK1 CHEK2 CTNNB1 DDR2 EGFR EP300
    ERBB2 ERBB3 ERBB4 ESR1 EZH2 FANCA FAT1 FBXW7 FGFR1 FGFR2 FGFR3 FGFR4 FLT3 FOXA1 GATA3 GNA11 GNAQ
    GNAS HRAS IDH1 IDH2 JAK1 JAK2 KDR KEAP1 KIT KMT2C KMT2D KRAS MAP2K1 MAP2K2 MAP3K1 MDM2 MDM4 MET MLH1
    MSH2 MSH6 MTOR MYC MYCN NF1 NF2 NFE2L2 NOTCH1 NRAS NTRK1 NTRK2 NTRK3 PALB2 PBRM1 PDGFRA PIK3CA
    PIK3R1 PMS2 POLD1 POLE PTCH1 PTEN RAC1 RAD51C RAD51D RAF1 RB1 RET RHOA RICTOR RNF43 ROS1 SETD2 SMAD4
    SMARCA4 SMO SPOP STK11 TERT TET2 TP53 TSC1 TSC2 VHL XRCC2 XPO1"""
)

REGIONAL_PANEL_NAME = "REGIO-50"
REGIONAL_PANEL_GENES = words(
    """AKT1 ALK APC AR ATM BRAF BRCA1 BRCA2 CDH1 CDKN2A CTNNB1 EGFR ERBB2 ERBB4 ESR1 FBXW7 FGFR1 FGFR2
    FGFR3 FLT3 GNA11 GNAQ GNAS HRAS IDH1 IDH2 JAK2 KDR KEAP1 KIT KRAS MAP2K1 MET MLH1 NOTCH1 NRAS PDGFRA
    PIK3CA PTEN RAC1 RB1 RET ROS1 SMAD4 SMO SPOP STK11 TERT TP53 VHL"""
)
