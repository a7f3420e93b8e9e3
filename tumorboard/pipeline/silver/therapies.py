"""Cancer therapies: systemic episodes from orders and administrations, operations, radiotherapy courses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.columns import DEID, Between, Column, NotNull, OneOf, Strings
from tumorboard.lake.tables import builds, table
from tumorboard.pipeline.bronze.fhir import Fhir
from tumorboard.pipeline.silver.cancers import is_cancer
from tumorboard.pipeline.silver.fhir import METHOD, SOURCE, names_of
from tumorboard.pipeline.silver.medications import systemic
from tumorboard.pipeline.silver.procedures import local
from tumorboard.pipeline.silver.rows import Received, Row, each_patient

_KINDS = ("MedicationRequest", "MedicationAdministration", "MedicationStatement", "Procedure", "Condition")


@table("silver.therapies", key=("patient_key", "therapy_id"))
class Therapies:
    """What was given against the cancer. Orders of one agent that follow each other are one episode."""

    therapy_id = Column(str, "Identity within the patient", NotNull(), tags=DEID)
    kind = Column(str, "Kind of therapy", NotNull(), OneOf("systemic", "surgery", "radiotherapy"))
    name = Column(str, "Regimen, agent or procedure", NotNull())
    agents = Column(Strings, "Agents by generic name; empty for local therapy")
    line = Column(int, "Palliative line as the sender counts it; null where it does not", Between(1, 20))
    intent = Column(str, "curative, neoadjuvant, adjuvant, palliative ... as stated")
    started_on = Column(date, "First day")
    ended_on = Column(date, "Last day; null while it goes on or where it was not sent")
    status = Column(str, "active, completed or stopped", OneOf("active", "completed", "stopped", "unknown"))
    end_reason = Column(str, "Why it ended, in the sender's words")
    detail = Column(str, "Cycles, dose and fractions, site or outcome")


@builds(Therapies, reads=[Fhir])
def build(fhir: DataFrame) -> DataFrame:
    about = fhir.filter(F.col("kind").isin(*_KINDS))
    return each_patient(about, Therapies, read, origin="structured", method=METHOD, source=SOURCE)


def read(resources: list[Received]) -> Iterator[Row]:
    conditions = [item for item in resources if item.kind == "Condition"]
    cancers = {name for item in conditions if is_cancer(item.payload) for name in names_of(item)}
    others = {name for item in conditions if not is_cancer(item.payload) for name in names_of(item)}
    yield from systemic([item for item in resources if item.kind.startswith("Medication")], others)
    yield from local([item for item in resources if item.kind == "Procedure"], cancers)
