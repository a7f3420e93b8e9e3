"""One piece of knowledge: this finding, in this tumour, makes this drug work or fail; and who says so."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tumorboard.codes.oncotree import OncoTree
from tumorboard.pipeline.knowledge.alterations import Alteration

ANY_TUMOUR = "any"
DIRECTIONS = ("sensitive", "resistant")
SOURCE_KINDS = ("label", "guideline", "publication")
OWN_TABLE = Path(__file__).with_name("actionability.tsv")
FOLDER_VARIABLE = "TUMORBOARD_KNOWLEDGE"


@dataclass(frozen=True)
class Entry:
    """`marker` is a gene or a biomarker of silver. `tumours` are OncoTree terms, or `any`.

    The four scales are separate statements of their own authors: an empty one was not stated, and none is
    ever worked out from another. They hold for `tumours` only.
    """

    entry_id: str
    marker: str
    alteration: Alteration
    tumours: tuple[str, ...]
    therapies: tuple[str, ...]
    direction: str
    source_kind: str
    citation: str
    except_tumours: tuple[str, ...] = ()
    escat: str = ""
    oncokb: str = ""
    amp: str = ""
    nct_dktk: str = ""
    knowledge_source: str = ""
    knowledge_version: str = ""

    def tumour_match(self, oncotree: str, tree: OncoTree) -> str:
        """`same` if the patient's type lies under one of the entry's, else `other`."""
        if any(oncotree in tree.members(term) for term in self.except_tumours):
            return "other"
        if ANY_TUMOUR in self.tumours:
            return "same"
        return "same" if any(oncotree in tree.members(term) for term in self.tumours) else "other"


class BadKnowledge(ValueError):
    """A knowledge table cannot be used; the message says which line and why."""


def read_table(path: Path) -> Iterator[Entry]:
    """Entries of a table like our own: `# key: value` lines, then tab-separated columns."""
    lines = path.read_text(encoding="utf-8").splitlines()
    about = dict(_about(line) for line in lines if line.startswith("# ") and ":" in line)
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line and not line.startswith("#")]
    columns = numbered[0][1].split("\t")
    for number, line in numbered[1:]:
        cells = dict(zip(columns, next(csv.reader([line], delimiter="\t")), strict=False))
        try:
            yield _entry(cells, about)
        except (ValueError, KeyError) as error:
            raise BadKnowledge(f"{path.name}, line {number}: {error}") from error


def _about(line: str) -> tuple[str, str]:
    key, _, value = line.removeprefix("# ").partition(":")
    return key.strip(), value.strip()


def _entry(cells: dict[str, str], about: dict[str, str]) -> Entry:
    entry = Entry(
        entry_id=cells["id"],
        marker=cells["marker"],
        alteration=Alteration.parse(cells["alteration"]),
        tumours=_list(cells["tumours"]),
        except_tumours=_list(cells.get("except") or ""),
        therapies=_list(cells["therapies"]),
        direction=cells["direction"],
        source_kind=cells["source_kind"],
        citation=cells["citation"],
        **{scale: cells.get(scale) or "" for scale in ("escat", "oncokb", "amp", "nct_dktk")},
        knowledge_source=about.get("name", ""),
        knowledge_version=about.get("version", ""),
    )
    check(entry)
    return entry


def check(entry: Entry) -> None:
    """Raises ValueError if a field is not one of its words or a tumour is not in OncoTree."""
    tree = OncoTree.builtin()
    if entry.direction not in DIRECTIONS:
        raise ValueError(f"direction must be one of {', '.join(DIRECTIONS)}")
    if entry.source_kind not in SOURCE_KINDS:
        raise ValueError(f"source_kind must be one of {', '.join(SOURCE_KINDS)}")
    if not entry.citation or not entry.therapies or not entry.tumours:
        raise ValueError("citation, therapies and tumours must be given")
    for term in (*entry.tumours, *entry.except_tumours):
        if term != ANY_TUMOUR and not tree.members(term):
            raise ValueError(f"{term!r} is not a tumour type of OncoTree {tree.release}")


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def by_marker(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.marker, []).append(entry)
    return found


def extra_folder() -> Path | None:
    """The folder of further knowledge files of this site, named by TUMORBOARD_KNOWLEDGE."""
    named = os.environ.get(FOLDER_VARIABLE, "")
    return Path(named) if named else None


@cache
def own_entries() -> tuple[Entry, ...]:
    return tuple(read_table(OWN_TABLE))
