"""What every silver build starts and ends with: a row that knows where it came from."""

from __future__ import annotations

from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

CARRIED = ("patient_key", "kind", "payload", "file_hash", "file_name", "locator", "received_at")


def sourced(bronze: DataFrame, table: str, *, origin: str, method: str, kind: str | None = None) -> DataFrame:
    """Bronze rows (of one kind) with the provenance columns of silver; the build adds `source_path`,
    `system` and `recorded_on` where it knows them."""
    rows = bronze if kind is None else bronze.filter(F.col("kind") == kind)
    return rows.select(
        *CARRIED,
        F.lit(table).alias("source_table"),
        F.col("row_id").alias("source_row"),
        F.lit(origin).alias("origin"),
        F.lit(method).alias("method"),
    )


def text(path: str, payload: str = "payload") -> Column:
    """The value at a JSON path of the payload, as text."""
    return F.get_json_object(payload, path)


def day(value: Column) -> Column:
    """The date in an ISO text of any precision; a month or year alone is its first day."""
    padded = (
        F.when(value.rlike(r"^\d{4}-\d{2}-\d{2}"), F.substring(value, 1, 10))
        .when(value.rlike(r"^\d{4}-\d{2}$"), F.concat(value, F.lit("-01")))
        .when(value.rlike(r"^\d{4}$"), F.concat(value, F.lit("-01-01")))
    )
    return padded.try_cast("date")


def union(*frames: DataFrame) -> DataFrame:
    """Rows of all frames by column name; a column one frame lacks is null there."""
    return reduce(lambda left, right: _aligned(left, right).unionByName(_aligned(right, left)), frames)


def _aligned(frame: DataFrame, other: DataFrame) -> DataFrame:
    types = dict(other.dtypes)
    missing = [
        F.lit(None).cast(types[name]).alias(name) for name in other.columns if name not in frame.columns
    ]
    return frame.select("*", *missing) if missing else frame
