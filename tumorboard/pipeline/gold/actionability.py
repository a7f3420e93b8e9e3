"""What is published about this patient's findings: drugs that should work or fail, and who says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.codes.oncotree import OncoTree
from tumorboard.lake.columns import DEID, PHI, PUBLIC, Column, NotNull, OneOf, Strings
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.maf import Maf
from tumorboard.pipeline.gold.drivers import counts, same_finding, spoken
from tumorboard.pipeline.gold.molecular import measured
from tumorboard.pipeline.gold.records import Record, Row, derived, each_patient
from tumorboard.pipeline.gold.snapshot import primaries
from tumorboard.pipeline.knowledge import oncokb
from tumorboard.pipeline.knowledge.entries import DIRECTIONS, SOURCE_KINDS, Entry
from tumorboard.pipeline.knowledge.matching import all_entries, matches
from tumorboard.pipeline.silver.biomarkers import Biomarkers
from tumorboard.pipeline.silver.diagnoses import Diagnoses
from tumorboard.pipeline.silver.rows import identity
from tumorboard.pipeline.silver.variants import Variants

FINDING_KINDS = ("mutation", "copy number", "fusion", "biomarker")
_KINDS = {"snv": "mutation", "indel": "mutation", "cnv": "copy number", "sv": "fusion"}
READS: tuple[type, ...] = (Variants, Biomarkers, Diagnoses)


@table("gold.actionability", key=("patient_key", "finding_id"))
class Actionability:
    """One row per finding and piece of knowledge. The four evidence scales stand side by side, as their own
    authors grade them and for their own tumour: none is worked out from another, and where the patient's
    tumour is another one they are empty."""

    finding_id = Column(str, "Identity: finding and piece of knowledge", NotNull(), tags=DEID)
    gene = Column(str, "Gene or biomarker", NotNull(), tags=PHI)
    alteration = Column(str, "The finding, as a colleague says it", NotNull(), tags=PHI)
    finding_kind = Column(str, "Kind of finding", NotNull(), OneOf(*FINDING_KINDS), tags=PHI)
    therapies = Column(Strings, "Drugs or combinations", NotNull(), tags=PHI)
    direction = Column(str, "Whether they should work or fail", NotNull(), OneOf(*DIRECTIONS), tags=PHI)
    tumor_match = Column(
        str, "Known in the same or another tumour", NotNull(), OneOf("same", "other"), tags=PHI
    )
    escat = Column(str, "ESCAT tier", tags=PUBLIC)
    oncokb = Column(str, "OncoKB level", tags=PUBLIC)
    amp = Column(str, "AMP/ASCO/CAP tier and level", tags=PUBLIC)
    nct_dktk = Column(str, "NCT/DKTK grade", tags=PUBLIC)
    citation = Column(str, "Label, guideline or publication", NotNull(), tags=PUBLIC)
    source_kind = Column(str, "Kind of source", NotNull(), OneOf(*SOURCE_KINDS), tags=PUBLIC)
    knowledge_version = Column(str, "Version of the knowledge table", NotNull(), tags=PUBLIC)
    knowledge_source = Column(str, "Name of the knowledge table", NotNull(), tags=PUBLIC)


@builds(Actionability, reads=[*READS, Maf])
def build(variants: DataFrame, biomarkers: DataFrame, diagnoses: DataFrame, maf: DataFrame) -> DataFrame:
    annotated = maf.filter(F.col("payload").contains('"LEVEL_')).select("patient_key", "row_id", "payload")
    inputs = dict(zip((*READS, Maf), (variants, biomarkers, diagnoses, annotated), strict=True))
    return each_patient(inputs, Actionability, actions_of)


def actions_of(record: Record) -> Iterator[dict[str, Any]]:
    """Matches with the knowledge tables, then what an OncoKB-annotated MAF says itself."""
    tumour = primaries(record)[:1]
    oncotree = str(tumour[0].get("oncotree") or "") if tumour else ""
    for match in matches(findings(record), oncotree, all_entries(), OncoTree.builtin()):
        yield _row(match.rows, match.entry, match.tumor_match, tumour)
    yield from _annotated(record)


def findings(record: Record) -> list[list[Row]]:
    """Variants and biomarkers, rows that say the same together, the newest first."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in record.newest("variants", "recorded_on"):
        if counts(row):
            groups.setdefault(("variant", same_finding(row)), []).append(row)
    for row in record.newest("biomarkers", "assessed_on"):
        groups.setdefault(("biomarker", str(row["name"])), []).append(row)
    return [rows[:1] if kind == "biomarker" else rows for (kind, _), rows in sorted(groups.items())]


def _annotated(record: Record) -> Iterator[dict[str, Any]]:
    payloads = {str(row["row_id"]): json.loads(row["payload"]) for row in record.of("bronze.maf")}
    for row in record.rows("variants"):
        payload = payloads.get(str(row.get("source_row")))
        if payload and counts(row):
            for entry, match in oncokb.entries(payload, str(payload.get("ONCOKB_VERSION") or "as annotated")):
                yield _row((row,), entry, match, [])


def _row(rows: tuple[Row, ...], entry: Entry, match: str, tumour: list[Row]) -> dict[str, Any]:
    shown = rows[0]
    graded = match == "same" or entry.knowledge_source == "OncoKB"
    said = measured(shown) if shown.get("name") else spoken(shown)
    return derived(
        [*rows, *tumour],
        finding_id=identity(entry.knowledge_source, entry.entry_id, entry.marker, said),
        gene=entry.marker,
        alteration=said,
        finding_kind=_KINDS[shown["kind"]] if shown.get("kind") else "biomarker",
        therapies=list(entry.therapies),
        direction=entry.direction,
        tumor_match=match,
        **{scale: _grade(entry, scale, graded) for scale in ("escat", "oncokb", "amp", "nct_dktk")},
        citation=entry.citation,
        source_kind=entry.source_kind,
        knowledge_version=entry.knowledge_version or "not stated",
        knowledge_source=entry.knowledge_source,
    )


def _grade(entry: Entry, scale: str, graded: bool) -> str | None:
    return (getattr(entry, scale) or None) if graded else None
