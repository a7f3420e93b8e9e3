"""PLINK 1.9 genotype sets: .bed with .bim and .fam, or .ped with .map.

A set is recognised by its .bed or .ped file; the others are read beside it. One `sample` row per person and
one `variant` row per variant, whose `genotypes` have one sign per sample in file order: how many copies of
allele `a1` it has (0, 1, 2), or `.` where that is not known. Format: www.cog-genomics.org/plink/1.9/formats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tumorboard.pipeline.sources.files import read_lines
from tumorboard.pipeline.sources.reading import Reading, Rejected, SourceRow, Unreadable
from tumorboard.pipeline.sources.subjects import SPECIMEN, subject

_BED_MAGIC = b"\x6c\x1b"
_VARIANT_MAJOR = 1
_PERSON = ("family", "sample", "father", "mother", "sex", "phenotype")
# Two bits per person, lowest first: 00 both a1, 01 missing, 10 one of each, 11 both a2.
_SIGNS = np.frombuffer(b"2.10", dtype=np.uint8)


class Plink:
    """Reader of PLINK genotype sets."""

    name = "plink"
    version = "1.0"

    def recognises(self, path: Path, head: bytes) -> bool:
        return head.startswith(_BED_MAGIC) or (path.suffix.lower() == ".ped" and _is_ped(head))

    def read(self, path: Path) -> Iterator[Reading]:
        with path.open("rb") as file:
            magic = file.read(3)
        if magic.startswith(_BED_MAGIC):
            yield from _binary_set(path, magic)
        else:
            yield from _text_set(path)


def _is_ped(head: bytes) -> bool:
    cells = head.partition(b"\n")[0].split()
    return len(cells) >= 8 and len(cells) % 2 == 0 and b"\0" not in head


def _beside(path: Path, ending: str, columns: int) -> list[list[str]]:
    """The rows of a file of the same set. Their order counts, so one bad row spoils the set."""
    sidecar = path.with_suffix(ending)
    if not sidecar.is_file():
        needed = ".bed, .bim and .fam" if path.suffix == ".bed" else ".ped and .map"
        raise Unreadable(f"the {ending} file is missing; send {needed} together")
    rows = []
    for line in read_lines(sidecar):
        if isinstance(line, Rejected):
            raise Unreadable(f"in the {ending} file: {line.reason}", line.locator)
        number, text = line
        if not text.strip():
            continue
        cells = text.split()
        if len(cells) != columns:
            raise Unreadable(f"the {ending} file must have {columns} columns", f"{ending} line {number}")
        rows.append(cells)
    return rows


def _person(number: int, cells: list[str], ending: str) -> SourceRow:
    payload: dict[str, Any] = dict(zip(_PERSON, cells, strict=True)) | {"index": number - 1}
    return SourceRow(f"{ending} line {number}", "sample", payload, subject(SPECIMEN, payload["sample"]))


def _binary_set(path: Path, magic: bytes) -> Iterator[Reading]:
    variants, people = _beside(path, ".bim", 6), _beside(path, ".fam", 6)
    if len(magic) < 3 or magic[2] != _VARIANT_MAJOR:
        raise Unreadable("the .bed file is ordered by person; write it with PLINK 1.9", "byte 3")
    width = -(-len(people) // 4)
    needed, size = 3 + width * len(variants), path.stat().st_size
    if size != needed:
        what = "is cut short" if size < needed else "belongs to another set"
        raise Unreadable(
            f"the .bed file {what}: {size} bytes where its .bim and .fam need {needed}", "end of file"
        )
    for number, cells in enumerate(people, start=1):
        yield _person(number, cells, ".fam")
    with path.open("rb") as file:
        file.seek(3)
        for number, (chromosome, name, distance, position, a1, a2) in enumerate(variants, start=1):
            signs = _signs(file.read(width), len(people))
            yield _variant(f".bim line {number}", (chromosome, name, distance, position), (a1, a2), signs)


def _signs(packed: bytes, people: int) -> str:
    codes = np.frombuffer(packed, dtype=np.uint8)[:, None] >> np.array([0, 2, 4, 6], dtype=np.uint8) & 3
    return bytes(_SIGNS[codes.ravel()[:people]]).decode("ascii")


def _variant(
    place: str, where: tuple[str, str, str, str], alleles: tuple[str, str], signs: str
) -> SourceRow | Rejected:
    chromosome, name, distance, position = where
    if not position.lstrip("-").isdecimal():
        return Rejected(place, "the position is not a whole number", "pos")
    payload = {
        "chrom": chromosome,
        "id": name,
        "cm": distance,
        "pos": int(position),
        "a1": alleles[0],
        "a2": alleles[1],
        "genotypes": signs,
    }
    return SourceRow(place, "variant", payload)


def _text_set(path: Path) -> Iterator[Reading]:
    variants = _beside(path, ".map", 4)
    people: list[list[str]] = []
    for line in read_lines(path):
        if isinstance(line, Rejected):
            yield line
            continue
        number, cells = line[0], line[1].split()
        if not cells or cells[0].startswith("#"):
            continue
        if len(cells) != 6 + 2 * len(variants):
            yield Rejected(f"line {number}", f"{len(cells)} columns where {len(variants)} variants need "
                           f"{6 + 2 * len(variants)}")  # fmt: skip
            continue
        people.append(cells)
        yield _person(len(people), cells[:6], ".ped")
    for index, where in enumerate(variants):
        pairs = [(cells[6 + 2 * index], cells[7 + 2 * index]) for cells in people]
        yield _from_pairs(f".map line {index + 1}", (where[0], where[1], where[2], where[3]), pairs)


def _from_pairs(
    place: str, where: tuple[str, str, str, str], pairs: list[tuple[str, str]]
) -> SourceRow | Rejected:
    """As PLINK does, the rarer allele is a1; if both are as frequent, the one seen later."""
    counts = Counter(allele for pair in pairs for allele in pair if allele != "0")
    alleles = [allele for allele, _ in counts.most_common()] + ["0", "0"]
    if len(counts) > 2:
        return Rejected(place, "the variant has more than two alleles", "genotypes")
    common, rare = alleles[:2]
    signs = "".join("." if "0" in pair else str(pair.count(rare)) for pair in pairs)
    return _variant(place, where, (rare, common), signs)
