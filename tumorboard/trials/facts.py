"""What is recorded about a patient, as screening reads it: small typed facts.

Every fact remembers its row (`silver.variants/<row_id>`), so that each answer can be opened to its source.
Nothing is filled in: a missing value stays None or empty and leads to "unknown".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tumorboard.codes.hgvs import ProteinChange


@dataclass(frozen=True, slots=True)
class Person:
    source: str
    sex: str = ""
    birth_date: date | None = None
    deceased: bool | None = None
    last_contact: date | None = None


@dataclass(frozen=True, slots=True)
class DiagnosisFact:
    source: str
    oncotree: str = ""
    primary: bool | None = None
    clinical_status: str = ""
    text: str = ""
    code: str = ""
    body_site: str = ""
    diagnosed_on: date | None = None


@dataclass(frozen=True, slots=True)
class StageFact:
    source: str
    stage_group: str = ""
    m: str = ""
    assessed_on: date | None = None


@dataclass(frozen=True, slots=True)
class GenomicTest:
    """One report. `genes` is what it covers; empty means that the report does not state it.

    `profiles` says what was looked for (mutation, cnv, sv, germline); None means not stated. `exons` names
    the exons read of genes that were not read as a whole.
    """

    source: str
    test_id: str
    assay: str = ""
    panel: str = ""
    genes: frozenset[str] = frozenset()
    profiles: frozenset[str] | None = None
    reported_on: date | None = None
    exons: frozenset[tuple[str, int]] = frozenset()
    specimen_id: str = ""

    @property
    def label(self) -> str:
        name = self.panel or self.assay or "test"
        return f"{name}, {self.reported_on.isoformat()}" if self.reported_on else name


@dataclass(frozen=True, slots=True)
class Finding:
    """One reported variant. `change` is None when no protein change is given or none could be read."""

    source: str
    test_id: str = ""
    gene: str = ""
    kind: str = ""
    change: ProteinChange | None = None
    terms: frozenset[str] = frozenset()
    exon: int | None = None
    copy_number: float | None = None
    partner: str = ""
    length_change: int | None = None
    origin: str = ""
    passed: bool = True
    tier: str = ""
    effect: str = ""
    change_text: str = ""
    comment: str = ""
    reported_on: date | None = None

    @property
    def label(self) -> str:
        what = str(self.change or "") or "/".join(sorted(self.terms)) or self.kind
        return f"{self.gene}{'::' + self.partner if self.partner else ''} {what}".strip()


@dataclass(frozen=True, slots=True)
class BiomarkerFact:
    """One result. `bound` is `<` or `>` where the laboratory gave a limit only, such as PD-L1 below 1 %."""

    source: str
    name: str
    number: float | None = None
    text: str = ""
    unit: str = ""
    interpretation: str = ""
    assessed_on: date | None = None
    bound: str = ""


@dataclass(frozen=True, slots=True)
class TherapyFact:
    source: str
    kind: str = ""
    name: str = ""
    agents: frozenset[str] = frozenset()
    line: int | None = None
    intent: str = ""
    started_on: date | None = None
    ended_on: date | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class PerformanceFact:
    source: str
    scale: str
    value: int | None = None
    assessed_on: date | None = None


@dataclass(frozen=True, slots=True)
class NoteFact:
    """Found in free text and verified by nobody: it never settles a criterion, but says where to look."""

    source: str
    concept: str
    value: str = ""
    event_on: date | None = None


@dataclass(frozen=True, slots=True)
class LabFact:
    """One result. `bound` is `<` or `>` where the laboratory gave a limit of detection only."""

    source: str
    name: str
    value: float | None = None
    unit: str = ""
    low: float | None = None
    high: float | None = None
    taken_on: date | None = None
    bound: str = ""


@dataclass(frozen=True, slots=True)
class WeightFact:
    source: str
    kilograms: float
    measured_on: date


@dataclass(frozen=True, slots=True)
class ComorbidityFact:
    source: str
    text: str = ""
    code: str = ""
    onset_on: date | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class ImagingFact:
    source: str
    modality: str = ""
    body_part: str = ""
    performed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """Somebody's dated word that something is not so, or that a list is complete (silver.statements)."""

    source: str
    kind: str
    subject: str = ""
    code: str = ""
    stated_on: date | None = None
