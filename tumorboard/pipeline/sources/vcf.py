"""Variant Call Format 4.1 to 4.3, plain or gzip-compressed (a bgzip file is gzip).

One `header` row per tumour sample, then one `variant` row per record and tumour sample. Records with several
alternate alleles stay one row, as received. Specification: samtools/hts-specs, VCFv4.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tumorboard.pipeline.sources.files import read_lines
from tumorboard.pipeline.sources.reading import Notice, Reading, Rejected, SourceRow, Unreadable
from tumorboard.pipeline.sources.vcf_header import FIXED_COLUMNS, VcfHeader

_TESTED_VERSIONS = ("VCFv4.0", "VCFv4.1", "VCFv4.2", "VCFv4.3")
_POSITION = re.compile(r"[0-9]{1,10}")
_BASES = re.compile(r"[ACGTNRYSWKMBDHV]+", re.IGNORECASE)
# missing, spanning deletion, symbolic, bases, breakend with mate, single breakend (VCFv4.3, 1.6.1.5)
_ALTERNATE = re.compile(
    r"\.|\*|<[^<>\s,]+>|[ACGTNRYSWKMBDHV]+|\.?[ACGTN]*[\[\]][^\s,]+[\[\]][ACGTN]*\.?|\.[ACGTN]+|[ACGTN]+\.",
    re.IGNORECASE,
)


class Vcf:
    """Reader of VCF."""

    name = "vcf"
    version = "1.0"

    def recognises(self, path: Path, head: bytes) -> bool:
        return head.startswith((b"##fileformat=VCF", b"BCF\x02"))

    def read(self, path: Path) -> Iterator[Reading]:
        lines = read_lines(path)
        header = _header(lines)
        yield from _header_notices(header)
        for column in _columns(header):
            payload, who = header.payload(column), header.specimen(column)
            yield SourceRow(_place(header, header.line, column), "header", payload, who)
        for line in lines:
            if isinstance(line, Rejected):
                yield line
            elif line[1]:
                yield from _variants(header, *line)


def _header(lines: Iterator[tuple[int, str] | Rejected]) -> VcfHeader:
    header = VcfHeader()
    for line in lines:
        if isinstance(line, Rejected):
            raise Unreadable(f"the header cannot be read: {line.reason}", line.locator)
        number, text = line
        if number == 1:
            header.fileformat = _fileformat(text)
        elif text.startswith("##"):
            header.add(text)
        elif text.startswith("#CHROM"):
            header.columns, header.line = text.split("\t"), number
            _check_columns(header)
            return header
        else:
            raise Unreadable("neither a ## line nor the #CHROM line; header damaged", f"line {number}")
    raise Unreadable("the file ends before its #CHROM line; it is cut short", "end of file")


def _fileformat(text: str) -> str:
    if text.startswith("BCF\x02"):
        raise Unreadable("this is binary BCF; convert it to VCF (bcftools view) and send that")
    version = text.removeprefix("##fileformat=").strip()
    if not version.startswith("VCFv4."):
        raise Unreadable("the first line does not name VCF version 4; convert the file to VCF 4.2", "line 1")
    return version


def _check_columns(header: VcfHeader) -> None:
    place = f"line {header.line}"
    if tuple(header.columns[:8]) != FIXED_COLUMNS:
        raise Unreadable("the #CHROM line lacks one of the eight fixed columns, separated by tabs", place)
    if len(header.columns) > 8 and header.columns[8] != "FORMAT":
        raise Unreadable("the ninth column must be FORMAT", place)
    if len(set(header.samples)) != len(header.samples):
        raise Unreadable("two sample columns have the same name; the sender must rename one", place)


def _header_notices(header: VcfHeader) -> Iterator[Notice]:
    if header.fileformat not in _TESTED_VERSIONS:
        yield Notice("line 1", f"{header.fileformat[:12]} is not one of 4.0 to 4.3; read as 4.3")
    builds = header.genome_builds()
    if len(builds) > 1:
        yield Notice("header", "the header names two genome builds; ask the sender which one holds")
    if not builds:
        yield Notice("header", "the header names no genome build; ask the sender for ##reference")
    if not header.samples:
        yield Notice(f"line {header.line}", "the file has no sample column, so its variants belong to nobody")
    for column in header.tumour_columns:
        if header.specimen(column) is None:
            message = "the sample column names no specimen; name it by the specimen number"
            yield Notice(f"line {header.line}, column {column + 1}", message)


def _columns(header: VcfHeader) -> list[int] | list[None]:
    """The sample columns that give rows; a file without samples gives one row per record."""
    return header.tumour_columns or [None]


def _place(header: VcfHeader, line: int, column: int | None) -> str:
    """The line, and the column (from 1) where a record gives several rows."""
    if column is None or header.alone:
        return f"line {line}"
    return f"line {line}, column {column + 1}"


def _variants(header: VcfHeader, number: int, text: str) -> Iterator[Reading]:
    cells = text.split("\t")
    if problem := _problem(header, cells):
        yield Rejected(f"line {number}", *problem)
        return
    record = _record(cells)
    for column in _columns(header):
        payload = record if column is None else {**record, **_genotype(header, cells, column)}
        yield SourceRow(_place(header, number, column), "variant", payload, header.specimen(column))


def _problem(header: VcfHeader, cells: list[str]) -> tuple[str, str] | None:
    """Why a record cannot be taken, and in which field; None if it can."""
    if len(cells) != len(header.columns):
        return f"the record has {len(cells)} columns where the header has {len(header.columns)}", ""
    chromosome, position, _, reference, alternates, quality = cells[:6]
    checks = (
        (chromosome and " " not in chromosome, "CHROM is empty or holds a blank", "CHROM"),
        (_POSITION.fullmatch(position), "POS is not a whole number", "POS"),
        (_BASES.fullmatch(reference), "REF is not a sequence of bases", "REF"),
        (
            all(map(_ALTERNATE.fullmatch, alternates.split(","))),
            "ALT is no allele of VCF",
            "ALT",
        ),
        (quality == "." or _is_number(quality), "QUAL is neither a number nor '.'", "QUAL"),
        (_genotypes_fit(cells), "a sample has more values than FORMAT names", "FORMAT"),
    )
    return next(((reason, field) for passed, reason, field in checks if not passed), None)


def _genotypes_fit(cells: list[str]) -> bool:
    keys = cells[8].count(":") if len(cells) > 8 else 0
    return all(cell.count(":") <= keys for cell in cells[9:])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _record(cells: list[str]) -> dict[str, Any]:
    chromosome, position, identity, reference, alternates, quality, filters, info = cells[:8]
    return {
        "chrom": chromosome,
        "pos": int(position),
        "id": identity,
        "ref": reference,
        "alt": alternates,
        "qual": quality,
        "filter": filters,
        "info": _info(info),
    }


def _info(text: str) -> dict[str, Any]:
    """INFO as fields; a flag is true. A repeated key keeps all its values, joined as a list would be."""
    fields: dict[str, Any] = {}
    for item in text.split(";") if text not in (".", "") else []:
        key, has_value, value = item.partition("=")
        if key in fields and has_value:
            fields[key] = f"{fields[key]},{value}"
        else:
            fields[key] = value if has_value else True
    return fields


def _genotype(header: VcfHeader, cells: list[str], column: int) -> dict[str, Any]:
    """The tumour sample's values and, where the file has one, those of the healthy control."""
    keys = cells[8].split(":")

    def values(index: int) -> dict[str, str]:
        return dict(zip(keys, cells[index].split(":"), strict=False))

    found: dict[str, Any] = {"sample": header.columns[column], "format": values(column)}
    if header.control_columns:
        found["normal"] = {header.columns[index]: values(index) for index in header.control_columns}
    return found
