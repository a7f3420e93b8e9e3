"""Which gene a VCF record falls in: our own INFO keys, VEP's CSQ or SnpEff's ANN.

CSQ: Ensembl VEP documentation, "VCF output". ANN: "Variant annotations in VCF format" 1.0 (2015).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

_ANN_FIELDS = (
    "Allele", "Annotation", "Impact", "Gene_Name", "Gene_ID", "Feature_Type", "Feature_ID", "BioType", "Rank",
    "HGVS.c", "HGVS.p",
)  # fmt: skip
_OWN = {
    "gene": "GENE",
    "hgvs_c": "HGVSC",
    "hgvs_p": "HGVSP",
    "consequence": "CONSEQ",
    "exon": "EXON",
    "transcript": "TRANSCRIPT",
}
_VEP = {
    "gene": "SYMBOL",
    "hgvs_c": "HGVSc",
    "hgvs_p": "HGVSp",
    "consequence": "Consequence",
    "exon": "EXON",
    "transcript": "Feature",
}
_SNPEFF = {
    "gene": "Gene_Name",
    "hgvs_c": "HGVS.c",
    "hgvs_p": "HGVS.p",
    "consequence": "Annotation",
    "exon": "Rank",
    "transcript": "Feature_ID",
}

Annotation = dict[str, str]


def annotation(info: Mapping[str, Any], csq_fields: list[str], alleles: list[str], index: int) -> Annotation:
    """Gene, changes, consequence, exon and transcript of alternate allele `index`; empty if none is given.

    `alleles` are REF and the alternates. Of several transcripts the one that VEP picked, else MANE Select,
    else the canonical one, else the first is taken (SnpEff lists the most severe first).
    """
    if isinstance(info.get("GENE"), str):
        return {name: _of_allele(info.get(key), index, len(alleles) - 1) for name, key in _OWN.items()}
    if isinstance(info.get("CSQ"), str) and csq_fields:
        return _named(_best(_entries(info["CSQ"], csq_fields), alleles, index), _VEP)
    if isinstance(info.get("ANN"), str):
        return _named(_best(_entries(info["ANN"], list(_ANN_FIELDS)), alleles, index), _SNPEFF)
    return {}


def csq_fields(header: Mapping[str, Any]) -> list[str]:
    """Field names of CSQ, from `Description="... Format: Allele|Consequence|..."`."""
    for line in header.get("meta", {}).get("INFO", []):
        if isinstance(line, dict) and line.get("ID") == "CSQ":
            return [field.strip() for field in line.get("Description", "").partition("Format:")[2].split("|")]
    return []


def _of_allele(value: Any, index: int, alternates: int) -> str:
    """The value for one alternate, where the record gives one per alternate (Number=A)."""
    parts = str(value or "").split(",")
    return unquote(parts[index] if len(parts) == alternates > 1 else str(value or ""))


def _entries(text: str, names: list[str]) -> list[dict[str, str]]:
    return [dict(zip(names, entry.split("|"), strict=False)) for entry in text.split(",")]


def _best(entries: list[dict[str, str]], alleles: list[str], index: int) -> dict[str, str]:
    mine = [entry for entry in entries if _is_about(entry, alleles, index)]
    return min(mine, key=_rank, default={})


def _rank(entry: Mapping[str, str]) -> int:
    """Smaller is better; `min` keeps the first of equals."""
    marks = (entry.get("PICK") == "1", bool(entry.get("MANE_SELECT")), entry.get("CANONICAL") == "YES")
    return next((place for place, marked in enumerate(marks) if marked), len(marks))


def _is_about(entry: Mapping[str, str], alleles: list[str], index: int) -> bool:
    if len(alleles) == 2:
        return True
    if entry.get("ALLELE_NUM"):
        return entry["ALLELE_NUM"] == str(index + 1)
    return entry.get("Allele", "") in (alleles[index + 1], _trimmed(alleles[0], alleles[index + 1]))


def _trimmed(ref: str, alt: str) -> str:
    """VEP names an inserted or deleted allele without its first, shared base."""
    return (alt[1:] or "-") if ref[:1] == alt[:1] and len(ref) != len(alt) else alt


def _named(entry: Mapping[str, str], names: Mapping[str, str]) -> Annotation:
    return {name: entry.get(key, "") for name, key in names.items()} if entry else {}
