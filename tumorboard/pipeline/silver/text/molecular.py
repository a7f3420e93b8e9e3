"""Biomarkers and alterations in prose, in the names of silver.biomarkers and silver.variants."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tumorboard.codes.genes import ALIASES
from tumorboard.pipeline.silver.text.mentions import Mention, longest, only_with

# Genes a board speaks of. Short words that are also English or units (MET, KIT) must be in capitals.
_GENES = [
    "AKT1",
    "ALK",
    "APC",
    "AR",
    "ARID1A",
    "ATM",
    "ATR",
    "BAP1",
    "BARD1",
    "BRAF",
    "BRCA1",
    "BRCA2",
    "BRIP1",
    "CDH1",
    "CDK4",
    "CDK6",
    "CDK12",
    "CDKN2A",
    "CHEK1",
    "CHEK2",
    "CTNNB1",
    "DDR2",
    "EGFR",
    "ERBB2",
    "ERBB3",
    "ESR1",
    "EZH2",
    "FBXW7",
    "FGFR1",
    "FGFR2",
    "FGFR3",
    "FGFR4",
    "FLT3",
    "GATA3",
    "GNAQ",
    "GNA11",
    "HRAS",
    "IDH1",
    "IDH2",
    "JAK2",
    "KEAP1",
    "KIT",
    "KRAS",
    "MAP2K1",
    "MDM2",
    "MET",
    "MLH1",
    "MSH2",
    "MSH6",
    "MTOR",
    "MYC",
    "MYCN",
    "NF1",
    "NF2",
    "NOTCH1",
    "NRAS",
    "NRG1",
    "NTRK1",
    "NTRK2",
    "NTRK3",
    "PALB2",
    "PDGFRA",
    "PIK3CA",
    "PIK3R1",
    "PMS2",
    "POLE",
    "PTCH1",
    "PTEN",
    "RAD51C",
    "RAD51D",
    "RAF1",
    "RB1",
    "RET",
    "RNF43",
    "ROS1",
    "SMAD4",
    "SMARCA4",
    "SMARCB1",
    "SPOP",
    "STK11",
    "TERT",
    "TP53",
    "TSC1",
    "TSC2",
    "VHL",
    "EML4",
    "KIF5B",
    "CD74",
    "TPM3",
    "ETV6",
    "TMPRSS2",
    "ERG",
]
_ALIASES = [alias for alias in ALIASES if alias not in ("NEU", "P16", "MLL", "PD-L1", "PDL1")]
_GENE = r"(?:" + "|".join(sorted(map(re.escape, [*_GENES, *_ALIASES]), key=len, reverse=True)) + r")"

_PROTEIN = (
    r"(?:p\.)?\(?(?P<protein>[ACDEFGHIKLMNPQRSTVWY]\d{1,4}(?:[ACDEFGHIKLMNPQRSTVWY*]|fs(?:\*\d+)?|del|dup)"
    r"|[A-Z]\d{1,4}_[A-Z]\d{1,4}(?:delins[A-Z]*|del|ins[A-Z]*|dup)"
    r"|(?:Ala|Arg|Asn|Asp|Cys|Gln|Glu|Gly|His|Ile|Leu|Lys|Met|Phe|Pro|Ser|Thr|Trp|Tyr"
    r"|Val)\d{1,4}[A-Za-z*=]{1,12})\)?"
)
_ALTERATION = re.compile(
    rf"(?<![\w-])(?P<gene>{_GENE})(?:\s+gene)?(?:[\s,:;(-]|harbou?rs|with|shows|mutation|variant"
    rf"|an?\b){{1,12}}(?:"
    rf"{_PROTEIN}(?![\w])"
    r"|(?P<coding>c\.[-*]?\d[\d_+*-]*(?:[ACGT]>[ACGT]|(?:del|ins|dup)[ACGT]*)+)"
    r"|(?P<exon>(?:in-?frame\s+)?exon[- ]?(?P<number>\d{1,2})\s+(?P<kind>deletion|insertion|skipping"
    r"|mutation)s?)"
    r"|(?P<event>amplifi(?:cation|ed)|fusion|rearrange(?:ment|d)|translocation|(?:homozygous "
    r"|deep )?deletion|loss|"
    r"overexpression|wild[- ]?type|mutation|mutated|mutant|alteration|promoter mutation))",
)
_FUSION = re.compile(
    rf"(?<![\w-])(?P<five>{_GENE})(?:-|::|/)(?P<three>{_GENE})(?:\s+(?:gene\s+)?(?:fusion|rearrangement))?"
)
# `No alteration of EGFR, ALK, ROS1`; `EGFR, ALK: wild type`
_LIST = rf"{_GENE}(?:(?:\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+|/){_GENE})*"
_LISTED = re.compile(
    rf"(?P<event>alterations?|mutations?|variants?|fusions?|rearrangements?)\s+(?:of|in|were"
    rf"|involving)\s+(?P<genes>{_LIST})(?![\w-])"
    rf"|(?<![\w-])(?P<wild>{_LIST})\s*:?\s*(?:(?:is|are)\s+)?wild[- ]?type"
)
_EVENTS = {
    "amplification": "amplif", "fusion": "fusion|rearrang|translocation", "deletion": "delet|loss",
    "overexpression": "overexpression", "wild type": "wild", "mutation": "mutat|mutant|alteration|variant",
}  # fmt: skip

_PERCENT = r"(?P<number>\d{1,3}(?:[.,]\d)?)\s*%"
_RECEPTORS = {
    "ER": r"ER|o?estrogen[\s-]+receptors?(?:\s*\(ER\))?",
    "PR": r"PR|PgR|progesterone[\s-]+receptors?(?:\s*\(PR\))?",
    "HER2": r"HER-?2(?:/neu)?|ERBB2",
    "PD-L1": r"PD-?L1",
}
_SIGN = (
    r"(?P<sign>\+\+\+|3\s?\+|2\s?\+|1\s?\+|\+(?![\w+])|positiv\w*|negativ\w*|equivocal|low\b"
    r"|-\s?(?:positive|negative|low)|[–-](?=[\s,;.)/]|$))"
)
_RECEPTOR = [
    (
        name,
        re.compile(rf"(?<![\w-])(?:{names})(?:\s*(?:status|IHC|expression|is|was|:|=|,)\s*)*[\s-]?{_SIGN}"),
    )
    for name, names in _RECEPTORS.items()
]
_MARKERS = (
    ("PD-L1 CPS", r"(?:PD-?L1\D{0,25})?\bCPS[\s:=]*(?:of|is)?\s*(?P<number>\d{1,3})"),
    (
        "PD-L1 TPS",
        rf"PD-?L1[^.%\d]{{0,12}}(?:\(\w+\))?[^.%\d]{{0,40}}{_PERCENT}|\bTPS[\s:=]*(?:of"
        rf"|is)?\s*{_PERCENT.replace('number', 'tps')}",
    ),
    ("Ki-67", rf"\bKi-?67[^.%]{{0,30}}?{_PERCENT}"),
    (
        "TMB",
        r"\b(?:TMB|tumou?r mutational"
        r" burden)[^.\d]{0,20}(?P<number>\d{1,3}(?:[.,]\d{1,2})?)\s*(?:mut\w*(?:/| per )\s*(?:Mb|megabase))?",
    ),
)
_MARKER = [(name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _MARKERS]
_WORDED = {
    ("MSI", "high"): r"MSI-?\s?H(?:igh)?\b|microsatellite instability[- ]high"
    r"|high microsatellite instability|microsatellite instable",
    ("MSI", "stable"): r"\bMSS\b|microsatellite[- ]stab\w+",
    ("MMR", "deficient"): r"\bdMMR\b|mismatch[- ]repair[- ]deficien\w+",
    ("MMR", "proficient"): r"\bpMMR\b|mismatch[- ]repair[- ]proficien\w+",
    ("TMB", "high"): r"\bTMB-?\s?H(?:igh)?\b",
    ("HRD", "positive"): r"\bHRD[- ]positiv\w+|homologous recombination deficien(?:t|cy)",
    ("MGMT", "methylated"): r"\bMGMT(?: promoter)?[ -](?:is )?methylat\w+",
    ("receptors", "triple negative"): r"triple[- ]negative",
}  # fmt: skip
_SPEAKS_OF_MARKERS = (
    "er", "pr", "pgr", "her2", "her-2", "erbb2", "receptor", "pd-l1", "pdl1", "cps", "tps", "ki-67", "ki67",
    "tmb", "burden", "msi", "mss", "microsatellite", "mmr", "mismatch", "hrd", "homologous", "mgmt", "triple",
)  # fmt: skip
_WORDED_PATTERNS = [(key, re.compile(pattern, re.IGNORECASE)) for key, pattern in _WORDED.items()]


def alterations(sentence: str) -> Iterator[Mention]:
    """Genes with what was found in them: a change, an exon event, an amplification, or a wild type."""
    found = [_alteration(match) for match in _ALTERATION.finditer(sentence)]
    found += [
        Mention("variant", f"{_symbol(m['five'])}-{_symbol(m['three'])} fusion", *m.span(), "variant.fusion")
        for m in _FUSION.finditer(sentence)
    ]
    listed = [mention for match in _LISTED.finditer(sentence) for mention in _listed(match)]
    inside = [(mention.start, mention.end) for mention in listed]
    kept = [m for m in longest(found) if not any(start < m.end and m.start < end for start, end in inside)]
    yield from sorted([*kept, *listed], key=lambda mention: mention.start)


def _alteration(match: re.Match[str]) -> Mention:
    gene = _symbol(match["gene"])
    if match["protein"]:
        value, rule = f"{gene} {match['protein']}", "variant.protein"
    elif match["coding"]:
        value, rule = f"{gene} {match['coding']}", "variant.coding"
    elif match["exon"]:
        value, rule = f"{gene} exon {match['number']} {match['kind'].lower()}", "variant.exon"
    else:
        value, rule = f"{gene} {_event(match['event'])}", "variant.event"
    return Mention("variant", value, *match.span(), rule)


def _listed(match: re.Match[str]) -> Iterator[Mention]:
    """One mention per gene of a list; each is quoted by its own name."""
    part = "genes" if match["genes"] else "wild"
    event = _event(match["event"]) if match["event"] else "wild type"
    for gene in re.finditer(rf"(?<![\w-]){_GENE}(?![\w-])", match[part]):
        start = match.start(part) + gene.start()
        yield Mention(
            "variant", f"{_symbol(gene.group())} {event}", start, start + len(gene.group()), "variant.list"
        )


@only_with(*_SPEAKS_OF_MARKERS)
def biomarkers(sentence: str) -> Iterator[Mention]:
    """Markers with their result: `ER: positive`, `PD-L1 TPS: 60 %`, `MSI: high`."""
    found = [*_numbers(sentence), *_receptors(sentence)]
    for (name, value), pattern in _WORDED_PATTERNS:
        found += [
            Mention("biomarker", f"{name}: {value}", *m.span(), "biomarker.words")
            for m in pattern.finditer(sentence)
        ]
    yield from longest(found)


@only_with("pd-l1", "pdl1", "cps", "tps", "ki-67", "ki67", "tmb", "burden")
def _numbers(sentence: str) -> Iterator[Mention]:
    for name, pattern in _MARKER:
        for match in pattern.finditer(sentence):
            number = next(value for value in match.groupdict().values() if value).replace(",", ".")
            unit = " %" if name in ("PD-L1 TPS", "Ki-67") else " mut/Mb" if name == "TMB" else ""
            yield Mention("biomarker", f"{name}: {number}{unit}", *match.span(), "biomarker.number")


@only_with("positiv", "negativ", "+", "equivocal", "low", "-", "–")
def _receptors(sentence: str) -> Iterator[Mention]:
    for name, pattern in _RECEPTOR:
        for match in pattern.finditer(sentence):
            yield Mention(
                "biomarker", f"{name}: {_meaning(name, match['sign'])}", *match.span(), "biomarker.receptor"
            )


def _meaning(name: str, sign: str) -> str:
    """A stain in words; HER2 scores by ASCO/CAP (Wolff 2018, 2023 update)."""
    sign = sign.strip().lower()
    if sign in ("+++", "3+", "3 +"):
        return "positive"
    if name == "HER2" and sign[0] in "12":
        return "equivocal" if sign[0] == "2" else "low"
    for word in ("positiv", "negativ", "equivocal", "low"):
        if word in sign:
            return {"positiv": "positive", "negativ": "negative"}.get(word, word)
    return "positive" if "+" in sign else "negative"


def _symbol(text: str) -> str:
    return ALIASES.get(text.upper(), text)


def _event(text: str) -> str:
    return next(name for name, pattern in _EVENTS.items() if re.search(pattern, text, re.IGNORECASE))
