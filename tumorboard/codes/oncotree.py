"""OncoTree: tumour types as a tree (oncotree.info; Kundra et al. 2021, PMID 33625877; CC BY 4.0).

The table beside this file is our own short extract of the types a board meets often, with OncoTree's
codes and names. A site that holds the official release reads it with `OncoTree.load(path)`.
"""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Self

_ROOT = "TISSUE"
_LIQUID_TISSUES = frozenset({"LYMPH", "MYELOID"})
_SOLID_WORDS = frozenset({"_solid_", "all solid tumors", "solid tumors", "solid tumor", "solid tumours"})
# Names of earlier releases that older reports and trials still carry.
_FORMER_NAMES = {
    "Glioblastoma": "GB",
    "Glioblastoma Multiforme": "GB",
    "Astrocytoma": "ASTR",
    "Oligodendroglioma": "ODG",
    "Breast Invasive Cancer, NOS": "BRCNOS",
    "Diffuse Large B-Cell Lymphoma": "DLBCLNOS",
    "Multiple Myeloma": "PCM",
    "B-Cell Acute Lymphoid Leukemia": "BLL",
    "T-Cell Acute Lymphoid Leukemia": "TLL",
    "Chronic Lymphocytic Leukemia": "CLLSLL",
}
_LIQUID_WORDS = frozenset({"_liquid_", "all liquid tumors", "liquid tumors", "hematologic malignancies"})


@dataclass(frozen=True, slots=True)
class TumorType:
    """One node: its code, its name, the code above it, and the main type used in conversation."""

    code: str
    name: str
    parent: str
    main_type: str = ""
    former: tuple[str, ...] = ()


class OncoTree:
    """The tree, with roll-up. `release` says which one, so that a result can name it."""

    def __init__(self, types: Iterable[TumorType], release: str) -> None:
        self.release = release
        self.types = {entry.code: entry for entry in types}
        self._refuse_broken_links()
        self._named = self._index()
        self._below: dict[str, frozenset[str]] = {}

    @classmethod
    def builtin(cls) -> OncoTree:
        """Our own extract of the types a board meets often."""
        return _builtin()

    @classmethod
    def load(cls, path: Path) -> Self:
        """An official release: the JSON tree, the TSV with level columns, or a table like our own."""
        text = path.read_text(encoding="utf-8-sig")
        if text.lstrip().startswith("{"):
            return cls(_from_json(json.loads(text)), path.stem)
        rows = list(csv.DictReader(text.splitlines(), delimiter="\t"))
        types = _from_levels(rows) if rows and "level_1" in rows[0] else _from_table(rows)
        return cls(types, path.stem)

    def __contains__(self, code: object) -> bool:
        return code in self.types

    def __len__(self) -> int:
        return len(self.types)

    def parse(self, text: object) -> str:
        """The code of one tumour type, from its code, former code or name; else ValueError."""
        found = self._named.get(_fold(text), frozenset())
        if len(found) != 1:
            raise ValueError(f"not a tumour type of OncoTree {self.release}; expected something like LUAD")
        return next(iter(found))

    def ancestors(self, code: str) -> tuple[str, ...]:
        """The code itself, then each one above it up to its tissue."""
        chain: list[str] = []
        while code in self.types and code != _ROOT:
            chain.append(code)
            code = self.types[code].parent
        return tuple(chain)

    def tissue(self, code: str) -> str:
        """The tissue a code belongs to ("" if the code is not in the tree)."""
        chain = self.ancestors(code)
        return chain[-1] if chain else ""

    def is_liquid(self, code: str) -> bool:
        """Lymphoid or myeloid."""
        return self.tissue(code) in _LIQUID_TISSUES

    def is_solid(self, code: str) -> bool:
        """Any tissue but lymphoid and myeloid."""
        return code in self.types and code != _ROOT and not self.is_liquid(code)

    def members(self, term: str) -> frozenset[str]:
        """All codes a term covers, rolled up: a code, a name, a main type, `_SOLID_` or `_LIQUID_`.

        Empty if the term is not known: the caller must report that, not read it as "nobody".
        """
        if term not in self._below:
            self._below[term] = self._roll_up(_fold(term))
        return self._below[term]

    def broader(self, term: str) -> frozenset[str]:
        """Codes above a term: a patient recorded with one of them may or may not have the type."""
        members = self.members(term)
        above = (self.ancestors(code) for code in members)
        return frozenset(code for chain in above for code in chain) - members

    def _roll_up(self, folded: str) -> frozenset[str]:
        if folded in _SOLID_WORDS:
            return frozenset(code for code in self.types if self.is_solid(code))
        if folded in _LIQUID_WORDS:
            return frozenset(code for code in self.types if self.is_liquid(code))
        tops = self._named.get(folded, frozenset())
        return frozenset(code for code in self.types if tops.intersection(self.ancestors(code)))

    def _index(self) -> dict[str, frozenset[str]]:
        """Folded code or name -> codes. A code beats a former code, a name beats a main type."""
        index: dict[str, frozenset[str]] = {}
        for keys in (_main_types, _former_codes, _names, _codes):
            found: dict[str, set[str]] = defaultdict(set)
            for entry in self.types.values():
                for key in keys(entry):
                    found[_fold(key)].add(entry.code)
            index |= {key: frozenset(codes) for key, codes in found.items()}
        former = {_fold(name): frozenset({code}) for name, code in _FORMER_NAMES.items() if code in self}
        return former | index

    def _refuse_broken_links(self) -> None:
        for entry in self.types.values():
            if entry.code != _ROOT and entry.parent not in self.types:
                raise ValueError(
                    f"OncoTree {self.release}: {entry.code} hangs below {entry.parent!r}, which is absent"
                )


