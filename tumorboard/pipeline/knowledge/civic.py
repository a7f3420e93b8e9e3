"""CIViC evidence files: the nightly `ClinicalEvidenceSummaries` TSV, in its new and its former columns.

CIViC (civicdb.org) is CC0. Its levels A to E are none of our four scales, so they stand in the citation. What
we cannot match safely (combined profiles, expression, prognostic evidence) is set aside with a reason.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tumorboard.codes.genes import GeneSymbol
from tumorboard.codes.oncotree import OncoTree
from tumorboard.pipeline.knowledge.alterations import Alteration
from tumorboard.pipeline.knowledge.entries import ANY_TUMOUR, Entry

_DIRECTIONS = {"sensitivity/response": "sensitive", "sensitivity": "sensitive", "resistance": "resistant"}
# CIViC's disease names (Disease Ontology) where they differ from OncoTree's.
_DISEASES = {
    "lung non-small cell carcinoma": "NSCLC",
    "non-small cell lung carcinoma": "NSCLC",
    "lung adenocarcinoma": "LUAD",
    "lung cancer": "LUNG",
    "colorectal cancer": "COADREAD",
    "colorectal adenocarcinoma": "COADREAD",
    "colon cancer": "COADREAD",
    "breast cancer": "BREAST",
    "her2-receptor positive breast cancer": "BREAST",
    "estrogen-receptor positive breast cancer": "BREAST",
    "melanoma": "MEL",
    "skin melanoma": "SKCM",
    "pancreatic cancer": "PANCREAS",
    "pancreatic adenocarcinoma": "PAAD",
    "pancreatic ductal adenocarcinoma": "PAAD",
    "prostate cancer": "PROSTATE",
    "gastrointestinal stromal tumor": "GIST",
    "cholangiocarcinoma": "CHOL",
    "acute myeloid leukemia": "AML",
    "thyroid gland medullary carcinoma": "THME",
    "solid tumor": ANY_TUMOUR,
    "cancer": ANY_TUMOUR,
}
_COMBINED = re.compile(r"\b(?:AND|OR|NOT)\b")
_RULES = (
    (re.compile(r"(?:p\.)?([A-Z]\d+(?:[A-Z]|fs\S*|\*))", re.IGNORECASE), "p.{0}"),
    (re.compile(r"([A-Z]\d+)", re.IGNORECASE), "p.{0}"),
    (
        re.compile(r"Exon (\d+) (Deletion|Insertion|Mutation|Skipping)(?: Mutation)?", re.IGNORECASE),
        "exon {0} {1}",
    ),
    (re.compile(r"Amplification", re.IGNORECASE), "amplification"),
    (re.compile(r"(?:\S+ )?(?:Fusion|Rearrangement)s?", re.IGNORECASE), "fusion"),
    (re.compile(r"Mutation", re.IGNORECASE), "mutation"),
    (re.compile(r"Truncating Mutation", re.IGNORECASE), "truncating"),
    (re.compile(r"Deletion|Loss", re.IGNORECASE), "deletion"),
)

Cells = Mapping[str, str]


@dataclass
class Taken:
    """Entries of one file, and how many lines were set aside for which reason."""

    entries: list[Entry] = field(default_factory=list)
    set_aside: Counter[str] = field(default_factory=Counter)


def recognises(columns: list[str]) -> bool:
    return "evidence_level" in columns and ("molecular_profile" in columns or "variant" in columns)


def read(path: Path, version: str = "") -> Taken:
    """`version` names the release; without one the newest review date in the file does."""
    taken = Taken()
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE))
    dated = version or max((row.get("last_review_date") or "" for row in rows), default="")[:10]
    for row in rows:
        found = entry(row, dated)
        if isinstance(found, Entry):
            taken.entries.append(found)
        else:
            taken.set_aside[found] += 1
    return taken


def entry(cells: Cells, version: str) -> Entry | str:
    """The entry a line gives, or in words why it gives none."""
    direction = _DIRECTIONS.get(_either(cells, "significance", "clinical_significance").lower())
    if _unusable := _unusable_because(cells, direction):
        return _unusable
    gene, rule = _profile(cells)
    if rule is None or not gene:
        return "the profile is combined, or of a kind that cannot be matched"
    therapies = _therapies(cells)
    if not therapies:
        return "no therapy named"
    return Entry(
        entry_id=f"civic-{cells.get('evidence_id') or ''}",
        marker=gene,
        alteration=rule,
        tumours=(_tumour(cells.get("disease") or ""),),
        therapies=therapies,
        direction=str(direction),
        source_kind="publication",
        citation=_citation(cells),
        knowledge_source="CIViC",
        knowledge_version=version,
    )


def _unusable_because(cells: Cells, direction: str | None) -> str:
    if (cells.get("evidence_type") or "").lower() != "predictive":
        return "not predictive evidence"
    if (cells.get("evidence_direction") or "").lower() != "supports":
        return "does not support its claim"
    if (cells.get("evidence_status") or "accepted").lower() != "accepted":
        return "not accepted by an editor"
    return "" if direction else "neither sensitivity nor resistance"


def _profile(cells: Cells) -> tuple[str, Alteration | None]:
    """Gene and rule, from `EGFR L858R`, `EML4::ALK Fusion`, or from the columns gene and variant."""
    words = cells.get("molecular_profile") or f"{cells.get('gene') or ''} {cells.get('variant') or ''}"
    if _COMBINED.search(words):
        return "", None
    first, _, rest = words.strip().partition(" ")
    if "::" in first:
        return _gene(first.rpartition("::")[2]), _rule(rest or "Fusion")
    return _gene(first), _rule(rest)


def _gene(text: str) -> str:
    try:
        return str(GeneSymbol.parse(text))
    except ValueError:
        return ""


def _rule(words: str) -> Alteration | None:
    for pattern, text in _RULES:
        if match := pattern.fullmatch(words.strip()):
            parts = [part.lower() if not text.startswith("p.") else part for part in match.groups()]
            try:
                return Alteration.parse(text.format(*parts))
            except ValueError:
                return None
    return None


def _tumour(disease: str) -> str:
    """An OncoTree term; an unknown disease keeps its name and so is never "the same tumour"."""
    known = _DISEASES.get(disease.strip().lower())
    if known:
        return known
    try:
        return OncoTree.builtin().parse(disease)
    except ValueError:
        return disease


def _therapies(cells: Cells) -> tuple[str, ...]:
    names = [name.strip() for name in _either(cells, "therapies", "drugs").split(",") if name.strip()]
    combined = _either(cells, "therapy_interaction_type", "drug_interaction_type").lower() == "combination"
    return (" + ".join(names),) if combined and names else tuple(names)


def _citation(cells: Cells) -> str:
    """`CIViC EID 229, level A; PMID 24024839`."""
    named = f"CIViC EID {cells.get('evidence_id')}, level {cells.get('evidence_level')}"
    number, kind = cells.get("citation_id") or "", (cells.get("source_type") or "").lower()
    source = f"PMID {number}" if number and kind in ("pubmed", "") else cells.get("citation") or number
    return f"{named}; {source}" if source else named


def _either(cells: Cells, *names: str) -> str:
    return next((cells[name] for name in names if cells.get(name)), "")


def entries(folder: Path) -> Iterator[Entry]:
    """Entries of every CIViC file in a folder, in the order of file names."""
    for path in sorted(folder.glob("*.tsv")):
        with path.open(encoding="utf-8") as handle:
            columns = handle.readline().rstrip("\n").split("\t")
        if recognises(columns):
            yield from read(path).entries
