"""Split rows into those that keep every rule of their table and those that do not, with the reason."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.tables import Table

REASON = "_reason"


def conform(frame: DataFrame, table: Table) -> DataFrame:
    """The declared columns in order and type; a column the build did not give is null."""
    present = set(frame.columns)
    selected = [
        F.col(name).cast(column.spark_type).alias(name) if name in present else column.null()
        for name, column in table.columns.items()
    ]
    return frame.select(*selected)


def with_row_id(frame: DataFrame, table: Table) -> DataFrame:
    """Give each row its identity: the first 24 hex digits of SHA-256 over table name and key."""
    key = [F.coalesce(F.col(name).cast("string"), F.lit("")) for name in table.key]
    digest = F.sha2(F.concat_ws("|", F.lit(table.name), *key), 256)
    return frame.withColumn("row_id", F.substring(digest, 1, 24))


def flag(frame: DataFrame, table: Table) -> DataFrame:
    """Add `_reason`: empty where every rule holds, else each broken rule in words."""
    broken = [
        F.when(~rule.holds(F.col(name)), F.lit(f"{name} {rule.sentence}"))
        for name, column in table.columns.items()
        for rule in column.constraints
    ]
    return frame.withColumn(REASON, F.concat_ws("; ", *broken))


def valid(flagged: DataFrame) -> DataFrame:
    return flagged.filter(F.col(REASON) == "").drop(REASON)


def invalid(flagged: DataFrame) -> DataFrame:
    return flagged.filter(F.col(REASON) != "")
