"""Receptors, biomarkers and alterations of genes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tumorboard.codes.genes import GeneSymbol
from tumorboard.codes.hgvs import ProteinChange, ProteinPosition
from tumorboard.trials.criteria import Alteration, BiomarkerNumber, BiomarkerState, Comparison, Kind, Node
from tumorboard.trials.eligibility.claims import Claim, Source, joined
from tumorboard.trials.eligibility.view import NUMBER, SIGN, number, sign_of

_RECEPTORS = (
    ("ER", r"(?:o?estrogen[ -]receptors?(?: ?\(er\))?|er)"),
    ("PR", r"(?:progesterone[ -]receptors?(?: ?\((?:pr|pgr)\))?|pg?r)"),
    (
        "HER2",
        (
            r"(?:(?:human epidermal growth factor receptor[ -]?2)(?: ?\(her-?2"
            r"(?:/neu)?\))?|her-?2(?:/?neu| neu)?|erb-?b2)"
        ),
    ),
    ("HR", r"(?:hormone[ -]receptors?(?: ?\(hr\))?|hr)"),
)
_ONE = "|".join(pattern for _, pattern in _RECEPTORS)
_STATE = (
    r"(?:[ -]?(?:status )?(?:must be |is |are |should be |status )?(?P<state>positive"
    r"|negative|pos\b|neg\b|low\b|[+-](?![a-z0-9]))(?: (?:disease|status|by"
    r" (?:local|central) (?:testing|laboratory)))?)"
)
_RECEPTOR = re.compile(
    rf"\b(?P<names>(?:{_ONE})(?:(?:, and|, or| and/or| and| or|,|/) ?(?:{_ONE})){{0,2}}){_STATE}"
)
_TRIPLE = re.compile(r"\(?\btriple[ -]negative\b\)?(?! breast cancer \(tnbc\) or)")
_OVEREXPRESSED = re.compile(
    rf"\b(?:over-?expression|amplification|positivity) of {_RECEPTORS[2][1]}"
    rf"(?: ?3 ?\+)?|{_RECEPTORS[2][1]}[ -](?:over-?express(?:ing|ion)|amplified"
    r"|amplification)"
)


def receptors(source: Source) -> Iterator[Claim]:
    """ER, PR, HER2 and HR by their result. `ER and/or PR positive` is either one."""
    for match in _RECEPTOR.finditer(source.seen):
        state = {"pos": "positive", "neg": "negative", "+": "positive", "-": "negative"}.get(
            match["state"], match["state"]
        )
        names = _receptor_names(match["names"])
        either = re.search(r"\bor\b", match["names"]) is not None
        unsure = either and "and" not in match["names"] and state == "negative"
        nodes: list[Node] = [source.leaf(BiomarkerState(name, state), *match.span()) for name in names]
        facts = tuple(f"receptor {name} {state}" for name in names)
        how = "unclear" if unsure else "or" if either else "and"
        doubt = "'or' between receptors that may all be meant" if unsure else ""
        yield Claim(*match.span(), "marker", joined(nodes, how), facts, doubt)  # type: ignore[arg-type]
    for match in _TRIPLE.finditer(source.seen):
        nodes = [
            source.leaf(BiomarkerState(name, "negative"), *match.span()) for name in ("ER", "PR", "HER2")
        ]
        facts = tuple(f"receptor {name} negative" for name in ("ER", "PR", "HER2"))
        yield Claim(*match.span(), "marker", joined(nodes, "and"), facts)
    for match in _OVEREXPRESSED.finditer(source.seen):
        leaf = source.leaf(BiomarkerState("HER2", "positive"), *match.span())
        yield Claim(*match.span(), "marker", leaf, ("receptor HER2 positive",))


def _receptor_names(words: str) -> list[str]:
    found = [
        (match.start(), name)
        for name, pattern in _RECEPTORS
        for match in re.finditer(rf"(?<![a-z]){pattern}(?![a-z])", words)
    ]
    return list(dict.fromkeys(name for _, name in sorted(found)))


_MEASURED = re.compile(
    r"\b(?P<name>pd-?l1(?: expression)?(?:[ ,(]*(?:tumou?r proportion"
    r" score|tps|combined positive score|cps)[ ,)(]*)*|tumou?r proportion"
    r" score(?: ?\(tps\))?|combined positive score(?: ?\(cps\))?|tps|cps"
    r"|tumou?r mutational burden(?: ?\(tmb\))?|tmb|ki-?67)"
    rf"[ ,:]*(?:(?:of|is|score|index|expression|must be)\s)*(?P<sign>{SIGN})\s*"
    rf"(?P<value>{NUMBER}) ?(?P<unit>%|mut(?:ations?)? ?(?:/|per) ?(?:mb"
    r"|megabase))?"
)
_MSI = re.compile(
    r"\b(?P<high>msi-?h(?:igh)?\b|microsatellite instability[ -]high(?:"
    r" ?\(msi-?h\))?|high microsatellite instability(?: ?\(msi-?h\))?)"
    r"|(?P<mmr>dmmr\b|(?:mismatch repair|mmr)[ -]deficien(?:t|cy)(?: ?\(dmmr\))?"
    r"|deficient (?:mismatch repair|mmr)(?: ?\(dmmr\))?)"
    r"|(?P<stable>\bmss\b|microsatellite[ -]stable(?: ?\(mss\))?)|(?P<proficient>\bpmmr\b"
    r"|(?:mismatch repair|mmr)[ -]proficient(?: ?\(pmmr\))?)"
)


def biomarkers(source: Source) -> Iterator[Claim]:
    """PD-L1 scores, tumour mutational burden, Ki-67; microsatellites and mismatch repair."""
    for match in _MEASURED.finditer(source.seen):
        name, unit = _measure(match["name"], match["unit"] or "")
        if name and (unit == "%" or name in ("PD-L1 CPS",) or "mut" in unit):
            comparison = Comparison(sign_of(match["sign"]), number(match["value"]))
            leaf = source.leaf(BiomarkerNumber(name, comparison, unit), *match.span())
            yield Claim(*match.span(), "marker", leaf, (f"{name} {comparison} {unit}".rstrip(),))
    for match in _MSI.finditer(source.seen):
        name, state = next(pair for group, pair in _MSI_STATES.items() if match[group])
        yield Claim(
            *match.span(),
            "marker",
            source.leaf(BiomarkerState(name, state), *match.span()),
            (f"marker {name} {state}",),
        )


_MSI_STATES = {
    "high": ("MSI", "high"),
    "stable": ("MSI", "stable"),
    "mmr": ("MMR", "deficient"),
    "proficient": ("MMR", "proficient"),
}


def _measure(words: str, unit: str) -> tuple[str, str]:
    if re.search(r"tps|proportion", words):
        return "PD-L1 TPS", unit
    if re.search(r"cps|combined", words):
        return "PD-L1 CPS", ""
    if re.search(r"tmb|burden", words):
        return "TMB", "mut/Mb" if unit else ""
    return ("Ki-67", unit) if words.startswith("ki") else ("", unit)  # PD-L1 alone: which score is not said


# ---- alterations

_GENES = [
    "EGFR",
    "KRAS",
    "NRAS",
    "HRAS",
    "BRAF",
    "ALK",
    "ROS1",
    "RET",
    "MET",
    "ERBB2",
    "HER2",
    "NTRK1",
    "NTRK2",
    "NTRK3",
    "NTRK",
    "BRCA1",
    "BRCA2",
    "BRCA",
    "PIK3CA",
    "PTEN",
    "TP53",
    "FGFR1",
    "FGFR2",
    "FGFR3",
    "FGFR4",
    "IDH1",
    "IDH2",
    "FLT3",
    "KIT",
    "PDGFRA",
    "ESR1",
    "AKT1",
    "NPM1",
    "ATM",
    "PALB2",
    "CDKN2A",
    "STK11",
    "KEAP1",
    "NF1",
    "APC",
    "AR",
    "SMARCB1",
    "NRG1",
]
_GENE = rf"(?P<gene>{'|'.join(sorted((gene.lower() for gene in _GENES), key=len, reverse=True))})"
_CHANGE = r"(?:p\.)?[acdefghiklmnpqrstvwy]\d{2,4}(?:[acdefghiklmnpqrstvwyx]|fs\*?\d*)?"
_WHAT = (
    r"(?P<exon>exon[ -]?(?P<exon_number>\d{1,2})(?:[ -](?P<exon_what>deletions?"
    r"|insertions?|skipping|mutations?|del|ins))?(?: mutations?| alterations?)?)"
    rf"|(?P<change>{_CHANGE})(?P<more>(?:/[acdefghiklmnpqrstvwy](?![a-z]))*)"
    r"|(?P<kind>activating mutations?|sensiti[sz]ing mutations?|mutations?"
    r"|mutated|mutant|rearrangements?|rearranged|fusions?|translocations?"
    r"|amplifications?|amplified|alterations?|wild[ -]?type|gene fusions?)"
)
_ALTERATION = re.compile(
    r"\b(?P<germline>germline )?(?:(?P<status>deleterious|pathogenic|activating"
    rf"|sensiti[sz]ing|somatic|known|documented) )*{_GENE}(?:[ -]gene)?"
    rf"(?:[ -](?:(?:gene|activating|sensiti[sz]ing|somatic) )?(?:{_WHAT})"
    r"|(?P<positive>[ -]positive|\+))(?:[ -](?:mutations?|mutated|mutant"
    r"|mutation-positive|substitutions?|positive))?"
)
_NEXT = re.compile(
    r"(?P<joint>(?:,? or |,? and/or | / ?|/|, ))(?:(?:an? |the )?(?:point"
    rf" )?)?(?:{_WHAT})(?: (?:mutations?|substitutions?|point mutations?))?"
    r"(?![a-z])"
)
_KINDS: dict[str, frozenset[Kind]] = {
    "mut": frozenset({"mutation"}),
    "rea": frozenset({"sv"}),
    "fus": frozenset({"sv"}),
    "tra": frozenset({"sv"}),
    "gen": frozenset({"sv"}),
    "amp": frozenset({"cnv"}),
    "alt": frozenset({"mutation", "cnv", "sv"}),
    "wil": frozenset({"mutation"}),
}
_FUSED = frozenset({"alk", "ros1", "ret", "ntrk", "ntrk1", "ntrk2", "ntrk3", "nrg1"})


def alterations(source: Source) -> Iterator[Claim]:
    """A gene with what is changed in it; further changes after `or` belong to the same gene."""
    for match in _ALTERATION.finditer(source.seen):
        first = _alterations(match, match)
        if not first:
            continue
        asked, end = list(first), match.end()
        while (more := _NEXT.match(source.seen, end)) and (further := _alterations(match, more)):
            asked, end = asked + further, more.end()
        nodes: list[Node] = [source.leaf(one, match.start(), end) for one, _ in asked]
        facts = tuple(words for _, words in asked)
        doubt = (
            "whether the mutation counts as activating"
            if re.search(r"activating|sensiti|deleterious|pathogenic", match[0])
            else ""
        )
        yield Claim(match.start(), end, "alteration", joined(nodes, "or"), facts, doubt)


def _alterations(named: re.Match[str], match: re.Match[str]) -> list[tuple[Alteration, str]]:
    germline = bool(named["germline"])
    symbols = {"brca": ("BRCA1", "BRCA2"), "ntrk": ("NTRK1", "NTRK2", "NTRK3")}.get(
        named["gene"], (named["gene"].upper(),)
    )
    genes = [str(GeneSymbol.parse(symbol)) for symbol in symbols]
    found = []
    for gene in genes:
        for asks in _changes(gene, named["gene"], match, germline):
            found.append((asks, _words(asks, gene)))
    return found


def _changes(gene: str, written: str, match: re.Match[str], germline: bool) -> list[Alteration]:
    groups = match.groupdict()
    if groups.get("positive"):
        return [Alteration(gene, frozenset({"sv"}))] if written in _FUSED else []
    if match["exon_number"]:
        return _exon(gene, int(match["exon_number"]), match["exon_what"] or "")
    if match["change"]:
        return _protein(gene, match["change"], match["more"] or "")
    word = match["kind"]
    if word is None:
        return []
    key = re.sub(r"^(?:activating|sensiti[sz]ing) ", "", word)[:3]
    call = "high amplification" if key == "amp" else ""
    return [Alteration(gene, _KINDS[key], cnv_call=call, germline=germline, wildtype=key == "wil")]


def _exon(gene: str, exon: int, what: str) -> list[Alteration]:
    mutation: frozenset[Kind] = frozenset({"mutation"})
    if what.startswith("del"):
        return [Alteration(gene, mutation, classes=("In_Frame_Del",), exon=exon)]
    if what.startswith("ins"):
        return [Alteration(gene, mutation, classes=("In_Frame_Ins",), exon=exon)]
    return [] if what == "skipping" else [Alteration(gene, mutation, exon=exon)]


def _protein(gene: str, change: str, more: str) -> list[Alteration]:
    mutation: frozenset[Kind] = frozenset({"mutation"})
    bare = re.sub(r"^p\.", "", change).upper()
    if re.fullmatch(r"[A-Z]\d+X?", bare):
        return [Alteration(gene, mutation, position=ProteinPosition.parse(bare))]
    spelt = [bare, *(bare[:-1] + letter.upper() for letter in re.findall(r"[a-z]", more))]
    try:
        return [
            Alteration(gene, mutation, change=ProteinChange.parse(each.replace("FS", "fs"))) for each in spelt
        ]
    except ValueError:
        return []


def _words(asks: Alteration, gene: str) -> str:
    what = str(asks.change or "") or (asks.position.text if asks.position else "")
    exon = f"exon {asks.exon}" if asks.exon is not None else ""
    kinds = "" if what or exon else "wild type" if asks.wildtype else " or ".join(sorted(asks.kinds))
    parts = ("germline" if asks.germline else "", gene, what, exon, " ".join(asks.classes), kinds)
    return " ".join(part for part in parts if part)
