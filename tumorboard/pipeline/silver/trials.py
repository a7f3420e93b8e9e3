"""Clinical trials, from curated CTML and from registry records. They belong to no patient."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from tumorboard.lake.columns import PUBLIC, Column, Matches, NotNull, OneOf, Strings
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.ctml import Ctml
from tumorboard.pipeline.bronze.registry import Registry
from tumorboard.pipeline.silver.evidence import union
from tumorboard.pipeline.silver.fhir import day, dig, listed, words
from tumorboard.pipeline.silver.rows import Received, Row, each_row


@table("silver.trials", key=("trial_id",), per_patient=False)
class Trials:
    """One row per trial and form. A registry record with the number of a curated trial yields to it."""

    trial_id = Column(str, "Protocol number of a curated trial, else NCT number", NotNull(), tags=PUBLIC)
    nct_id = Column(
        str, "ClinicalTrials.gov number", Matches(r"^NCT\d{8}$", "must be NCT and eight digits"), tags=PUBLIC
    )
    title = Column(str, "Short title", tags=PUBLIC)
    phase = Column(str, "Phase as stated; several joined by /", tags=PUBLIC)
    status = Column(str, "Recruitment status in the source's words", tags=PUBLIC)
    kind = Column(str, "Where it comes from", NotNull(), OneOf("ctml", "registry"), tags=PUBLIC)
    document = Column(str, "The whole record as JSON", NotNull(), tags=PUBLIC)
    updated_on = Column(date, "Last update the source states", tags=PUBLIC)
    sites = Column(Strings, "Names of the sites", tags=PUBLIC)
    registry_status = Column(
        str, "Status in the registry's record of the same number; of a curated trial its own may differ",
        tags=PUBLIC,
    )  # fmt: skip
    registry_updated_on = Column(date, "Last update of that record", tags=PUBLIC)
    registry_text = Column(str, "Eligibility text of that record, as it is now", tags=PUBLIC)


REGISTRY = ("registry_status", "registry_updated_on", "registry_text")


@builds(Trials, reads=[Ctml, Registry])
def build(ctml: DataFrame, registry: DataFrame) -> DataFrame:
    curated = each_row(
        ctml, Trials, curated_trial, origin="structured", method="ctml-rules 1.0", source="bronze.ctml"
    )
    studies = each_row(
        registry, Trials, study, origin="structured", method="registry-rules 1.0", source="bronze.registry"
    )
    of_registry = studies.select("nct_id", *REGISTRY).dropDuplicates(["nct_id"])
    known = curated.drop(*REGISTRY).join(of_registry, "nct_id", "left").select(curated.columns)
    return union(known, studies.join(curated.select("trial_id"), "trial_id", "left_anti"))


def curated_trial(item: Received) -> Iterator[Row]:
    """A CTML trial, under the number by which matching names it."""
    trial = item.payload
    nct = words(trial.get("nct_id")).upper()
    ids = (
        words(trial.get(name))
        for name in ("protocol_no", "trial_internal_id", "nct_id", "trial_id", "protocol_id")
    )
    sites = listed(dig(trial, "site_list", "site"))
    yield item.row(
        "$",
        system="CTML",
        recorded_on=day(trial.get("last_updated")),
        trial_id=next(filter(None, ids), None),
        nct_id=nct or None,
        title=words(trial.get("short_title"))
        or words(trial.get("title"))
        or words(trial.get("long_title"))
        or None,
        phase=words(trial.get("phase")) or None,
        status=_ctml_status(trial) or None,
        kind="ctml",
        document=json.dumps(trial, ensure_ascii=False, sort_keys=True),
        updated_on=day(trial.get("last_updated")),
        sites=[name for site in sites if (name := words(site.get("site_name")))],
    )


def _ctml_status(trial: Row) -> str:
    return words(trial.get("status")) or words(dig(trial, "_summary", "status", 0, "value"))


def study(item: Received) -> Iterator[Row]:
    """A ClinicalTrials.gov record (API v2)."""
    protocol = item.payload.get("protocolSection")
    nct = words(dig(protocol, "identificationModule", "nctId"))
    updated = day(dig(protocol, "statusModule", "lastUpdatePostDateStruct", "date"))
    phases = dig(protocol, "designModule", "phases")
    locations = listed(dig(protocol, "contactsLocationsModule", "locations"))
    yield item.row(
        "$.protocolSection",
        system="ClinicalTrials.gov",
        recorded_on=updated,
        trial_id=nct or None,
        nct_id=nct or None,
        title=words(dig(protocol, "identificationModule", "briefTitle")) or None,
        phase="/".join(words(phase) for phase in phases) if isinstance(phases, list) else None,
        status=words(dig(protocol, "statusModule", "overallStatus")) or None,
        kind="registry",
        document=json.dumps(item.payload, ensure_ascii=False, sort_keys=True),
        updated_on=updated,
        sites=list(dict.fromkeys(name for site in locations if (name := words(site.get("facility"))))),
        registry_status=words(dig(protocol, "statusModule", "overallStatus")) or None,
        registry_updated_on=updated,
        registry_text=_text(dig(protocol, "eligibilityModule", "eligibilityCriteria")),
    )


def _text(value: Any) -> str | None:
    """As received, not tidied: places in it are counted in characters."""
    return value if isinstance(value, str) and value else None
