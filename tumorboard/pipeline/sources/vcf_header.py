"""The header of a VCF file: meta lines, sample columns, and which genome build the positions count in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tumorboard.pipeline.sources.reading import Subject
from tumorboard.pipeline.sources.subjects import SPECIMEN, subject

FIXED_COLUMNS = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")

_META = re.compile(r"##([^=]+)=(.*)", re.DOTALL)
_ATTRIBUTE = re.compile(r'([^=,<>\s]+)=("(?:[^"\\]|\\.)*"|[^,>]*)')
_BUILD_NAMES = {
    "GRCh38": re.compile(r"grch38|hg38|hs38|b38", re.IGNORECASE),
    "GRCh37": re.compile(r"grch37|hg19|hs37|b37|human_g1k_v37", re.IGNORECASE),
}
# Length of chromosome 1 (Genome Reference Consortium), the surest sign where a header lists its contigs.
_CHR1_LENGTHS = {"248956422": "GRCh38", "249250621": "GRCh37"}
_STATING_KEYS = ("reference", "assembly", "new_reference_genome", "genome_build", "NCBI_Build")
_SAMPLE_KEYS = ("SAMPLE", "PEDIGREE", "tumor_sample", "normal_sample")
_LIFTED_KEYS = ("liftOverChainFile", "liftOverFile", "chainFile", "chain")


@dataclass
class VcfHeader:
    """Meta lines by key, in file order, and the columns of the records."""

    fileformat: str = ""
    meta: dict[str, list[Any]] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)
    line: int = 0

    @property
    def samples(self) -> list[str]:
        return self.columns[9:]

    def add(self, text: str) -> bool:
        """Take one `##key=value` line; false if it is not of that form."""
        if not (match := _META.fullmatch(text)):
            return False
        key, value = match.groups()
        self.meta.setdefault(key, []).append(_structured(value))
        return True

    def first(self, key: str) -> str:
        values = self.meta.get(key, [""])
        return values[0] if isinstance(values[0], str) else ""

    def genome_builds(self) -> set[str]:
        """Every build the header speaks of: none, one, or contradicting ones."""
        return self._stated_builds() or self._lifted_builds()

    def _stated_builds(self) -> set[str]:
        contigs = [contig for contig in self.meta.get("contig", []) if isinstance(contig, dict)]
        stated = [self.first(key) for key in _STATING_KEYS] + [str(c.get("assembly", "")) for c in contigs]
        builds = {build for text in stated for build in builds_in(text)}
        lengths = [c.get("length", "") for c in contigs if c.get("ID") in ("1", "chr1")]
        return builds | {_CHR1_LENGTHS[length] for length in lengths if length in _CHR1_LENGTHS}

    def _lifted_builds(self) -> set[str]:
        """A chain file names both builds, `hg19ToHg38`: the positions are in the second."""
        names = [self.first(key).rpartition("/")[2] for key in _LIFTED_KEYS]
        return {build for name in names for build in builds_in(re.split("to", name, flags=re.I)[-1])}

    @cached_property
    def normal_samples(self) -> set[str]:
        """Sample columns that hold the healthy control, as far as the header or a usual name says so."""
        named = {value for value in self.meta.get("normal_sample", []) if isinstance(value, str)}
        pedigree = {p.get("Original", "") for p in self.meta.get("PEDIGREE", []) if isinstance(p, dict)}
        usual = {name for name in self.samples if name.upper() in ("NORMAL", "CONTROL", "GERMLINE")}
        return (named | pedigree | usual) & set(self.samples)

    @cached_property
    def tumour_columns(self) -> list[int]:
        """Index of the other sample columns; of all of them if every one looks like a control."""
        columns = range(9, len(self.columns))
        tumours = [index for index in columns if self.columns[index] not in self.normal_samples]
        return tumours or list(columns)

    @property
    def alone(self) -> bool:
        """Whether the file is about one tumour sample. If not, no row may carry what belongs to another."""
        return len(self.tumour_columns) == 1

    @cached_property
    def control_columns(self) -> list[int]:
        """Index of the healthy control's column, where it can only belong to the one tumour sample."""
        columns = range(9, len(self.columns)) if self.alone else []
        return [index for index in columns if index not in self.tumour_columns]

    def specimen(self, column: int | None) -> Subject | None:
        """The specimen of a sample column; one called only TUMOR may be explained by `##tumor_sample=`."""
        if column is None:
            return None
        return subject(SPECIMEN, self.columns[column]) or subject(SPECIMEN, self.first("tumor_sample"))

    def payload(self, column: int | None) -> dict[str, Any]:
        """The header as one row: what was run, on what reference, and what was tested."""
        builds = self.genome_builds()
        return {
            "fileformat": self.fileformat,
            "source": self.first("source"),
            "reference": self.first("reference"),
            "genome_build": next(iter(builds)) if len(builds) == 1 else "",
            "fileDate": self.first("fileDate"),
            "panel": self.meta.get("panel", [None])[0],
            "contigs": [c["ID"] for c in self.meta.get("contig", []) if isinstance(c, dict) and "ID" in c],
            "samples": self.samples if self.alone else [],
            "sample": None if column is None else self.columns[column],
            "meta": {
                key: values for key, values in self.meta.items() if self.alone or key not in _SAMPLE_KEYS
            },
        }


def builds_in(text: str) -> set[str]:
    """The genome builds a text names, as GRCh37 and GRCh38."""
    return {build for build, names in _BUILD_NAMES.items() if names.search(text)}


def _structured(value: str) -> Any:
    """`<ID=x,Description="y">` as fields, everything else as text."""
    if not (value.startswith("<") and value.endswith(">")):
        return value
    return {key: _unquoted(text) for key, text in _ATTRIBUTE.findall(value[1:-1])}


def _unquoted(text: str) -> str:
    if len(text) > 1 and text.startswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text
