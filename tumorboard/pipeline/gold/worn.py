"""Wearable samples as days: what a device says in a thousand samples, a board reads in one number a day."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tumorboard.pipeline.gold.records import CHIP

DAILY_SUMS = ("steps", "sleep_minutes")  # several samples a day add up; the others are averaged
WORN = {
    "steps": "Steps per day",
    "resting_heart_rate": "Resting heart rate",
    "heart_rate": "Heart rate",
    "sleep_minutes": "Sleep per night",
    "body_weight": "Weight",
    "systolic": "Systolic pressure",
}


def days(wearables: DataFrame) -> DataFrame:
    """One row per patient, measure and day (UTC), with the first of its samples as its row_id."""
    known = wearables.filter(F.col("measure").isin(*WORN))
    value = F.when(F.col("measure").isin(*DAILY_SUMS), F.sum("value")).otherwise(F.avg("value"))
    return known.groupBy("patient_key", "measure", F.to_date("started_at").alias("day_on")).agg(
        value.alias("value"),
        F.min("unit").alias("unit"),
        F.min("row_id").alias("row_id"),
        *(F.min(name).alias(name) for name in CHIP),
    )
