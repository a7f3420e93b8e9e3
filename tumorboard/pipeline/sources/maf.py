"""Mutation Annotation Format: tab-separated mutations of many samples, as cBioPortal and TCGA use it.

One `mutation` row per line. Its payload has the sender's columns; names that differ from the format only in
case or by a known misspelling get the format's name, and empty cells are left out. A `#sequenced_samples:`
line gives one `sequenced` row per sample: it is the only record of "tested, nothing found".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tumorboard.pipeline.sources.files import read_lines
from tumorboard.pipeline.sources.maf_checks import (
    GENE_COLUMNS,
    NULLS,
    PLACE_COLUMNS,
    PROTEIN_CHANGE_COLUMNS,
    Repetition,
    Row,
    refusal,
    remarks,
)
from tumorboard.pipeline.sources.reading import Notice, Reading, Rejected, SourceRow, Unreadable
from tumorboard.pipeline.sources.subjects import SPECIMEN, subject

SAMPLE = "Tumor_Sample_Barcode"
_SEQUENCED = "#sequenced_samples:"

# fmt: off
_COLUMNS = (
    "Hugo_Symbol", "Entrez_Gene_Id", "Center", "NCBI_Build", "Chromosome", "Start_Position", "End_Position",
    "Strand", "Variant_Classification", "Variant_Type", "Reference_Allele", "Tumor_Seq_Allele1",
    "Tumor_Seq_Allele2", "dbSNP_RS", "dbSNP_Val_Status", SAMPLE, "Matched_Norm_Sample_Barcode",
    "Match_Norm_Seq_Allele1", "Match_Norm_Seq_Allele2", "Tumor_Validation_Allele1",
    "Tumor_Validation_Allele2", "Match_Norm_Validation_Allele1", "Match_Norm_Validation_Allele2",
    "Verification_Status", "Validation_Status", "Mutation_Status", "Sequencing_Phase", "Sequence_Source",
    "Validation_Method", "Score", "BAM_File", "Sequencer", "HGVSp_Short", "HGVSp", "HGVSc",
    "Amino_Acid_Change", "Protein_Change", "t_alt_count", "t_ref_count", "n_alt_count", "n_ref_count",
    "cbp_driver", "cbp_driver_annotation", "cbp_driver_tiers", "cbp_driver_tiers_annotation", "SWISSPROT",
    "ASCN.ASCN_INTEGER_COPY_NUMBER",
)
# fmt: on
_CANONICAL = {name.lower(): name for name in _COLUMNS} | {
    "ascn.ascn_integer_copy_numer": "ASCN.ASCN_INTEGER_COPY_NUMBER",  # as the documentation misspells it
}
_PAIRED_COLUMNS = (
    ("cbp_driver", "cbp_driver_annotation"),
    ("cbp_driver_tiers", "cbp_driver_tiers_annotation"),
)


class Maf:
    """Reader of MAF."""

    name = "maf"
    version = "1.0"

    def recognises(self, path: Path, head: bytes) -> bool:
        lines = head.decode("utf-8", "replace").splitlines()
        header = next((line for line in lines if line.strip() and not line.startswith("#")), "")
        columns = set(canonical(header))
        described = columns & {"Variant_Classification", "Start_Position", "Reference_Allele"}
        return SAMPLE in columns and bool(described) and bool(columns & {"Hugo_Symbol", "Chromosome"})

    def read(self, path: Path) -> Iterator[Reading]:
        lines = read_lines(path)
        columns: list[str] = []
        for line in lines:
            if isinstance(line, Rejected):
                raise Unreadable(f"the header cannot be read: {line.reason}", line.locator)
            number, text = line
            if text.startswith(_SEQUENCED):
                yield from _sequenced(number, text)
            elif text.strip() and not text.startswith("#"):
                columns = canonical(text)
                yield from _header(number, columns)
                break
        if not columns:
            raise Unreadable("the file ends before its line of column names; it is cut short", "end of file")
        yield from _rows(lines, columns)


def canonical(header: str) -> list[str]:
    """The column names of a header line, with the format's own spelling where they differ in case only.

    A name given twice gets a number, so that no column hides another.
    """
    count: Counter[str] = Counter()
    names = []
    for received in header.split("\t"):
        name = _CANONICAL.get(received.strip().lower(), received.strip())
        count[name] += 1
        names.append(name if count[name] == 1 or not name else f"{name}.{count[name]}")
    return names


def _sequenced(number: int, text: str) -> Iterator[SourceRow]:
    for index, sample in enumerate(text.removeprefix(_SEQUENCED).split(), start=1):
        place = f"line {number}, sample {index}"
        yield SourceRow(place, "sequenced", {SAMPLE: sample}, subject(SPECIMEN, sample))


def _header(number: int, columns: list[str]) -> Iterator[Notice]:
    place = f"line {number}"
    if any(f"{name}.2" in columns for name in (SAMPLE, *PLACE_COLUMNS, *GENE_COLUMNS)):
        raise Unreadable("a column of sample, gene or place stands twice; remove one", place)
    if SAMPLE not in columns:
        raise Unreadable(f"the column {SAMPLE} is missing", place)
    placed = set(PLACE_COLUMNS) <= set(columns)
    if not placed and not set(columns) & set(GENE_COLUMNS):
        raise Unreadable("the columns give neither a gene nor a position", place)
    if not set(columns) & set(PROTEIN_CHANGE_COLUMNS):
        yield Notice(place, "no column gives the protein change (HGVSp_Short or Amino_Acid_Change)")
    for name in columns:
        if f"{name}.2" in columns:
            yield Notice(place, f"the column {name} stands twice; the second is kept as {name}.2")
    for pair in _PAIRED_COLUMNS:
        given = [name for name in pair if name in columns]
        if len(given) == 1:
            missing = next(name for name in pair if name not in columns)
            yield Notice(place, f"the column {given[0]} comes without {missing}")


def _rows(lines: Iterator[tuple[int, str] | Rejected], columns: list[str]) -> Iterator[Reading]:
    repetition = Repetition()
    with_change = any(column in PROTEIN_CHANGE_COLUMNS for column in columns)
    for line in lines:
        if isinstance(line, Rejected):
            yield line
        elif line[1].strip():
            yield from _row(*line, columns, repetition, with_change)


def _row(
    number: int, text: str, columns: list[str], repetition: Repetition, with_change: bool
) -> Iterator[Reading]:
    place = f"line {number}"
    cells = text.split("\t")
    if len(cells) != len(columns):
        yield Rejected(place, f"the row has {len(cells)} columns where the header has {len(columns)}")
        return
    named = zip(columns, map(str.strip, cells), strict=True)
    row: Row = {name: cell for name, cell in named if name and cell}
    if refused := refusal(row):
        yield Rejected(place, refused.reason, refused.field)
        return
    yield SourceRow(place, "mutation", row, subject(SPECIMEN, row[SAMPLE]))
    if with_change and all(row.get(column, "").lower() in NULLS for column in PROTEIN_CHANGE_COLUMNS):
        yield Notice(place, "the row gives no protein change")
    for message in (*remarks(row), *repetition.remarks(row)):
        yield Notice(place, message)
