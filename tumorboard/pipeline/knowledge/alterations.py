"""The alterations that knowledge speaks of, and whether a patient's finding is one of them.

A rule is text: `p.L858R` (that change), `p.G12` (any change of that residue), `exon 19 deletion`,
`exon 14 skipping`, `mutation`, `truncating`, `germline truncating`, `amplification`, `deletion`, `fusion`, or
for a biomarker `high`, `positive`, `low`, `>= 50`. Alternatives stand between bars: `p.G12|p.G13`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tumorboard.codes.hgvs import ProteinChange, ProteinPosition

AMPLIFIED = 6  # copies; HER2 in breast cancer counts as amplified from here (ASCO/CAP 2018)
LOST = 0.5  # below: no copy left

_EXON = re.compile(r"exon (\d+) (deletion|insertion|skipping|mutation)")
_LEVEL = re.compile(r">=\s*(\d+(?:\.\d+)?)")
_WORDS = ("high", "low", "positive", "negative", "stable")
_TRUNCATING = frozenset({"stop_gained", "frameshift_variant", "frameshift_deletion", "frameshift_insertion",
                         "start_lost", "splice_acceptor_variant", "splice_donor_variant"})  # fmt: skip
_SPLICE = frozenset({"splice_acceptor_variant", "splice_donor_variant", "splice_region_variant"})
# Residues of exons in the canonical transcript, used where a report names no exon (NM_005228, NM_004448).
_RESIDUES = {
    ("EGFR", 18): (688, 728),
    ("EGFR", 19): (729, 761),
    ("EGFR", 20): (762, 823),
    ("EGFR", 21): (824, 875),
    ("ERBB2", 20): (770, 831),
}
# First base after, and last base before, exon 14 of MET in NM_000245 and NM_001127500.
_MET_14_EDGES = re.compile(r"c\.(?:2888|2942)-\d+|c\.(?:3028|3082)\+\d+")

Row = Mapping[str, Any]
Holds = Callable[[Row], bool]


@dataclass(frozen=True)
class Alteration:
    """A rule with its text; `holds(row)` for a row of silver.variants or silver.biomarkers of its gene."""

    text: str
    parts: tuple[Holds, ...]

    @classmethod
    def parse(cls, text: str) -> Alteration:
        """Raises ValueError if the text is no rule."""
        return cls(text, tuple(_part(part.strip()) for part in text.split("|")))

    def holds(self, row: Row) -> bool:
        return any(part(row) for part in self.parts)


@cache
def _part(text: str) -> Holds:
    if text in _NAMED:
        return _NAMED[text]
    if match := _EXON.fullmatch(text):
        return _exon(int(match[1]), match[2])
    if match := _LEVEL.fullmatch(text):
        return _at_least(float(match[1]))
    if text in _WORDS:
        return lambda row: row.get("interpretation") == text
    if text.startswith("p."):
        return _protein(text)
    raise ValueError(f"not an alteration this version reads: {text[:60]!r}; see knowledge/alterations.py")


def _protein(text: str) -> Holds:
    try:
        wanted = ProteinChange.parse(text)
    except ValueError:
        place = ProteinPosition.parse(text)
        return lambda row: _changes(row, place)
    return lambda row: (found := _change(row)) is not None and found.same_as(wanted)


def _changes(row: Row, place: ProteinPosition) -> bool:
    """Another residue in this place; a frameshift or a stop is another matter."""
    found = _change(row)
    if found is None or found.kind not in ("missense", "delins"):
        return False
    return found.first <= place.position <= found.last and (
        found.first != place.position or found.reference == place.reference
    )


def _change(row: Row) -> ProteinChange | None:
    try:
        return ProteinChange.parse(row.get("hgvs_p") or "")
    except ValueError:
        return None


def _exon(number: int, kind: str) -> Holds:
    if kind == "skipping":
        return lambda row: _skips(row, number)
    return lambda row: (
        _is_small(row) and _in_exon(row, number) and (kind == "mutation" or _is_shift(row, kind))
    )


def _in_exon(row: Row, number: int) -> bool:
    if row.get("exon") is not None:
        return bool(row["exon"] == number)
    found, residues = _change(row), _RESIDUES.get((str(row.get("gene")), number))
    return found is not None and residues is not None and residues[0] <= found.first <= residues[1]


def _is_shift(row: Row, kind: str) -> bool:
    """An in-frame deletion or insertion, by what the report says of the protein, else of the consequence."""
    found, terms = _change(row), _terms(row)
    if kind == "deletion":
        shaped = found is not None and (
            found.kind == "deletion" or (found.kind == "delins" and found.last > found.first)
        )
        return shaped or "inframe_deletion" in terms
    return (found is not None and found.kind in ("insertion", "duplication")) or "inframe_insertion" in terms


def _skips(row: Row, number: int) -> bool:
    edge = row.get("gene") == "MET" and number == 14 and _MET_14_EDGES.match(str(row.get("hgvs_c") or ""))
    return bool(edge) or (row.get("exon") == number and bool(_terms(row) & _SPLICE))


def _at_least(level: float) -> Holds:
    return lambda row: row.get("value_number") is not None and row["value_number"] >= level


def _terms(row: Row) -> set[str]:
    return set(str(row.get("consequence") or "").split("&"))


def _is_small(row: Row) -> bool:
    return row.get("kind") in ("snv", "indel")


def _is_truncating(row: Row) -> bool:
    found = _change(row)
    by_protein = found is not None and found.kind in ("nonsense", "frameshift", "start_lost")
    return _is_small(row) and (by_protein or bool(_terms(row) & _TRUNCATING))


def _is_amplified(row: Row) -> bool:
    return row.get("kind") == "cnv" and (row.get("copy_number") or 0) >= AMPLIFIED


def _is_lost(row: Row) -> bool:
    return row.get("kind") == "cnv" and row.get("copy_number") is not None and row["copy_number"] < LOST


def _is_fusion(row: Row) -> bool:
    return row.get("kind") == "sv" and (
        bool(row.get("partner_gene")) or "fusion" in str(row.get("consequence"))
    )


_NAMED: dict[str, Holds] = {
    "mutation": _is_small,
    "truncating": _is_truncating,
    "germline truncating": lambda row: row.get("origin_class") == "germline" and _is_truncating(row),
    "amplification": _is_amplified,
    "deletion": _is_lost,
    "fusion": _is_fusion,
}
