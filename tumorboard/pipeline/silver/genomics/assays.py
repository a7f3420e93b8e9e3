"""The test that a finding belongs to: what was sequenced, from which specimen, and which genes it covers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.pipeline.silver.evidence import text
from tumorboard.pipeline.silver.genomics.annotations import csq_fields
from tumorboard.pipeline.silver.genomics.finding import gene_symbol
from tumorboard.pipeline.silver.genomics.maf import build
from tumorboard.pipeline.silver.rows import identity

VCF_METHOD, MAF_METHOD = "vcf-rules 1.0", "maf-rules 1.0"
_SUMMARY = pa.schema([("file_hash", pa.string()), ("sample", pa.string()), ("header", pa.string())])
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")


@dataclass(frozen=True, slots=True)
class Assay:
    """One genomic test. `genes` is what it covers, `regions` the exons read of genes not read as a whole,
    `profiles` what was looked for; each is empty where the source does not say."""

    test_id: str
    specimen_id: str | None = None
    assay: str = "unknown"
    panel: str | None = None
    genes: tuple[str, ...] = ()
    genome_build: str | None = None
    reported_on: date | None = None
    system: str = ""
    regions: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()

    def values(self) -> dict[str, Any]:
        return {
            "test_id": self.test_id,
            "specimen_id": self.specimen_id,
            "assay": self.assay,
            "panel": self.panel,
            "genes": list(self.genes),
            "regions": list(self.regions),
            "profiles": list(self.profiles),
            "genome_build": self.genome_build,
            "reported_on": self.reported_on,
        }


def specimen_id(number: object) -> str | None:
    """`silver.specimens` knows a specimen by the laboratory's number."""
    return str(number or "").strip() or None


def of_vcf(header: Mapping[str, Any]) -> Assay:
    """From a VCF header row, whole or summarised."""
    panel, sample = header.get("panel"), header.get("specimen") or specimen_number(header)
    name = _panel_name(panel)
    reported = _day(header.get("fileDate"))
    genome = header.get("genome_build") or None
    return Assay(
        test_id=identity("vcf", sample, name, reported, genome),
        specimen_id=specimen_id(sample),
        assay="panel" if name else _stated_assay(header),
        panel=name,
        genes=_genes(panel),
        genome_build=genome,
        reported_on=reported,
        system=str(header.get("source") or "VCF"),
        regions=_regions(panel),
        profiles=profiles_in(_stated(panel, "Profiles")),
    )


def of_maf(row: Mapping[str, str]) -> Assay:
    """From a MAF row. A MAF never says what it covers, and holds sequence variants only; `Sequence_Source`
    may say exome or genome."""
    sample = row.get("Tumor_Sample_Barcode")
    return Assay(
        test_id=identity("maf", sample),
        specimen_id=specimen_id(sample),
        assay={"WXS": "exome", "WGS": "genome"}.get(str(row.get("Sequence_Source") or "").upper(), "unknown"),
        genome_build=build(row.get("NCBI_Build")),
        system=str(row.get("Center") or "MAF"),
        profiles=("mutation",),
    )


def with_header(vcf: DataFrame) -> DataFrame:
    """Variant rows whose payload is `{"record": ..., "header": ...}`, the header in short."""
    records = vcf.filter(F.col("kind") == "variant").withColumn("sample", text("$.sample"))
    headers = vcf.filter(F.col("kind") == "header").select("file_hash", "payload")
    summaries = headers.mapInArrow(_summaries, "file_hash string, sample string, header string")
    parts = (F.lit('{"record":'), F.col("payload"), F.lit(',"header":'), F.coalesce("header", F.lit("{}")))
    joined = records.join(summaries, ["file_hash", "sample"], "left")
    return joined.withColumn("payload", F.concat(*parts, F.lit("}"))).drop("sample", "header")


def _summaries(received: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for batch in received:
        rows = [(row["file_hash"], json.loads(row["payload"])) for row in batch.to_pylist()]
        found = [{"file_hash": file, "sample": h.get("sample"), "header": _summary(h)} for file, h in rows]
        yield pa.RecordBatch.from_pylist(found, schema=_SUMMARY)


def _summary(header: Mapping[str, Any]) -> str:
    """A header has hundreds of lines; a variant needs these."""
    kept = {key: header.get(key) for key in ("sample", "source", "genome_build", "fileDate")}
    declared = (header.get("meta") or {}).get("INFO") or []
    fields = [line for line in declared if csq_fields({"meta": {"INFO": [line]}})]
    panel = _panel_name(header.get("panel"))
    return json.dumps(kept | {"specimen": specimen_number(header), "panel": panel, "meta": {"INFO": fields}})


def specimen_number(header: Mapping[str, Any]) -> str:
    """The laboratory's number: the sample column, unless that is only called TUMOR."""
    sample = str(header.get("sample") or "")
    named = (header.get("meta") or {}).get("tumor_sample") or [""]
    usual = sample.upper() in ("TUMOR", "TUMOUR", "SAMPLE", "")
    return str(named[0]) if usual and isinstance(named[0], str) and named[0] else sample


def _panel_name(panel: Any) -> str | None:
    stated = panel.get("ID") or panel.get("Name") if isinstance(panel, Mapping) else panel
    return str(stated) if stated else None


_PROFILES = {
    "mutation": r"mutation|sequence|substitution|snv|indel",
    "cnv": r"cnv|copy.?number|amplification",
    "sv": r"\bsv\b|fusion|rearrangement|structural|translocation",
    "germline": r"germline",
}


def profiles_in(words: str) -> tuple[str, ...]:
    """The kinds of change that words name: mutation, cnv, sv, germline."""
    return tuple(kind for kind, pattern in _PROFILES.items() if re.search(pattern, words, re.IGNORECASE))


def _regions(panel: Any) -> tuple[str, ...]:
    """`Exons="EGFR:18-21,KRAS:2"` as `EGFR exons 18-21`, `KRAS exons 2`."""
    parts = (part.partition(":") for part in re.split(r"[\s,;|]+", _stated(panel, "Exons")))
    named = ((gene_symbol(name), exons) for name, _, exons in parts if re.fullmatch(r"\d+(-\d+)?", exons))
    return tuple(f"{gene} exons {exons}" for gene, exons in named if gene)


def _stated(panel: Any, field: str) -> str:
    """A field of the panel line, whatever its case."""
    if not isinstance(panel, Mapping):
        return ""
    return str(panel.get(field) or panel.get(field.lower()) or "")


def _genes(panel: Any) -> tuple[str, ...]:
    stated = re.split(r"[\s,;|]+", _stated(panel, "Genes"))
    return tuple(dict.fromkeys(gene for name in stated if (gene := gene_symbol(name))))


def _stated_assay(header: Mapping[str, Any]) -> str:
    words = str((header.get("meta") or {}).get("assay") or "").lower()
    return next((kind for kind in ("exome", "genome", "panel") if kind in words), "unknown")


def _day(stated: object) -> date | None:
    """VCF's fileDate is free text; 20250302 and 2025-03-02 are dates, anything else is not."""
    match = _DAY.fullmatch(str(stated or "").strip()[:10])
    try:
        return date(*(int(part) for part in match.groups())) if match else None
    except ValueError:
        return None
