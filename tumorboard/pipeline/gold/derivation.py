"""A gold row names the rows it was made from, as `table/row_id`."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F


def from_row(table: str, row_id: str = "row_id") -> Column:
    """The one row a gold row was made from, as the list `derived_from` wants."""
    return F.array(F.concat(F.lit(f"{table}/"), F.col(row_id)))
