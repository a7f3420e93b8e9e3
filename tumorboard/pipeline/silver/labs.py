"""Laboratory results: numeric values in one unit per analyte, with the range they were reported with."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.columns import DEID, Column, NotNull
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.silver.analytes import Analyte, analyte_of, factor
from tumorboard.pipeline.silver.fhir import (
    METHOD,
    SOURCE,
    codes,
    codings,
    dig,
    listed,
    number,
    observed,
    own_id,
    profiled,
    said,
    state,
    when,
    words,
)
from tumorboard.pipeline.silver.rows import Received, Row, each_patient, identity

# A corrected result replaces the final one, a final one the preliminary; a withdrawal takes all back.
_CORRECTED = ("amended", "corrected", "appended")
_WITHDRAWN = ("entered-in-error", "cancelled")
_RANK = {"preliminary": 0, "final": 1, **dict.fromkeys(_CORRECTED, 2), **dict.fromkeys(_WITHDRAWN, 3)}
# Sent as laboratory results, but tables of their own: stage, size, receptors, mutations.
_ELSEWHERE = re.compile(r"mcode-(?!tumor-marker-test)[\w-]+")
_TISSUE = {
    "16112-5", "85337-4", "85310-1", "16113-3", "85339-0", "48676-1", "85319-2", "85318-4", "72382-5",
    "85330-9", "10480-2", "85147-7", "83052-1", "94077-5", "94076-7", "81695-9", "62862-8", "64083-9",
    "69548-6", "51969-4", "53041-0", "417181009", "21924-6",
}  # fmt: skip
_TISSUE_UNITS = re.compile(r"%|/?mb|mutations.*", re.IGNORECASE)


@table("silver.labs", key=("patient_key", "lab_id"))
class Labs:
    """Results as last corrected; what was sent first stays in bronze."""

    lab_id = Column(str, "Identity within the patient: order or resource, and analyte", NotNull(), tags=DEID)
    code = Column(str, "LOINC code as sent", tags=DEID)
    name = Column(str, "Analyte by one name; unknown ones in the sender's words", NotNull(), tags=DEID)
    value = Column(float, "Value in `unit`; for a result below the limit of detection the limit")
    value_text = Column(str, "Value as sent, with comparator and unit; or a result in words", NotNull())
    unit = Column(str, "Unit of value, low and high (UCUM where known)", tags=DEID)
    low = Column(float, "Lower end of the reference range sent with the result")
    high = Column(float, "Upper end of the reference range sent with the result")
    taken_on = Column(date, "Day the sample was taken")
    reported_on = Column(date, "Day the result was issued")


class Result(NamedTuple):
    """One state of a result: the order and the sample it belongs to, how final it is, its row."""

    order: str
    sample: str
    status: str
    issued: str
    row: Row


@builds(Labs, reads=[Fhir])
def build(fhir: DataFrame) -> DataFrame:
    observations = fhir.filter(F.col("kind") == "Observation")
    return each_patient(observations, Labs, read, origin="structured", method=METHOD, source=SOURCE)


def read(resources: list[Received]) -> Iterator[Row]:
    """The results of a patient: of several states of one result the last; none that was withdrawn."""
    by_order: dict[str, list[Result]] = defaultdict(list)
    found = [result for item in resources for result in results(item)]
    corrected = {result.sample for result in found if result.status in _CORRECTED and not result.order}
    for result in found:
        loose = result.sample if result.sample in corrected else result.row["lab_id"]
        by_order[result.order or loose].append(result)
    for order in sorted(by_order):
        last = max(by_order[order], key=_finality)
        if last.status not in _WITHDRAWN:
            yield last.row


def _finality(result: Result) -> tuple[int, str, str]:
    return _RANK.get(result.status, 1), result.issued, str(result.row["source_row"])


def results(item: Received) -> Iterator[Result]:
    """The results of an observation: its own value, and each component of a panel."""
    resource = item.payload
    for path, part in _parts(resource):
        sent = codes(part.get("code"))
        analyte = analyte_of(sent, said(part.get("code")))
        if (analyte is None and not _is_laboratory(resource, part)) or not _has_value(part):
            continue
        what = ",".join(sorted(sent or {said(part.get("code"))}))
        order, taken, issued = _order(item, what), observed(resource), when(resource, "issued")
        row = state(
            item, path, lab_id=order or own_id(item, what), **_named(part, analyte), **_value(part, analyte)
        )
        row |= {"taken_on": taken.on or issued.on, "reported_on": issued.on or taken.on}
        sample = identity("sample", taken.text, what)
        yield Result(order, sample, words(resource.get("status")), issued.text, row)


def _parts(resource: Row) -> Iterator[tuple[str, Row]]:
    yield ("$.valueQuantity.value" if resource.get("valueQuantity") else "$"), resource
    for index, component in enumerate(listed(resource.get("component"))):
        yield f"$.component[{index}].valueQuantity.value", component


def _is_laboratory(resource: Row, part: Row) -> bool:
    """A laboratory observation that is not stage, receptor or mutation."""
    profiles = " ".join(words(p) for p in dig(resource, "meta", "profile") or [] if isinstance(p, str))
    if "laboratory" not in codes(resource.get("category")) or _ELSEWHERE.search(profiles):
        return False
    if not (codes(resource.get("code")) | codes(part.get("code"))).isdisjoint(_TISSUE):
        return False
    if profiled(resource, "mcode-tumor-marker-test"):
        return bool(part.get("valueQuantity")) and not _TISSUE_UNITS.fullmatch(_unit(part))
    return True


def _has_value(part: Row) -> bool:
    return any(
        part.get(name) not in (None, "", {})
        for name in ("valueQuantity", "valueCodeableConcept", "valueString")
    )


def _order(item: Received, what: str) -> str:
    """The laboratory order of a result: states of one analyte under one order are states of one result."""
    orders = [words(identifier.get("value")) for identifier in listed(item.payload.get("identifier"))]
    stated = next(filter(None, orders), "")
    return identity("order", stated, what) if stated else ""


def _named(part: Row, analyte: Analyte | None) -> Row:
    loinc = next((c.code for c in codings(part.get("code")) if re.fullmatch(r"\d{1,7}-\d", c.code)), None)
    return {"code": loinc, "name": analyte.name if analyte else said(part.get("code"))}


def _unit(part: Row) -> str:
    quantity = part.get("valueQuantity")
    return words(dig(quantity, "unit")) or words(dig(quantity, "code"))


def _value(part: Row, analyte: Analyte | None) -> Row:
    """Value and range in the analyte's unit; an unknown unit is kept as sent and nothing is converted."""
    quantity = part.get("valueQuantity")
    value, unit = number(dig(quantity, "value")), _unit(part)
    if value is None:
        spoken = said(part.get("valueCodeableConcept")) or words(part.get("valueString"))
        return {"value": None, "value_text": spoken or None, "unit": None, "low": None, "high": None}
    times = _times(analyte, quantity)
    limits = next(iter(listed(part.get("referenceRange"))), {})
    low, high = (number(dig(limits, end, "value")) for end in ("low", "high"))
    kept = analyte.unit if analyte and times is not None else unit
    sent = f"{words(dig(quantity, 'comparator'))}{words(dig(quantity, 'value'))} {unit}".strip()
    return {
        "value": _scaled(value, times),
        "value_text": sent,
        "unit": kept or None,
        "low": _scaled(low, times),
        "high": _scaled(high, times),
    }


def _times(analyte: Analyte | None, quantity: object) -> float | None:
    """The factor to the analyte's unit, by the unit's code or by its words."""
    if analyte is None:
        return None
    sent = [words(dig(quantity, "code")), words(dig(quantity, "unit"))]
    return next((found for unit in sent if unit and (found := factor(analyte, unit)) is not None), None)


def _scaled(value: float | None, times: float | None) -> float | None:
    if value is None or times is None or times == 1:
        return value
    return float(f"{value * times:.6g}")
