"""The FHIR genomics reports of one patient, and which observation belongs to which."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.pipeline.silver import fhir as rules
from tumorboard.pipeline.silver.genomics import fhir as variant_rules
from tumorboard.pipeline.silver.genomics.assays import Assay, profiles_in, specimen_id
from tumorboard.pipeline.silver.rows import Received, identity
from tumorboard.pipeline.silver.specimens import number_of

REGION_STUDIED = "53041-0"
REPORT_CODES = frozenset({"51969-4", "81247-9", "55232-3", "GE"})
REPORT_PROFILES = ("genomics-report", "genomic-report", "mcode-genomics-report")
_DEPTH = 3  # a report lists groups, a group lists observations


@dataclass(frozen=True, slots=True)
class Reported:
    """A genomic test as FHIR tells it: its assay, and the received row that says so."""

    assay: Assay
    received: Received
    path: str


def genomic(fhir: DataFrame) -> DataFrame:
    """The resources a genomics report may consist of."""
    parts = F.col("payload")
    telling = (
        parts.contains(variant_rules.VARIANT) | parts.contains(REGION_STUDIED) | parts.contains("hasMember")
    )
    others = F.col("kind").isin("DiagnosticReport", "Specimen")
    return fhir.filter(others | ((F.col("kind") == "Observation") & telling))


class Reports:
    """Resolves references among the resources of one patient."""

    def __init__(self, received: Iterable[Received]) -> None:
        resources = [item for item in received if rules.stands(item.payload)]
        self._by_name = {name: item for item in resources for name in rules.names_of(item)}
        self.variants = [item for item in resources if _is(item, variant_rules.VARIANT)]
        self._reports = [item for item in resources if item.kind == "DiagnosticReport"]
        self._of: dict[str, Received] = {}
        for report in self._reports:
            for member in self._members(report, _DEPTH):
                self._of.setdefault(member.row_id, report)

    def assay_of(self, observation: Received) -> Assay:
        """The test an observation belongs to: that of its report, else one of its own."""
        report = self._of.get(observation.row_id)
        return self._assay(report) if report else self._lone(observation)

    def tests(self) -> Iterator[Reported]:
        """Every genomic test: reports that are genomic by code or content, and observations without one."""
        for report in self._reports:
            if self._is_genomic(report):
                yield Reported(self._assay(report), report, "$.result")
        for observation in self.variants:
            if observation.row_id not in self._of:
                yield Reported(self._lone(observation), observation, "$.component")

    def _members(self, item: Received, depth: int) -> Iterator[Received]:
        names = rules.references(item.payload.get("result")) + rules.references(item.payload.get("hasMember"))
        for name in names if depth else []:
            if found := self._by_name.get(name):
                yield found
                yield from self._members(found, depth - 1)

    def _is_genomic(self, report: Received) -> bool:
        resource = report.payload
        coded = rules.codes(resource.get("code")) | rules.codes(resource.get("category"))
        if coded & REPORT_CODES or rules.profiled(resource, *REPORT_PROFILES):
            return True
        members = self._members(report, _DEPTH)
        return any(_is(member, variant_rules.VARIANT) or _is(member, REGION_STUDIED) for member in members)

    def _assay(self, report: Received) -> Assay:
        members = list(self._members(report, _DEPTH))
        specimens = [number for item in (report, *members) if (number := self.specimen_of(item))]
        genes, kinds = _coverage(members)
        return Assay(
            test_id=rules.own_id(report),
            specimen_id=specimens[0] if specimens else None,
            assay="panel" if genes else "unknown",
            panel=_panel(members) or rules.said(report.payload.get("code")) or None,
            genes=genes,
            reported_on=_reported(report),
            system=rules.sender(report.payload),
            profiles=kinds,
        )

    def _lone(self, observation: Received) -> Assay:
        specimen, reported = self.specimen_of(observation), _reported(observation)
        return Assay(
            test_id=identity("fhir", specimen, reported),
            specimen_id=specimen,
            reported_on=reported,
            system=rules.sender(observation.payload),
        )

    def specimen_of(self, item: Received) -> str | None:
        """The specimen a resource refers to, by the laboratory's number where the file gives it."""
        for name in rules.references(item.payload.get("specimen")):
            found = self._by_name.get(name)
            if found is not None:
                return specimen_id(number_of(found.payload) or rules.own_id(found))
        return None


def _is(item: Received, code: str) -> bool:
    return item.kind == "Observation" and code in rules.codes(item.payload.get("code"))


def _reported(item: Received) -> date | None:
    moment = rules.when(item.payload, "issued", "effectiveDateTime", "effectivePeriod")
    return moment.on


def _panel(members: Iterable[Received]) -> str | None:
    """What the laboratory calls the ranges it examined."""
    return next((words for m in members if (words := variant_rules.ranges_examined(m.payload))), None)


def _coverage(members: Iterable[Received]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Genes studied, and the kinds of change looked for in all of them (LOINC 48019-4; germline by the source
    class). Where statements differ (DNA for many genes, RNA for a few) the one of most genes stands: one
    test cannot say for which gene it looked for which."""
    members = list(members)
    regions: dict[tuple[str, ...], list[str]] = {}
    for payload in (member.payload for member in members if _is(member, REGION_STUDIED)):
        kinds = profiles_in(variant_rules.kinds_studied(payload))
        regions.setdefault(kinds, []).extend(variant_rules.genes_studied(payload))
    if len(regions) <= 1:
        return _covered(members), next(iter(regions), ())
    kinds, genes = max(regions.items(), key=lambda pair: (len(set(pair[1])), pair[0]))
    return tuple(dict.fromkeys(genes)), kinds


def _covered(members: Iterable[Received]) -> tuple[str, ...]:
    """Genes stated as studied, and genes of results that say "absent"; found ones alone state no coverage."""
    studied: list[str] = []
    found: list[str] = []
    for member in members:
        genes = variant_rules.genes_studied(member.payload)
        absent = variant_rules.is_absent(member.payload)
        if _is(member, REGION_STUDIED) or (absent and not variant_rules.is_of_one_change(member.payload)):
            studied += genes
        elif _is(member, variant_rules.VARIANT) and variant_rules.is_finding(member.payload):
            found += genes
    return tuple(dict.fromkeys(studied + found)) if studied else ()
