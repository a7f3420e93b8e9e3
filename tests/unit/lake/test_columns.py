"""Each rule's sentence for people and its check for the engine say the same."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tumorboard.lake.columns import (
    ARROW_TYPES,
    DEID,
    PHI,
    PII,
    SPARK_TYPES,
    Between,
    Column,
    Constraint,
    Matches,
    NotNull,
    OneOf,
    Strings,
)

NAN, INF, NCT = float("nan"), float("inf"), "NCT00000001"
RULES: list[tuple[Constraint, str, list[Any], list[Any]]] = [
    (NotNull(), "must be given", ["a", ""], [None]),
    (Between(0, 1), "must lie between 0 and 1", [0.0, 0.5, 1.0, None], [-0.1, 1.01, NAN, INF]),
    (Between(0, 100_000_000), "must lie between 0 and 100000000", [7.0], [100_000_001.0]),
    (OneOf("CR", "PD"), "must be one of CR, PD", ["CR", "PD", None], ["cr", "", "CR "]),
    (Matches("^NCT[0-9]{8}$"), "must look like ^NCT[0-9]{8}$", [NCT, None], ["NCT1", "x" + NCT, ""]),
    (Matches("^a$", "must be an a"), "must be an a", ["a"], ["aa", "A"]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "sentence", "good", "bad"), RULES)
def test_a_rule_says_what_it_checks(
    spark: SparkSession, rule: Constraint, sentence: str, good: list[Any], bad: list[Any]
) -> None:
    assert rule.sentence == sentence
    for values, holds in ((good, True), (bad, False)):
        kind = pa.float64() if isinstance(rule, Between) else pa.string()
        frame = spark.createDataFrame(pa.table({"value": pa.array(values, kind)}))
        answers = frame.select(rule.holds(F.col("value")).alias("holds")).toArrow()["holds"].to_pylist()
        assert answers == [holds] * len(values), (rule, values)


def test_a_constraint_must_say_how_it_is_checked() -> None:
    with pytest.raises(NotImplementedError):
        Constraint("must be").holds(F.lit(1))


@pytest.mark.parametrize("kind", [bytes, dict, list, list[int], "str", None])
def test_a_column_of_an_unknown_type_is_refused(kind: Any) -> None:
    with pytest.raises(TypeError, match="a column cannot hold"):
        Column(kind, "anything")


def test_a_column_without_a_class_is_health_data() -> None:
    assert Column(str, "x").classification == PHI
    assert Column(str, "x", tags="rare").classification == PHI
    assert Column(str, "x", tags=PII).classification == PII
    assert Column(str, "x", tags=("date", DEID)).classification == DEID


def test_every_type_has_both_forms() -> None:
    assert set(ARROW_TYPES) == set(SPARK_TYPES) == {str, int, float, bool, date, datetime, Strings}


@pytest.mark.parametrize("kind", list(ARROW_TYPES))
def test_a_missing_column_is_a_null_of_its_type(spark: SparkSession, kind: Any) -> None:
    column = Column(kind, "x").named("value")
    found = spark.range(1).select(column.null()).toArrow()
    assert found["value"].to_pylist() == [None]
    assert found.schema.field("value").type == column.arrow.type


def test_a_renamed_column_keeps_everything_else() -> None:
    column = Column(int, "Score", Between(0, 4), tags=PII)
    named = column.named("score")
    assert (named.name, column.name) == ("score", "")
    assert (named.type, named.meaning, named.constraints, named.tags) == (
        int,
        "Score",
        column.constraints,
        (PII,),
    )
