"""Split rows into those that keep every rule of their table and those that do not, with the reason."""

from __future__ import annotations

from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.lake.tables import Table

REASON = "_reason"
MISFITS = "_misfits"


def conform(frame: DataFrame, table: Table) -> DataFrame:
    """The declared columns in order and type; a column the build did not give is null.

    A value that is not of its column's type becomes null, and `_misfits` names the column in words: one odd
    value refuses its row, never the build.
    """
    present = [name for name in table.columns if name in frame.columns]
    cast = {name: F.col(name).try_cast(table.columns[name].spark_type) for name in present}
    selected = [
        cast[name].alias(name) if name in cast else column.null() for name, column in table.columns.items()
    ]
    misfits = [
        F.when(
            F.col(name).isNotNull() & cast[name].isNull(),
            F.lit(f"{name} must be of type {table.columns[name].spark_type}"),
        )
        for name in present
    ]
    return frame.select(*selected, F.concat_ws("; ", *misfits).alias(MISFITS))


def with_row_id(frame: DataFrame, table: Table) -> DataFrame:
    """Give each row its identity: the first 24 hex digits of SHA-256 over table name and key.

    `rows.row_id` is the same rule in Python.
    """
    key = [_key_text(F.col(name)) for name in table.key]
    digest = F.sha2(F.concat_ws("|", F.lit(table.name), *key), 256)
    return frame.withColumn("row_id", F.substring(digest, 1, 24))


def _key_text(column: SparkColumn) -> SparkColumn:
    """A part of a key as text; what separates parts is escaped, so that no two keys run into one."""
    escaped = F.replace(
        F.replace(column.cast("string"), F.lit("\\"), F.lit("\\\\")), F.lit("|"), F.lit("\\|")
    )
    return F.coalesce(escaped, F.lit(""))


def flag(frame: DataFrame, table: Table) -> DataFrame:
    """Add `_reason` to a conformed frame: empty where every rule holds, else each broken rule in words."""
    broken = [
        F.when(~rule.holds(F.col(name)), F.lit(f"{name} {rule.sentence}"))
        for name, column in table.columns.items()
        for rule in column.constraints
    ]
    misfits = F.when(F.col(MISFITS) != "", F.col(MISFITS))
    return frame.withColumn(REASON, F.concat_ws("; ", misfits, *broken)).drop(MISFITS)


def valid(flagged: DataFrame) -> DataFrame:
    return flagged.filter(F.col(REASON) == "").drop(REASON)


def invalid(flagged: DataFrame) -> DataFrame:
    return flagged.filter(F.col(REASON) != "")
