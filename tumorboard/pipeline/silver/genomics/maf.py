"""The finding in one MAF row. What cBioPortal would leave out is kept, and its `filter` says so.

Rules for the alternate allele and for what cBioPortal loads: docs.cbioportal.org, "File Formats", MAF.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tumorboard.pipeline.silver.genomics import finding as f
from tumorboard.pipeline.silver.genomics.finding import Finding

_NULLS = ("", "NA", "N/A", "NONE", "NULL", "UNKNOWN", ".")
_NOT_LOADED_CLASSES = ("Silent", "Intron", "IGR", "3'UTR", "5'UTR", "3'Flank", "5'Flank", "RNA")
_NOT_LOADED_STATUS = ("NONE", "LOH", "WILDTYPE")
_BUILDS = {"37": "GRCh37", "19": "GRCh37", "38": "GRCh38"}
_INDELS = ("INS", "DEL")
_PROTEIN = ("HGVSp_Short", "Amino_Acid_Change", "Protein_Change", "HGVSp", "AAChange")
_TRANSCRIPT = ("Transcript_ID", "i_transcript_name", "Feature", "RefSeq")
_FRACTION = ("t_vaf", "tumor_vaf", "TumorVAF", "VAF", "i_TumorVAF_WU")

Row = Mapping[str, str]


def finding(row: Row) -> Finding:
    """Never refuses: the reader already did, and an odd row says so in `remark`."""
    ref, alt = _text(row, "Reference_Allele") or "", alternate_allele(row)
    gene = f.gene_symbol(_text(row, "Hugo_Symbol"))
    hgvs_p, odd = f.protein(_first(row, _PROTEIN))
    return Finding(
        kind=_kind(row, ref, alt),
        gene=gene,
        hgvs_c=f.coding(_text(row, "HGVSc")),
        hgvs_p=hgvs_p,
        consequence=f.consequence(_text(row, "Variant_Classification")),
        exon=f.whole(_first(row, ("Exon_Number", "EXON"))),
        transcript=_first(row, _TRANSCRIPT),
        chromosome=f.chromosome(_text(row, "Chromosome")),
        position=f.whole(_text(row, "Start_Position")),
        ref=ref,
        alt=alt,
        vaf=_fraction(row),
        depth=_depth(row),
        genome_build=build(_text(row, "NCBI_Build")),
        origin_class=_origin(row),
        filter=_filter(row, gene),
        remark=f.remarks(odd, "" if gene else "the row names no gene that can be read"),
    )


def alternate_allele(row: Row) -> str:
    """The allele of bases that differs from the reference; a deletion's `-` only if there is no other."""
    ref = _text(row, "Reference_Allele") or ""
    alleles = [_text(row, "Tumor_Seq_Allele1") or "", _text(row, "Tumor_Seq_Allele2") or ""]
    bases = [allele for allele in alleles if re.fullmatch("[ATGC]+", allele) and allele != ref]
    others = [allele for allele in reversed(alleles) if allele and allele != ref]
    return next(iter(bases + others), "")


def build(text: str | None) -> str | None:
    """GRCh37, GRCh38 or None from `hg19`, `GRCh37`, `37`; another build stays as written."""
    found = re.search(r"(37|38|19)", text or "")
    return _BUILDS[found[1]] if found else text


def _kind(row: Row, ref: str, alt: str) -> str:
    if (_text(row, "Variant_Classification") or "").lower() == "fusion":
        return "sv"
    return "indel" if _text(row, "Variant_Type") in _INDELS else f.small_kind(ref, alt)


def _filter(row: Row, gene: str | None) -> str:
    stated = [_text(row, "FILTER") or ""]
    kind = _text(row, "Variant_Classification") or ""
    promoter = gene == "TERT" and kind in ("5'Flank", "upstream")
    if kind in _NOT_LOADED_CLASSES and not promoter:
        stated.append(f"cbioportal:{kind}")
    status = _text(row, "Mutation_Status") or str(row.get("Mutation_Status") or "")
    if status.upper() in _NOT_LOADED_STATUS:
        stated.append(f"cbioportal:{status}")
    left = [part for part in stated if part not in f.PASSED]
    return ";".join(left) or stated[0]


def _origin(row: Row) -> str:
    status = (_text(row, "Mutation_Status") or "").lower()
    return status if status in ("somatic", "germline") else "unknown"


def _fraction(row: Row) -> float | None:
    counted = f.fraction(f.number(row.get("t_alt_count")), f.number(row.get("t_ref_count")))
    stated = f.number(_first(row, _FRACTION))
    if counted is not None or stated is None or not 0 <= stated <= 100:
        return counted
    return stated / 100 if stated > 1 else stated


def _depth(row: Row) -> int | None:
    counts = [f.number(row.get(name)) for name in ("t_alt_count", "t_ref_count")]
    if None in counts or min(count or 0 for count in counts) < 0:
        return f.whole(row.get("t_depth")) or None
    return int(sum(count or 0 for count in counts))


def _text(row: Row, column: str) -> str | None:
    value = str(row.get(column) or "").strip()
    return None if value.upper() in _NULLS else value


def _first(row: Row, columns: tuple[str, ...]) -> str | None:
    return next((value for column in columns if (value := _text(row, column))), None)
