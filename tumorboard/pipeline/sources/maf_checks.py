"""What can be wrong with a row of a MAF file.

Two kinds of finding. A *refusal* means that the row cannot be placed: no sample, no usable position, letters
that are no bases. A *remark* means that the row contradicts itself or the format, but still tells the board
something, so it is taken and shown. The rules are those of the cBioPortal file format documentation.

A row comes as a dict of canonical column name to text; an empty cell is absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

Row = dict[str, str]

# Columns that may hold the protein change, best first; at least one of them is expected.
PROTEIN_CHANGE_COLUMNS = ("HGVSp_Short", "Amino_Acid_Change", "Protein_Change", "HGVSp")
GENE_COLUMNS = ("Hugo_Symbol", "Entrez_Gene_Id")
PLACE_COLUMNS = ("Chromosome", "Start_Position", "Reference_Allele", "Tumor_Seq_Allele2")
ALLELES = ("Reference_Allele", "Tumor_Seq_Allele1", "Tumor_Seq_Allele2")
TUMOUR_VALIDATION = ("Tumor_Validation_Allele1", "Tumor_Validation_Allele2")
NORMAL_VALIDATION = ("Match_Norm_Validation_Allele1", "Match_Norm_Validation_Allele2")

NULLS = frozenset(("", "na", "null", "none", "n/a", "unknown", "[not available]", "[not applicable]"))

# fmt: off
CLASSIFICATIONS = frozenset((
    "Frame_Shift_Del", "Frame_Shift_Ins", "In_Frame_Del", "In_Frame_Ins", "Missense_Mutation",
    "Nonsense_Mutation", "Silent", "Splice_Site", "Translation_Start_Site", "Nonstop_Mutation", "3'UTR",
    "3'Flank", "5'UTR", "5'Flank", "IGR", "Intron", "RNA", "Targeted_Region", "De_novo_Start_InFrame",
    "De_novo_Start_OutOfFrame", "Splice_Region", "Fusion", "Unknown",
))
_STATUS_VALUES = {
    "Verification_Status": {"", "verified", "unknown", "na"},
    "Validation_Status": {"", "valid", "invalid", "untested", "inconclusive", "redacted", "unknown", "na"},
    "Mutation_Status": {"", "none", "germline", "somatic", "loh", "post-transcriptional modification",
                        "unknown", "wildtype", "na"},
}
# fmt: on
_NOT_A_SOMATIC_CHANGE = frozenset(("none", "loh", "wildtype"))
_DRIVERS = frozenset(("", "Putative_Driver", "Putative_Passenger", "NA", "Unknown"))
_SUBSTITUTION_LENGTHS = {"SNP": 1, "DNP": 2, "TNP": 3}
_MAX_TIERS, _MAX_TIER_LENGTH, _MAX_ANNOTATION, _MAX_PROTEIN_CHANGE = 10, 50, 80, 255

_BASES = re.compile(r"[ACGTN]+|-", re.IGNORECASE)
_WHOLE_NUMBER = re.compile(r"[0-9]{1,10}")
_UNIPROT = re.compile(
    r"[OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9]([A-Z][A-Z0-9]{2}[0-9]){1,2}|[A-Z0-9]{1,10}_[A-Z0-9]{1,5}"
)


class Refusal(NamedTuple):
    field: str
    reason: str


def is_null(row: Row, column: str) -> bool:
    """Whether a cell says nothing: empty, NA, Unknown and the like."""
    return row.get(column, "").strip().lower() in NULLS


def refusal(row: Row) -> Refusal | None:
    """Why the row cannot be taken, or None."""
    if is_null(row, "Tumor_Sample_Barcode"):
        return Refusal("Tumor_Sample_Barcode", "the row names no tumour sample")
    for column in ("Start_Position", "End_Position"):
        if not is_null(row, column) and not _WHOLE_NUMBER.fullmatch(row[column]):
            return Refusal(column, f"{column} is not a whole number")
    if not has_gene(row) and any(is_null(row, column) for column in PLACE_COLUMNS):
        return Refusal("Hugo_Symbol", "the row names neither a gene nor a complete position")
    start, end = row.get("Start_Position", ""), row.get("End_Position", "")
    if start.isdecimal() and end.isdecimal() and int(start) > int(end):
        return Refusal("Start_Position", "Start_Position lies after End_Position")
    for column in ALLELES:
        if not is_null(row, column) and not _BASES.fullmatch(row[column]):
            return Refusal(column, f"{column} holds a letter that is no base")
    return None


def has_gene(row: Row) -> bool:
    return not is_null(row, "Hugo_Symbol") or (
        not is_null(row, "Entrez_Gene_Id") and row["Entrez_Gene_Id"] != "0"
    )


def remarks(row: Row) -> Iterator[str]:
    """Everything odd about a row that is taken all the same."""
    for check in _CHECKS:
        yield from check(row)


def _gene(row: Row) -> Iterator[str]:
    if not has_gene(row):
        yield "neither a gene symbol nor an Entrez id: the gene must be found from the position"
        if row.get("Variant_Classification", "IGR") != "IGR":
            yield "no gene implies a variant between genes, but Variant_Classification says otherwise"


def _classification(row: Row) -> Iterator[str]:
    if is_null(row, "Variant_Classification") and row.get("Variant_Classification") != "Unknown":
        yield "Variant_Classification is empty"
    elif row["Variant_Classification"] not in CLASSIFICATIONS:
        yield "Variant_Classification is not one of the MAF terms"


def _statuses(row: Row) -> Iterator[str]:
    for column, allowed in _STATUS_VALUES.items():
        if row.get(column, "").lower() not in allowed:
            yield f"{column} is not one of the MAF terms"
    status = row.get("Mutation_Status", "").lower()
    if status == "germline":
        yield "germline variant among tumour variants"
    if status in _NOT_A_SOMATIC_CHANGE:
        yield "Mutation_Status is None, LOH or Wildtype: kept, but no somatic change"


def _protein_change(row: Row) -> Iterator[str]:
    given = [row[column] for column in PROTEIN_CHANGE_COLUMNS if not is_null(row, column)]
    for change in given[:1]:
        if "];[" in change or ";" in change:
            yield "the protein change holds several changes"
        elif "," in change:
            yield "the protein change holds a comma"
        if len(change) > _MAX_PROTEIN_CHANGE:
            yield f"the protein change is longer than {_MAX_PROTEIN_CHANGE} characters"


def _substitution(row: Row) -> Iterator[str]:
    kind, alleles = row.get("Variant_Type", ""), _alleles(row)
    if kind in _SUBSTITUTION_LENGTHS:
        length = _SUBSTITUTION_LENGTHS[kind]
        if any(len(allele) != length for allele in alleles):
            yield f"{kind}, but an allele is not of length {length}"
        if "-" in alleles:
            yield f"{kind}, but an allele is a deletion"
    if kind == "ONP" and alleles and (len({len(a) for a in alleles}) > 1 or len(alleles[0]) <= 3):
        yield "ONP, but the alleles are not longer than 3 or of unequal lengths"


def _insertion(row: Row) -> Iterator[str]:
    if row.get("Variant_Type") != "INS" or is_null(row, "Reference_Allele"):
        return
    reference, span = _length(row["Reference_Allele"]), _span(row)
    if span is not None and span not in (1, reference):
        yield "insertion, but End_Position fits neither the gap nor the reference allele"
    tumour = [_length(row[column]) for column in ALLELES[1:] if not is_null(row, column)]
    if tumour and reference > max(tumour):
        yield "insertion, but the reference allele is longer than the tumour alleles"


def _deletion(row: Row) -> Iterator[str]:
    if row.get("Variant_Type") != "DEL" or is_null(row, "Reference_Allele"):
        return
    reference, span = _length(row["Reference_Allele"]), _span(row)
    if span is not None and span + 1 != reference:
        yield "deletion, but End_Position does not fit the reference allele"
    tumour = [_length(row[column]) for column in ALLELES[1:] if not is_null(row, column)]
    if tumour and reference < max(tumour):
        yield "deletion, but the reference allele is shorter than a tumour allele"


def _alleles(row: Row) -> list[str]:
    return [row[column] for column in ALLELES if not is_null(row, column)]


def _length(allele: str) -> int:
    return 0 if allele == "-" else len(allele)


def _span(row: Row) -> int | None:
    if is_null(row, "Start_Position") or is_null(row, "End_Position"):
        return None
    return int(row["End_Position"]) - int(row["Start_Position"])


def _validation(row: Row) -> Iterator[str]:
    """Validation_Status against the alleles seen in validation. Only where the sender gives such alleles."""
    status = row.get("Validation_Status", "").lower()
    if status not in ("valid", "invalid") or not any(c in row for c in TUMOUR_VALIDATION + NORMAL_VALIDATION):
        return
    if any(is_null(row, column) for column in TUMOUR_VALIDATION + NORMAL_VALIDATION):
        yield "Validation_Status is given, but a validation allele is empty"
        return
    tumour, normal = [row[c] for c in TUMOUR_VALIDATION], [row[c] for c in NORMAL_VALIDATION]
    if not all(map(_BASES.fullmatch, tumour + normal)):
        yield "a validation allele holds a letter that is no base"
    elif status == "invalid":
        yield from _invalidated(row, tumour != normal)
    else:
        yield from _validated(row, tumour, normal)


def _invalidated(row: Row, differ: bool) -> Iterator[str]:
    if differ:
        yield "Validation_Status is invalid, but the tumour and normal validation alleles differ"
    if is_null(row, "Validation_Method"):
        yield "Validation_Status is invalid, but Validation_Method is not given"


def _validated(row: Row, tumour: list[str], normal: list[str]) -> Iterator[str]:
    origin, reference = row.get("Mutation_Status", "").lower(), row.get("Reference_Allele", "")
    if origin == "germline" and tumour != normal:
        yield "valid and germline, but the tumour and normal validation alleles differ"
    if origin == "somatic" and (set(normal) != {reference} or set(tumour) == {reference}):
        yield "valid and somatic, but the validation alleles do not show it"


def _driver(row: Row) -> Iterator[str]:
    if row.get("cbp_driver", "") not in _DRIVERS:
        yield "cbp_driver is not one of its four terms"
    for column in ("cbp_driver_annotation", "cbp_driver_tiers_annotation"):
        if len(row.get(column, "")) > _MAX_ANNOTATION:
            yield f"{column} is longer than {_MAX_ANNOTATION} characters"
    if len(row.get("cbp_driver_tiers", "")) > _MAX_TIER_LENGTH:
        yield f"cbp_driver_tiers is longer than {_MAX_TIER_LENGTH} characters"
    if "cbp_driver_tiers_annotation" in row and "cbp_driver_tiers" not in row:
        yield "cbp_driver_tiers_annotation without cbp_driver_tiers"


def _uniprot(row: Row) -> Iterator[str]:
    value = row.get("SWISSPROT", "")
    if value.lower() not in NULLS and not _UNIPROT.fullmatch(value):
        yield "SWISSPROT is neither a UniProt name nor an accession"


_CHECKS: tuple[Callable[[Row], Iterator[str]], ...] = (
    _gene,
    _classification,
    _statuses,
    _protein_change,
    _substitution,
    _insertion,
    _deletion,
    _validation,
    _driver,
    _uniprot,
)


class Repetition:
    """Remarks that need the rows before: the same mutation twice, too many different tiers."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, ...]] = set()
        self._tiers: set[str] = set()

    def remarks(self, row: Row) -> Iterator[str]:
        columns = ("Tumor_Sample_Barcode", "Hugo_Symbol", "Chromosome", "Start_Position", "End_Position")
        key = tuple(row.get(column, "") for column in (*columns, "Tumor_Seq_Allele2", "HGVSp_Short"))
        if key in self._seen:
            yield "the same mutation of the same sample stands above"
        self._seen.add(key)
        tier = row.get("cbp_driver_tiers")
        if tier and tier not in self._tiers and len(self._tiers) >= _MAX_TIERS:
            yield f"cbp_driver_tiers has more than {_MAX_TIERS} different values"
        self._tiers.update([tier] if tier else [])
