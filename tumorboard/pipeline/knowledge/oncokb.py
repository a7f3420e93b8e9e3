"""OncoKB levels in a MAF that the OncoKB annotator went over (github.com/oncokb/oncokb-annotator).

The annotator writes one column per level (LEVEL_1, LEVEL_2, LEVEL_3A, LEVEL_3B, LEVEL_4, LEVEL_R1, LEVEL_R2)
with the drugs of that level for the tumour type the sample was annotated with: an entry belongs to its row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tumorboard.pipeline.knowledge.alterations import Alteration
from tumorboard.pipeline.knowledge.entries import Entry

LEVELS = ("1", "2", "3A", "3B", "4", "R1", "R2")
HIGHEST = "HIGHEST_LEVEL"
# 3B: standard care or investigational biomarker of response in another indication; 4: biological evidence.
_OTHER_TUMOUR = ("3B",)
_LABELS = ("1", "2", "R1")

Row = Mapping[str, str]


def is_annotated(row: Row) -> bool:
    return any(_cell(row, f"LEVEL_{level}") for level in LEVELS)


def entries(row: Row, version: str = "") -> Iterator[tuple[Entry, str]]:
    """Each level the row states, as an entry, with `same` or `other` for the tumour it holds in."""
    for level in LEVELS:
        drugs = _cell(row, f"LEVEL_{level}")
        if drugs:
            match = "other" if level in _OTHER_TUMOUR else "same"
            yield _entry(row, level, drugs, version), match


def _entry(row: Row, level: str, drugs: str, version: str) -> Entry:
    gene = _cell(row, "Hugo_Symbol")
    return Entry(
        entry_id=f"oncokb-{gene}-{level}",
        marker=gene,
        alteration=Alteration(_cell(row, "HGVSp_Short") or "as annotated", ()),
        tumours=(_cell(row, "CANCER_TYPE") or _cell(row, "ONCOTREE_CODE") or "as annotated",),
        therapies=tuple(drug.strip().replace("+", " + ") for drug in drugs.split(",") if drug.strip()),
        direction="resistant" if level.startswith("R") else "sensitive",
        source_kind="guideline" if level == "2" else "label" if level in _LABELS else "publication",
        citation=_citation(row, level),
        oncokb=level,
        knowledge_source="OncoKB",
        knowledge_version=version,
    )


def _citation(row: Row, level: str) -> str:
    cited = _cell(row, "TX_CITATIONS") or _cell(row, "CITATIONS")
    return f"OncoKB level {level}" + (f"; {cited[:300]}" if cited else "")


def _cell(row: Row, column: str) -> str:
    return str(row.get(column) or "").strip()