@cache
def _builtin() -> OncoTree:
    path = Path(__file__).with_name("oncotree.tsv")
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines(), delimiter="\t")
    return OncoTree(_from_table(rows), "short extract 1")


def _fold(text: object) -> str:
    return re.sub(r"\s+", " ", str(text).strip().casefold())[:300]


def _codes(entry: TumorType) -> tuple[str, ...]:
    return (entry.code,)


def _names(entry: TumorType) -> tuple[str, ...]:
    return (entry.name,)


def _former_codes(entry: TumorType) -> tuple[str, ...]:
    return entry.former


def _main_types(entry: TumorType) -> tuple[str, ...]:
    return (entry.main_type,) if entry.main_type else ()


def _from_table(rows: Iterable[dict[str, str]]) -> Iterator[TumorType]:
    for row in rows:
        yield TumorType(row["code"], row["name"], row["parent"] or "", row.get("main_type") or "")


def _from_json(document: dict[str, Any]) -> Iterator[TumorType]:
    """The nested release: each node holds its children by code."""
    waiting = [(node, "") for node in document.values()]
    while waiting:
        node, parent = waiting.pop()
        former = tuple(node.get("history") or ())
        yield TumorType(node["code"], node["name"], parent, node.get("mainType") or "", former)
        waiting += [(child, node["code"]) for child in (node.get("children") or {}).values()]


def _from_levels(rows: Iterable[dict[str, str]]) -> Iterator[TumorType]:
    """The flat release: `Lung (LUNG)` in level_1, its children in level_2, and so on."""
    yield TumorType(_ROOT, "Tissue", "")
    seen = {_ROOT}
    for row in rows:
        parent = _ROOT
        for level in sorted(key for key in row if key.startswith("level_")):
            match = re.fullmatch(r"(.*) \(([^()]+)\)", row[level] or "")
            if match is None:
                break
            if match[2] not in seen:
                seen.add(match[2])
                former = tuple(part for part in re.split(r"[,;\s]+", row.get("history") or "") if part)
                yield TumorType(match[2], match[1], parent, row.get("metamaintype") or "", former)
            parent = match[2]
