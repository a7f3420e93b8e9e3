"""Stage at each assessment: T, N, M and stage group in one row."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.codes.tnm import MCategory, NCategory, StageGroup, TCategory
from tumorboard.lake.columns import DEID, Column, NotNull, OneOf
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.silver.fhir import (
    METHOD,
    SOURCE,
    codes,
    codings,
    has,
    names_of,
    observed,
    own_id,
    references,
    said,
    stands,
    state,
    words,
)
from tumorboard.pipeline.silver.rows import Received, Row, each_patient

KINDS = ("clinical", "pathologic", "any")

# Code -> (what it states, kind). LOINC "Cancer" staging terms and SNOMED CT of mCODE STU4.
_CODES = {
    code: (part, kind)
    for part, rows in {
        "group": {
            "clinical": "21908-9 399537006",
            "pathologic": "21902-2 399588009",
            "any": "21914-7 399390009",
        },
        "t": {"clinical": "21905-5 399504009", "pathologic": "21899-0 384625004", "any": "21911-3 78873005"},
        "n": {"clinical": "21906-3 399534004", "pathologic": "21900-6 371494008", "any": "21912-1 277206009"},
        "m": {"clinical": "21907-1 399387003", "pathologic": "21901-4 371497001", "any": "21913-9 277208005"},
    }.items()
    for kind, stated in rows.items()
    for code in stated.split()
}
_PROFILES = {
    "mcode-tnm-stage-group": "group", "mcode-cancer-stage-group": "group",
    "mcode-tnm-primary-tumor-category": "t", "mcode-tnm-regional-nodes-category": "n",
    "mcode-tnm-distant-metastases-category": "m",
}  # fmt: skip
# Staging that is not TNM keeps its own words as stage group.
_OTHER = {
    "385361009": "FIGO", "C141212": "Binet", "C141207": "Rai", "385388004": "Lymphoma stage",
    "C139007": "ISS", "C141392": "R-ISS", "409720004": "INSS", "C133427": "INRGSS",
}  # fmt: skip
_SYSTEMS = {
    "444256004": "AJCC 6", "443830009": "AJCC 7", "897275008": "AJCC 8", "1269566009": "AJCC 9",
    "C188404": "UICC",
}  # fmt: skip
_PARSERS = {"t": TCategory.parse, "n": NCategory.parse, "m": MCategory.parse, "group": StageGroup.parse}


@table("silver.stages", key=("patient_key", "stage_id"))
class Stages:
    """Stage per assessment. Categories without a stage group of their own day make a row without group."""

    stage_id = Column(str, "Identity within the patient", NotNull(), tags=DEID)
    kind = Column(str, "Clinical, pathologic, or not said", NotNull(), OneOf(*KINDS))
    staging_system = Column(str, "Staging system, such as AJCC 8")
    t = Column(str, "T category without its c or p (the kind says it)")
    n = Column(str, "N category without its c or p")
    m = Column(str, "M category without its c or p")
    stage_group = Column(str, "Stage group, such as IVA; in other systems the group in their words")
    assessed_on = Column(date, "Day of the assessment")


@dataclass(frozen=True)
class Statement:
    """One observation that states a category or a group."""

    item: Received
    part: str
    kind: str
    value: str
    system: str
    on: date | None


@builds(Stages, reads=[Fhir])
def build(fhir: DataFrame) -> DataFrame:
    wanted = "|".join([*_CODES, *_PROFILES, *_OTHER])
    observations = fhir.filter((F.col("kind") == "Observation") & F.col("payload").rlike(wanted))
    return each_patient(observations, Stages, read, origin="structured", method=METHOD, source=SOURCE)


def read(resources: list[Received]) -> Iterator[Row]:
    statements = [found for item in resources if stands(item.payload) and (found := statement(item))]
    groups = _most_exact([found for found in statements if found.part == "group"])
    categories = [found for found in statements if found.part != "group"]
    used: set[str] = set()
    for group in groups:
        members = _members(group, categories)
        used |= {member.item.row_id for member in members}
        yield _row(group, members)
    left = [found for found in categories if found.item.row_id not in used]
    for members in _together(left):
        yield _row(None, members)


def statement(item: Received) -> Statement | None:
    """What a staging observation states; None if it is not one or states nothing that can be read."""
    resource = item.payload
    part, kind = _meaning(resource)
    value = _value(resource, part)
    if not part or not value:
        return None
    stated = codes(resource.get("method"))
    system = next((name for code, name in _SYSTEMS.items() if code in stated), said(resource.get("method")))
    if other := next((name for code, name in _OTHER.items() if code in codes(resource.get("code"))), ""):
        system = other
    return Statement(item, part, kind, value, system, observed(resource).on)


def _meaning(resource: Row) -> tuple[str, str]:
    stated = codes(resource.get("code"))
    for code in sorted(stated):
        if code in _CODES:
            return _CODES[code]
    if not stated.isdisjoint(_OTHER):
        return "group", "any"
    return next(((part, "any") for name, part in _PROFILES.items() if has(resource, (), name)), ("", ""))


def _value(resource: Row, part: str) -> str:
    """The category in its normal form, from whichever coding or text holds one."""
    if not part:
        return ""
    concept = resource.get("valueCodeableConcept")
    sent = [coding.code for coding in codings(concept)] + [coding.display for coding in codings(concept)]
    sent += [said(concept), words(resource.get("valueString"))]
    for text in sent:
        if value := _read(part, text):
            return value
    return said(concept) if not codes(resource.get("code")).isdisjoint(_OTHER) else ""


def _read(part: str, text: str) -> str:
    """`cT1`, `T1 category (finding)`, `c2A`, `Stage 1A (qualifier value)` in one spelling each."""
    bare = re.sub(r"\s*\(.*?(finding|value|disorder).*?\)|\s+category\b", "", text).strip()
    if part == "group":
        bare = re.sub(r"^[cp](?=[0-4IVX])", "", bare)
    try:
        value = str(_PARSERS[part](bare))
    except ValueError:
        return ""
    return re.sub(r"^[cp](?=[TNM])", "", value)


def _most_exact(groups: list[Statement]) -> list[Statement]:
    """Senders state `II` and `IIA` side by side: a group that another of its day refines falls away."""
    return [
        group
        for group in groups
        if not any(
            (other.on, other.kind) == (group.on, group.kind)
            and other.value != group.value
            and re.fullmatch(rf"{re.escape(group.value)}[A-D]\d?", other.value)
            for other in groups
        )
    ]


def _members(group: Statement, categories: list[Statement]) -> list[Statement]:
    """The categories a group names as members; without names, those of the same day and kind."""
    named = set(references(group.item.payload.get("hasMember")))
    if members := [found for found in categories if named & names_of(found.item)]:
        return members
    return [found for found in categories if (found.on, found.kind) == (group.on, group.kind)]


def _together(categories: list[Statement]) -> list[list[Statement]]:
    by_day: dict[tuple[str, str], list[Statement]] = defaultdict(list)
    for found in categories:
        by_day[str(found.on), found.kind].append(found)
    return [by_day[key] for key in sorted(by_day)]


def _row(group: Statement | None, members: list[Statement]) -> Row:
    lead = group or members[0]
    value_path = (
        "$.valueCodeableConcept" if lead.item.payload.get("valueCodeableConcept") else "$.valueString"
    )
    of = {member.part: member.value for member in members}
    return state(
        lead.item,
        value_path,
        stage_id=own_id(lead.item),
        kind=lead.kind,
        staging_system=next((found.system for found in [lead, *members] if found.system), None),
        t=of.get("t"),
        n=of.get("n"),
        m=of.get("m"),
        stage_group=group.value if group else None,
        assessed_on=lead.on,
    )
