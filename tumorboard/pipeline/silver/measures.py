"""Body weight as measured in the clinic: what doses and kidney function are reckoned with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.columns import DEID, Column, NotNull, OneOf
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.silver.fhir import (
    METHOD,
    SOURCE,
    codes,
    dig,
    number,
    observed,
    own_id,
    stands,
    state,
    words,
)
from tumorboard.pipeline.silver.rows import Received, Row, each_row

_WEIGHT = {"29463-7", "3141-9", "3142-7"}  # LOINC: body weight; measured; stated
_KILOGRAMS = {"kg": 1.0, "g": 0.001, "[lb_av]": 0.45359237, "lb": 0.45359237, "lbs": 0.45359237}


@table("silver.measures", key=("patient_key", "measure_id"))
class Measures:
    """Measures taken in the clinic; those of the patient's own devices are wearables."""

    measure_id = Column(str, "Identity within the patient", NotNull(), tags=DEID)
    measure = Column(str, "What was measured", NotNull(), OneOf("body_weight"), tags=DEID)
    value = Column(float, "Value in `unit`", NotNull())
    unit = Column(str, "Unit (UCUM)", NotNull(), OneOf("kg"), tags=DEID)
    taken_on = Column(date, "Day it was taken")


@builds(Measures, reads=[Fhir])
def build(fhir: DataFrame) -> DataFrame:
    weights = fhir.filter((F.col("kind") == "Observation") & F.col("payload").rlike("29463-7|314[12]-"))
    return each_row(weights, Measures, read, origin="structured", method=METHOD, source=SOURCE)


def read(item: Received) -> Iterator[Row]:
    resource = item.payload
    value = number(dig(resource, "valueQuantity", "value"))
    sent = words(dig(resource, "valueQuantity", "code")) or words(dig(resource, "valueQuantity", "unit"))
    times = _KILOGRAMS.get(sent.lower())
    if stands(resource) and not codes(resource.get("code")).isdisjoint(_WEIGHT) and value and times:
        yield state(
            item,
            "$.valueQuantity.value",
            measure_id=own_id(item),
            measure="body_weight",
            value=value * times,
            unit="kg",
            taken_on=observed(resource).on,
        )
