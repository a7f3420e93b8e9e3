"""Biomarkers that are not single variants: receptors, PD-L1, MSI, TMB, HRD and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.columns import PHI, PII, PUBLIC, STUDY_ID, Between, Column, NotNull, OneOf
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.bronze.vcf import Vcf
from tumorboard.pipeline.silver import fhir as rules
from tumorboard.pipeline.silver.biomarker_words import interpretation, named
from tumorboard.pipeline.silver.evidence import union
from tumorboard.pipeline.silver.genomics.assays import VCF_METHOD, of_vcf
from tumorboard.pipeline.silver.rows import Received, Row, each_patient, each_row, identity
from tumorboard.pipeline.silver.specimens import number_of

INTERPRETATIONS = ("high", "low", "positive", "negative", "stable", "equivocal", "")
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(.*)")


@table("silver.biomarkers", key=("patient_key", "biomarker_id"))
class Biomarkers:
    """One row per measurement. `interpretation` is what the sender said in one vocabulary; where only an
    immunohistochemistry score was sent it follows ASCO/CAP (see `biomarker_words`). For MMR and HRD,
    positive means deficient."""

    biomarker_id = Column(str, "Identity within the patient", NotNull(), tags=STUDY_ID)
    name = Column(str, "TMB, MSI, MMR, PD-L1 TPS, ER, PR, HR, HER2, Ki-67, HRD, MGMT", NotNull(), tags=PHI)
    value_number = Column(float, "Measured value", Between(0, 100_000), tags=PHI)
    value_text = Column(str, "The result in the sender's words", tags=PHI)
    unit = Column(str, "Unit as sent", tags=PUBLIC)
    interpretation = Column(str, "Result in one vocabulary", NotNull(), OneOf(*INTERPRETATIONS), tags=PHI)
    specimen_id = Column(str, "The specimen, as silver.specimens names it", tags=PII)
    assessed_on = Column(date, "Day of the result", tags=PHI)


@builds(Biomarkers, reads=[Fhir, Vcf])
def build(fhir: DataFrame, vcf: DataFrame) -> DataFrame:
    resources = fhir.filter(F.col("kind").isin("Observation", "Specimen"))
    headers = vcf.filter(F.col("kind") == "header")
    return union(
        each_patient(
            resources, Biomarkers, _of_fhir, origin="structured", method=rules.METHOD, source=rules.SOURCE
        ),
        each_row(headers, Biomarkers, _of_vcf, origin="vcf", method=VCF_METHOD, source="bronze.vcf"),
    )


def _of_fhir(received: list[Received]) -> Iterator[Row]:
    specimens = {
        name: number_of(item.payload) or rules.own_id(item)
        for item in received
        if item.kind == "Specimen"
        for name in rules.names_of(item)
    }
    for item in received:
        if item.kind == "Observation" and rules.stands(item.payload):
            yield from _observed(item, specimens)


def _observed(item: Received, specimens: dict[str, str]) -> Iterator[Row]:
    resource = item.payload
    name = named(rules.codes(resource.get("code")), _words_of_code(resource))
    value = _value(resource)
    if name is None or value is None:
        return
    number, words, unit, path = value
    refs = rules.references(resource.get("specimen"))
    yield rules.state(
        item,
        path,
        biomarker_id=rules.own_id(item),
        name=name,
        value_number=number,
        value_text=words or None,
        unit=unit or None,
        interpretation=interpretation(name, number, words, rules.codes(resource.get("interpretation"))),
        specimen_id=next((specimens[ref] for ref in refs if ref in specimens), None),
        assessed_on=rules.observed(resource).on,
    )


def _words_of_code(resource: Row) -> str:
    displays = [coding.display for coding in rules.codings(resource.get("code"))]
    return " | ".join(filter(None, [rules.words(rules.dig(resource, "code", "text")), *displays]))


def _value(resource: Row) -> tuple[float | None, str, str, str] | None:
    """Number, words, unit and their place; None where the observation has no value."""
    quantity = resource.get("valueQuantity")
    if isinstance(quantity, dict):
        number, comparator = rules.number(quantity.get("value")), rules.words(quantity.get("comparator"))
        unit = rules.words(quantity.get("unit"))
        bounded = f"{comparator}{number:g} {unit}".strip() if comparator and number is not None else ""
        return number, bounded, unit, "$.valueQuantity.value"
    if concept := resource.get("valueCodeableConcept"):
        return None, rules.said(concept), "", "$.valueCodeableConcept"
    for element in ("valueString", "valueInteger"):
        if (stated := rules.words(resource.get(element))) != "":
            return rules.number(stated), stated, "", f"$.{element}"
    return None


def _of_vcf(received: Received) -> Iterator[Row]:
    """`##TMB=` and `##MSI=` lines."""
    assay, meta = of_vcf(received.payload), received.payload.get("meta") or {}
    for name in ("TMB", "MSI"):
        for place, stated in enumerate(meta.get(name) or []):
            number, words, unit = _measured(stated)
            yield received.row(
                f"$.meta.{name}[{place}]",
                system=assay.system,
                recorded_on=assay.reported_on,
                biomarker_id=identity(assay.test_id, name, place),
                name=name,
                value_number=number,
                value_text=words or None,
                unit=unit or ("mutations/Mb" if name == "TMB" and number is not None else None),
                interpretation=interpretation(name, number, words, set()),
                specimen_id=assay.specimen_id,
                assessed_on=assay.reported_on,
            )


def _measured(stated: Any) -> tuple[float | None, str, str]:
    """`7.2`, `7.2 mut/Mb` or `MSI-H`."""
    words = rules.words(stated)
    match = _NUMBER.fullmatch(words)
    return (float(match[1]), "", match[2].strip()) if match else (None, words, "")
