"""Findings in one VCF record of one tumour sample."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tumorboard.pipeline.silver.genomics import finding as f
from tumorboard.pipeline.silver.genomics.annotations import annotation, csq_fields
from tumorboard.pipeline.silver.genomics.finding import Finding

_SYMBOLIC = re.compile(r"<(\w+)[^>]*>")
_SYMBOL_TERMS = {
    "DEL": "deletion",
    "DUP": "duplication",
    "INS": "insertion",
    "INV": "inversion",
    "CNV": "copy_number_variation",
}
_PARTNER_KEYS = ("PARTNER_GENE", "PARTNER", "GENE2", "GENE_B")
_NOT_READ_DEPTH = (".", "", None)


def findings(record: Mapping[str, Any], header: Mapping[str, Any]) -> Iterator[Finding]:
    """One finding per alternate allele that the sample carries."""
    alternates = str(record.get("alt") or ".").split(",")
    names = csq_fields(header)
    for index, alt in enumerate(alternates):
        if alt not in (".", "*", "<*>", "<NON_REF>") and _carried(record, index):
            yield _finding(record, header, alternates, index, names)


def _carried(record: Mapping[str, Any], index: int) -> bool:
    """Whether the genotype holds the allele; a record without a called genotype is taken at its word."""
    called = re.findall(r"\d+", str((record.get("format") or {}).get("GT") or ""))
    return not called or str(index + 1) in called


def _finding(
    record: Mapping[str, Any], header: Mapping[str, Any], alternates: list[str], index: int, names: list[str]
) -> Finding:
    info, alt = record.get("info") or {}, alternates[index]
    notes = annotation(info, names, [str(record.get("ref") or ""), *alternates], index)
    copies = f.number(info.get("CN", (record.get("format") or {}).get("CN")))
    kind = _kind(str(record.get("ref") or ""), alt, copies, notes.get("gene", ""))
    gene, partner = _genes(kind, notes.get("gene", ""), info)
    hgvs_p, odd = f.protein(notes.get("hgvs_p"))
    vaf, depth = _reads(record, index)
    return Finding(
        kind=kind,
        gene=gene,
        hgvs_c=f.coding(notes.get("hgvs_c")),
        hgvs_p=hgvs_p,
        consequence=f.consequence(notes.get("consequence") or _structural(alt, info)),
        exon=f.whole(notes.get("exon")),
        transcript=notes.get("transcript") or None,
        chromosome=f.chromosome(record.get("chrom")),
        position=f.whole(record.get("pos")),
        ref=str(record.get("ref") or ""),
        alt=alt,
        vaf=vaf,
        depth=depth,
        copy_number=copies if kind == "cnv" else None,
        partner_gene=partner,
        genome_build=header.get("genome_build") or None,
        origin_class=_origin(info),
        filter=str(record.get("filter") or ""),
        remark=f.remarks(odd, _unnamed(gene, notes)),
        event=_event(record),
        source_path="$" if len(alternates) == 1 else f"$.alt[{index}]",
    )


def _kind(ref: str, alt: str, copies: float | None, genes: str) -> str:
    if "[" in alt or "]" in alt:
        return "sv"
    if alt.startswith("<"):
        pair = len(f.gene_pair(genes)) == 2
        return "cnv" if copies is not None and not pair else "sv"
    return f.small_kind(ref, alt)


def _genes(kind: str, text: str, info: Mapping[str, Any]) -> tuple[str | None, str | None]:
    if kind != "sv":
        return f.gene_symbol(text), None
    named = next((str(info[key]) for key in _PARTNER_KEYS if info.get(key)), "")
    pair = [f.gene_symbol(name) for name in dict.fromkeys([*f.gene_pair(text), *([named] if named else [])])]
    first, second, *_ = [*pair, None, None]
    return first, second


def _structural(alt: str, info: Mapping[str, Any]) -> str:
    """The term for a symbolic allele or breakend that the annotation left unnamed."""
    if "[" in alt or "]" in alt:
        return (
            "gene_fusion"
            if None not in _genes("sv", str(info.get("GENE") or ""), info)
            else "structural_variant"
        )
    found = _SYMBOLIC.fullmatch(alt)
    return _SYMBOL_TERMS.get(found[1].upper(), "structural_variant") if found else ""


def _reads(record: Mapping[str, Any], index: int) -> tuple[float | None, int | None]:
    """Allele fraction (0 to 1) and depth, from FORMAT first; INFO only by names that mean the tumour."""
    values, info = record.get("format") or {}, record.get("info") or {}
    counts = [f.number(part) for part in _first(values, "AD", "ADT").split(",")]
    counted = f.fraction(counts[index + 1], _others(counts, index)) if len(counts) > index + 1 else None
    stated = f.number(_nth(_first(values, "AF", "VAF") or _first(info, "TVAF", "TUMOR_AF"), index))
    depth = f.whole(_first(values, "DP", "DPT") or _first(info, "TDP"))
    if depth is None and len(counts) > 1 and all(count is not None for count in counts):
        depth = int(sum(count or 0 for count in counts))
    return (stated if stated is not None and 0 <= stated <= 1 else counted), depth


def _others(counts: list[float | None], index: int) -> float | None:
    rest = [count for place, count in enumerate(counts) if place != index + 1]
    return None if None in rest else sum(count or 0 for count in rest)


def _first(values: Mapping[str, Any], *keys: str) -> str:
    found = [str(values[key]) for key in keys if values.get(key) not in _NOT_READ_DEPTH]
    return found[0] if found else ""


def _nth(text: str, index: int) -> str:
    parts = text.split(",")
    return parts[index] if len(parts) > index else parts[0]


def _origin(info: Mapping[str, Any]) -> str:
    """Somatic or germline where the file says so: CLASS, ORIGIN, the flag SOMATIC, VarScan's SS."""
    words = " ".join(str(info.get(key) or "") for key in ("CLASS", "ORIGIN")).lower()
    if "germline" in words or info.get("SS") == "1":
        return "germline"
    if "somatic" in words or info.get("SOMATIC") is True or info.get("SS") == "2":
        return "somatic"
    return "unknown"


def _unnamed(gene: str | None, notes: Mapping[str, str]) -> str:
    if gene:
        return ""
    return "the gene name cannot be read" if notes.get("gene") else "the file names no gene for it"


def _event(record: Mapping[str, Any]) -> str:
    """Both ends of a breakend name the same event, so that it counts once."""
    mate = str((record.get("info") or {}).get("MATEID") or "")
    return "~".join(sorted((str(record.get("id") or ""), mate))) if mate else ""
