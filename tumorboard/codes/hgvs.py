"""Protein changes in HGVS nomenclature (hgvs-nomenclature.org, 21.0), in one-letter form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

ONE_LETTER = {
    "Ala": "A", "Arg": "R", "Asn": "N", "Asp": "D", "Cys": "C", "Gln": "Q", "Glu": "E", "Gly": "G",
    "His": "H", "Ile": "I", "Leu": "L", "Lys": "K", "Met": "M", "Phe": "F", "Pro": "P", "Ser": "S",
    "Thr": "T", "Trp": "W", "Tyr": "Y", "Val": "V", "Sec": "U", "Pyl": "O", "Ter": "*", "Xaa": "X",
}  # fmt: skip
_THREE_LETTERS = re.compile("|".join(ONE_LETTER))
_PLACE = r"([A-Z*])([0-9]{1,5})"
_SPAN = rf"{_PLACE}(?:_([A-Z*])([0-9]{{1,5}}))?"
_SHAPES = (
    ("missense", re.compile(rf"{_PLACE}([A-Z*])")),
    ("frameshift", re.compile(rf"{_PLACE}([A-Z]?)fs(?:\*(?:\d{{1,5}}|\?)?|X\d{{0,5}})?")),
    ("delins", re.compile(rf"{_SPAN}(?:del[A-Z\d]*ins|>)([A-Z*]+)")),
    ("deletion", re.compile(rf"{_SPAN}del([A-Z]*|\d*)")),
    ("duplication", re.compile(rf"{_SPAN}dup([A-Z]*|\d*)")),
    ("insertion", re.compile(rf"{_SPAN}ins([A-Z*]+|\d+)")),
    ("synonymous", re.compile(rf"{_PLACE}(=)")),
    ("extension", re.compile(rf"{_PLACE}([A-Z]?)ext(?:\*?-?(?:\d{{1,5}}|\?))?")),
    ("start_lost", re.compile(r"(M)(1)(\?)")),
    ("splice", re.compile(r"(X)([0-9]{1,5})_splice")),
)


@dataclass(frozen=True, slots=True)
class ProteinChange:
    """One change of a protein. `text` is the one-letter form with `p.`; positions count from 1."""

    text: str
    kind: str
    first: int
    last: int
    reference: str
    changed: str

    @classmethod
    def parse(cls, text: object) -> Self:
        """From one- or three-letter HGVS, with or without `p.`, accession or brackets; else ValueError."""
        body = _one_letter(text)
        for kind, shape in _SHAPES:
            match = shape.fullmatch(body)
            if match:
                return cls._from(body, kind, match)
        raise ValueError("not a protein change this version reads; expected something like p.L858R")

    @classmethod
    def _from(cls, body: str, kind: str, match: re.Match[str]) -> Self:
        groups = match.groups()
        reference, first = groups[0], int(groups[1])
        last = int(groups[3]) if len(groups) == 5 and groups[3] else first
        changed = groups[-1] if len(groups) in (3, 5) and groups[-1] else ""
        return cls(f"p.{body}", _refined(kind, reference, first, changed), first, last, reference, changed)

    def touches(self, position: int) -> bool:
        """Whether the change alters or removes this position; a frameshift alters all that follow."""
        return self.first <= position <= self.last

    def same_as(self, other: ProteinChange) -> bool:
        """Same change, although one may spell out deleted residues or the length of a frameshift tail."""
        if (self.kind, self.first, self.last, self.reference) != (
            other.kind, other.first, other.last, other.reference,
        ):  # fmt: skip
            return False
        if self.kind in ("missense", "delins", "insertion"):
            return self.changed == other.changed
        return True

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class ProteinPosition:
    """A residue and its position, without the change: `p.V600`."""

    text: str
    reference: str
    position: int

    @classmethod
    def parse(cls, text: object) -> Self:
        """From `p.V600`, `V600`, `p.Val600` or `V600X`; else ValueError."""
        match = re.fullmatch(r"([A-Z])([0-9]{1,5})X?", _one_letter(text))
        if match is None:
            raise ValueError("not a protein position; expected something like p.V600")
        return cls(f"p.{match[1]}{match[2]}", match[1], int(match[2]))


def _one_letter(text: object) -> str:
    body = str(text).strip()
    if len(body) > 200:
        raise ValueError("not a protein change: longer than 200 characters")
    body = body.rpartition(":")[2]
    body = re.sub(r"^[pP]\.", "", body).replace("(", "").replace(")", "")
    return _THREE_LETTERS.sub(lambda residue: ONE_LETTER[residue.group()], body)


def _refined(kind: str, reference: str, first: int, changed: str) -> str:
    """The kind of a plain substitution depends on its two letters (X is the old way to write a stop)."""
    if kind != "missense":
        return kind
    if changed in ("*", "X"):
        return "synonymous" if reference == "*" else "nonsense"
    if reference == "*":
        return "extension"
    if reference == "M" and first == 1:
        return "start_lost"
    return "synonymous" if reference == changed else "missense"
