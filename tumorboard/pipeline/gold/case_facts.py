"""What the board needs to know of a patient, each fact with its source and what contradicts it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from tumorboard.codes.oncotree import OncoTree
from tumorboard.lake.columns import DEID, PHI, PUBLIC, STUDY_ID, Column, NotNull, OneOf, Strings
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.gold import sections
from tumorboard.pipeline.gold.facts import SECTIONS
from tumorboard.pipeline.gold.records import Record, each_patient
from tumorboard.pipeline.gold.snapshot import primaries, snapshot
from tumorboard.pipeline.silver.biomarkers import Biomarkers
from tumorboard.pipeline.silver.comorbidities import Comorbidities
from tumorboard.pipeline.silver.diagnoses import Diagnoses
from tumorboard.pipeline.silver.genomic_tests import GenomicTests
from tumorboard.pipeline.silver.labs import Labs
from tumorboard.pipeline.silver.note_facts import NoteFacts
from tumorboard.pipeline.silver.performance import Performance
from tumorboard.pipeline.silver.responses import Responses
from tumorboard.pipeline.silver.specimens import Specimens
from tumorboard.pipeline.silver.stages import Stages
from tumorboard.pipeline.silver.therapies import Therapies
from tumorboard.pipeline.silver.variants import Variants

READS: tuple[type, ...] = (
    Diagnoses, Stages, Specimens, GenomicTests, Variants, Biomarkers, Therapies, Responses, Performance, Labs,
    Comorbidities, NoteFacts,
)  # fmt: skip


@table("gold.case_facts", key=("patient_key", "fact_id"))
class CaseFacts:
    """Facts of the review page. Of two sources that disagree the newest structured one is shown, `conflict`
    is true and `conflicts_with` names the others; nothing is settled without a person."""

    fact_id = Column(str, "Identity: section, label, main source and value", NotNull(), tags=DEID)
    section = Column(str, "Section of the page", NotNull(), OneOf(*SECTIONS), tags=PUBLIC)
    label = Column(str, "What the fact is about", NotNull(), tags=PUBLIC)
    value = Column(str, "The fact in words", NotNull(), tags=PHI)
    unit = Column(str, "Unit, where the value is a bare number", tags=PUBLIC)
    fact_on = Column(date, "Day it was true", tags=PHI)
    rank = Column(int, "Order within the section", NotNull(), tags=PUBLIC)
    conflict = Column(bool, "Another source says something else", NotNull(), tags=PHI)
    conflicts_with = Column(
        Strings, "The rows that say something else, as table/row_id", NotNull(), tags=STUDY_ID
    )


@builds(CaseFacts, reads=READS)
def build(*silver: DataFrame) -> DataFrame:
    return each_patient(dict(zip(READS, silver, strict=True)), CaseFacts, facts_of)


def facts_of(record: Record) -> Iterator[dict[str, Any]]:
    """Every fact of one patient, the snapshot first."""
    tumours = primaries(record)
    tissue = OncoTree.builtin().tissue(str(tumours[0].get("oncotree") or "")) if tumours else ""
    for fact in snapshot(record, tissue):
        yield fact.row()
    for section in (
        sections.pathology, sections.molecular, sections.course, sections.function, sections.comorbidity,
        sections.wishes,
    ):  # fmt: skip
        for fact in section(record):
            yield fact.row()
