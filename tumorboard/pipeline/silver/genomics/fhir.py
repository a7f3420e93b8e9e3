"""The finding in one FHIR Observation with LOINC 69548-6: HL7 Genomics Reporting 1.0 to 4.0 and mCODE.

Component codes and answers: HL7 Genomics Reporting Implementation Guide, profile `variant`; LOINC answer
lists LL1971-2 (presence), LL378-1 (source class), LL5323-2 (coordinate system).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tumorboard.pipeline.silver.genomics import finding as f
from tumorboard.pipeline.silver.genomics.finding import Finding
from tumorboard.pipeline.silver.genomics.maf import build

VARIANT = "69548-6"
_ABSENT = frozenset({"LA9634-2"})
_UNCALLED = frozenset({"LA18198-4", "LA11884-6"})  # no call, indeterminate
_ABSENT_WORDS = ("absent", "not detected", "negative")
_UNCALLED_WORDS = ("no call", "indeterminate")
_VOID = ("entered-in-error", "cancelled")
_ZERO_BASED = ("LA30100-4", "LA30101-2")
_LOINC_TERMS = {  # 48006-1, amino acid change type (LL380-7)
    "LA6698-0": "missense_variant",
    "LA6699-8": "stop_gained",
    "LA6700-4": "synonymous_variant",
    "LA6694-9": "frameshift_variant",
    "LA6692-3": "inframe_deletion",
    "LA6687-3": "inframe_insertion",
}
_GENOMIC = re.compile(r"(?:NC_0*(\d+)\.(\d+)|(?:chr)?([0-9XYM]{1,2}T?)):g\.(\d+)(?:_\d+)?(.*)")
_SUBSTITUTION = re.compile(r"([ACGT]+)>([ACGT]+)")
# Version of each chromosome's RefSeq accession in GRCh37; GRCh38 has the next one (NCBI Assembly).
_GRCH37 = {
    1: 10, 2: 11, 3: 11, 4: 11, 5: 9, 6: 11, 7: 13, 8: 10, 9: 11, 10: 10, 11: 9, 12: 11, 13: 10, 14: 8, 15: 9,
    16: 9, 17: 10, 18: 9, 19: 9, 20: 10, 21: 8, 22: 10, 23: 10, 24: 9,
}  # fmt: skip

Resource = Mapping[str, Any]


def is_finding(observation: Resource) -> bool:
    """False for "absent", "no call", a likely false positive, and what the sender took back."""
    if observation.get("status") in _VOID:
        return False
    if is_absent(observation) or _says(observation, _UNCALLED, _UNCALLED_WORDS):
        return False
    return _words_of(_component(observation, "variant-confidence-status")) != "low"


def is_absent(observation: Resource) -> bool:
    """Looked for and not there."""
    return _says(observation, _ABSENT, _ABSENT_WORDS)


def is_of_one_change(observation: Resource) -> bool:
    """It names a change, not only a gene: what is said of V600E is not said of the rest of BRAF."""
    return any(_code_or_words(observation, code) for code in ("48004-6", "81290-9", "48005-3"))


def _says(observation: Resource, codes: frozenset[str], words: tuple[str, ...]) -> bool:
    stated = _words_of(observation)
    coded = set(_codes(observation.get("valueCodeableConcept")))
    return bool(codes & coded) or any(word in stated for word in words)


def findings(observation: Resource) -> Iterator[Finding]:
    """One finding, if it is one and says what was found (a group of other observations does not)."""
    if is_finding(observation) and observation.get("component") and not observation.get("hasMember"):
        yield _finding(observation)


def _finding(observation: Resource) -> Finding:
    genes = genes_studied(observation)
    place, named = _Place(observation), _words_of(_component(observation, "81291-7"), fold=False)
    pair = f.gene_pair(named.removesuffix("fusion")) if "fusion" in named else []
    genes = list(dict.fromkeys([*genes, *pair]))
    copies = f.number(_value(_component(observation, "82155-3")))
    hgvs_p, odd = f.protein(_code_or_words(observation, "48005-3"))
    gene = genes[0] if genes else None
    return Finding(
        kind=_kind(observation, genes, copies, place),
        gene=gene,
        hgvs_c=f.coding(_code_or_words(observation, "48004-6")),
        hgvs_p=hgvs_p,
        consequence=_consequence(observation),
        exon=f.whole(_value(_component(observation, "47999-8"))),
        transcript=_code_or_words(observation, "51958-7"),
        chromosome=place.chromosome,
        position=place.position,
        ref=place.ref,
        alt=place.alt,
        vaf=_fraction(_component(observation, "81258-6")),
        depth=f.whole(_value(_component(observation, "82121-5"))),
        copy_number=copies,
        partner_gene=genes[1] if len(genes) > 1 else None,
        genome_build=build(_words_of(_component(observation, "62374-4")) or None) or place.build,
        origin_class=_origin(observation),
        remark=f.remarks(odd, "" if gene else "the observation names no gene", _unstated(observation)),
    )


class _Place:
    """Chromosome, position (from 1) and alleles, from components or else from the genomic HGVS."""

    def __init__(self, observation: Resource) -> None:
        match = _GENOMIC.search(_code_or_words(observation, "81290-9") or "")
        accession, version = (int(match[1]), int(match[2])) if match and match[1] else (0, 0)
        change = _SUBSTITUTION.fullmatch(match[5]) if match else None
        named = re.search(r"\b(\d{1,2}|X|Y|MT)\b", _words_of(_component(observation, "48000-4")).upper())
        from_hgvs = (str(accession) if accession else match[3]) if match else None
        self.chromosome = f.chromosome(named[1] if named else from_hgvs)
        self.position = self._start(observation) or (int(match[4]) if match else None)
        self.ref = _value(_component(observation, "69547-8")) or (change[1] if change else None)
        self.alt = _value(_component(observation, "69551-0")) or (change[2] if change else None)
        newer = version - _GRCH37.get(accession, version + 9)
        self.build = {0: "GRCh37", 1: "GRCh38"}.get(newer)

    def _start(self, observation: Resource) -> int | None:
        span = (_component(observation, "81254-5") or {}).get("valueRange") or {}
        low = f.whole((span.get("low") or {}).get("value"))
        zero = set(_codes((_component(observation, "92822-6") or {}).get("valueCodeableConcept")))
        return low + 1 if low is not None and zero & set(_ZERO_BASED) else low


def genes_studied(observation: Resource) -> list[str]:
    """Genes studied, in order; else the gene in the name of the variation, `NM_000106.5(CYP2D6):c.886C>T`."""
    named = [
        f.gene_symbol(text)
        for component in _components(observation, "48018-6")
        for text in _gene_words(component)
    ]
    found = list(dict.fromkeys(name for name in named if name))
    if found:
        return found
    inside = re.search(r"\(([A-Za-z0-9-]+)\):", _words_of(_component(observation, "81252-9"), fold=False))
    name = f.gene_symbol(inside[1]) if inside else None
    return [name] if name else []


def _gene_words(component: Resource) -> Iterator[str]:
    """The first spelling that is a symbol: the display, the text, or the code if it is no HGNC number."""
    concept = component.get("valueCodeableConcept") or {}
    coding = (concept.get("coding") or [{}])[0]
    words = [coding.get("display"), concept.get("text"), coding.get("code")]
    symbols = [word for word in words if word and f.gene_symbol(word) and not str(word).startswith("HGNC")]
    yield from symbols[:1]


def ranges_examined(observation: Resource) -> str | None:
    return _value(_component(observation, "81293-3"))


def kinds_studied(observation: Resource) -> str:
    """The words for the kinds of change (48019-4) and the source class (48002-0) a region statement names."""
    parts = [*_components(observation, "48019-4"), *_components(observation, "48002-0")]
    return " ".join(_words_of(part) for part in parts)


def _kind(observation: Resource, genes: list[str], copies: float | None, place: _Place) -> str:
    change = " ".join(
        _codes((_component(observation, "48019-4") or {}).get("valueCodeableConcept"))
    ) + _words_of(_component(observation, "48019-4"))
    if len(genes) > 1 or "fusion" in change or "SO:0001565" in change:
        return "sv"
    if copies is not None or "copy" in change or "SO:0001019" in change:
        return "cnv"
    written = " ".join(_code_or_words(observation, code) or "" for code in ("48004-6", "81290-9", "48005-3"))
    if re.search(r"del|ins|dup|fs", written):
        return "indel"
    return f.small_kind(place.ref or "", place.alt or "")


def _consequence(observation: Resource) -> str | None:
    """Feature consequence if sent, else the amino acid change type."""
    sent = _component(observation, "feature-consequence")
    if sent:
        return f.consequence(_words_of(sent, fold=False))
    known = [_LOINC_TERMS.get(code) for code in _codes(_concept(observation, "48006-1"))]
    term = next((code for code in known if code), None)
    return term or f.consequence(_words_of(_component(observation, "48006-1")))


def _origin(observation: Resource) -> str:
    words = _words_of(_component(observation, "48002-0"))
    return next((origin for origin in ("somatic", "germline") if origin in words), "unknown")


def _fraction(component: Resource | None) -> float | None:
    quantity = (component or {}).get("valueQuantity") or {}
    value = f.number(quantity.get("value"))
    if value is None:
        return None
    return value / 100 if "%" in (quantity.get("unit"), quantity.get("code")) or value > 1 else value


def _unstated(observation: Resource) -> str:
    return "" if _words_of(observation) else "the observation does not state whether the variant is present"


def _components(observation: Resource, code: str) -> list[Resource]:
    return [part for part in observation.get("component") or [] if code in _codes(part.get("code"))]


def _component(observation: Resource, code: str) -> Resource | None:
    return next(iter(_components(observation, code)), None)


def _concept(observation: Resource, code: str) -> Any:
    return (_component(observation, code) or {}).get("valueCodeableConcept")


def _codes(concept: Any) -> list[str]:
    codings = (concept or {}).get("coding") or []
    return [str(coding.get("code")) for coding in codings if coding.get("code")]


def _words_of(part: Resource | None, *, fold: bool = True) -> str:
    """Display, else text, else code or string of a value."""
    if not part:
        return ""
    concept = part.get("valueCodeableConcept") or {}
    coding = (concept.get("coding") or [{}])[0]
    found = (
        coding.get("display") or concept.get("text") or coding.get("code") or part.get("valueString") or ""
    )
    return str(found).lower() if fold else str(found)


def _code_or_words(observation: Resource, code: str) -> str | None:
    """HGVS and accessions: the code, which is exact, before its display."""
    part = _component(observation, code) or {}
    concept = part.get("valueCodeableConcept") or {}
    coding = (concept.get("coding") or [{}])[0]
    found = coding.get("code") or coding.get("display") or concept.get("text") or part.get("valueString")
    return str(found) if found else None


def _value(part: Resource | None) -> str | None:
    """The value of a component as text."""
    if not part:
        return None
    quantity = part.get("valueQuantity") or {}
    found = part.get("valueString") or quantity.get("value") or part.get("valueInteger") or _words_of(part)
    return str(found) if found not in (None, "") else None
