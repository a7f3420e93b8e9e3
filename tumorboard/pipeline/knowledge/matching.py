"""Which published knowledge applies to a patient's findings. Pure: rows in, pairs out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tumorboard.codes.oncotree import OncoTree
from tumorboard.pipeline.knowledge import civic
from tumorboard.pipeline.knowledge.entries import Entry, by_marker, extra_folder, own_entries

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Match:
    """A finding (rows that say the same, the newest first), an entry, and whether the tumour is the same."""

    rows: tuple[Row, ...]
    entry: Entry
    tumor_match: str


@cache
def all_entries() -> tuple[Entry, ...]:
    """Our own table, then the CIViC files of the site."""
    folder = extra_folder()
    return own_entries() + (tuple(civic.entries(folder)) if folder else ())


def matches(
    findings: Iterable[Sequence[Row]], oncotree: str, entries: Sequence[Entry], tree: OncoTree
) -> Iterator[Match]:
    """`findings`: each a group of rows of `silver.variants` or `silver.biomarkers` that say the same.

    Knowledge from another tumour is given only for drugs that work there: a drug that fails in another
    tumour tells the board nothing.
    """
    known = by_marker(entries)
    for rows in findings:
        found = [
            Match(tuple(rows), entry, entry.tumour_match(oncotree, tree))
            for marker in markers(rows[0])
            for entry in known.get(marker, [])
            if entry.alteration.holds(_seen_from(rows[0], marker))
        ]
        yield from _telling(found)


def _telling(found: Sequence[Match]) -> Iterator[Match]:
    """All of the same tumour; of another one each drug once, and not again what is known in the same."""
    known = {match.entry.therapies for match in found if match.tumor_match == "same"}
    for match in sorted(found, key=lambda match: match.tumor_match != "same"):
        if match.tumor_match == "same":
            yield match
        elif match.entry.direction == "sensitive" and match.entry.therapies not in known:
            known.add(match.entry.therapies)
            yield match


def markers(row: Row) -> list[str]:
    """What a finding is about: its biomarker, or its gene and the fusion's other gene."""
    named = [row.get("name"), row.get("gene"), row.get("partner_gene")]
    return [str(name) for name in dict.fromkeys(named) if name]


def _seen_from(row: Row, marker: str) -> Row:
    """A fusion seen from its other gene."""
    if row.get("partner_gene") == marker:
        return {**row, "gene": marker, "partner_gene": row.get("gene")}
    return row
