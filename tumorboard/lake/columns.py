"""A column: its type, its meaning, who may be harmed by it (tags), and the rules its values keep."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column as SparkColumn
from pyspark.sql import functions as F

# Classification tags (governance, section C3). A column without a class counts as PHI.
PHI, PII, STUDY_ID, DEID, PUBLIC = "PHI", "PII", "STUDY_ID", "DEID", "PUBLIC"
CLASSES = (PHI, PII, STUDY_ID, DEID, PUBLIC)

Strings = list[str]
ARROW_TYPES: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    date: pa.date32(),
    datetime: pa.timestamp("us", tz="UTC"),
    Strings: pa.list_(pa.string()),
}
SPARK_TYPES: dict[Any, str] = {
    str: "string",
    int: "bigint",
    float: "double",
    bool: "boolean",
    date: "date",
    datetime: "timestamp",
    Strings: "array<string>",
}


@dataclass(frozen=True)
class Constraint:
    """A rule with its sentence for people: `holds` for the engine, `kept` for rows in memory."""

    sentence: str

    def holds(self, column: SparkColumn) -> SparkColumn:
        raise NotImplementedError

    def kept(self, values: pa.Array) -> pa.Array:
        """Per value whether the rule is kept; null stands for kept."""
        raise NotImplementedError


@dataclass(frozen=True)
class NotNull(Constraint):
    sentence: str = "must be given"

    def holds(self, column: SparkColumn) -> SparkColumn:
        return column.isNotNull()

    def kept(self, values: pa.Array) -> pa.Array:
        return pc.is_valid(values)


@dataclass(frozen=True, init=False)
class Between(Constraint):
    low: float
    high: float

    def __init__(self, low: float, high: float) -> None:
        object.__setattr__(self, "sentence", f"must lie between {low:.15g} and {high:.15g}")
        object.__setattr__(self, "low", low)
        object.__setattr__(self, "high", high)

    def holds(self, column: SparkColumn) -> SparkColumn:
        return column.isNull() | column.between(self.low, self.high)

    def kept(self, values: pa.Array) -> pa.Array:
        above, below = pc.greater_equal(values, self.low), pc.less_equal(values, self.high)
        return pc.and_(above, below)


@dataclass(frozen=True, init=False)
class OneOf(Constraint):
    values: tuple[str, ...]

    def __init__(self, *values: str) -> None:
        object.__setattr__(self, "sentence", f"must be one of {', '.join(values)}")
        object.__setattr__(self, "values", values)

    def holds(self, column: SparkColumn) -> SparkColumn:
        return column.isNull() | column.isin(*self.values)

    def kept(self, values: pa.Array) -> pa.Array:
        return pc.or_(pc.is_null(values), pc.is_in(values, pa.array(self.values, pa.string())))


@dataclass(frozen=True, init=False)
class Matches(Constraint):
    pattern: str

    def __init__(self, pattern: str, sentence: str = "") -> None:
        object.__setattr__(self, "sentence", sentence or f"must look like {pattern}")
        object.__setattr__(self, "pattern", pattern)

    def holds(self, column: SparkColumn) -> SparkColumn:
        return column.isNull() | column.rlike(self.pattern)

    def kept(self, values: pa.Array) -> pa.Array:
        return pc.match_substring_regex(values, self.pattern)


@dataclass(frozen=True)
class Column:
    """One declared column. `name` is filled in by the table that holds it."""

    type: Any
    meaning: str
    constraints: tuple[Constraint, ...] = ()
    tags: tuple[str, ...] = ()
    name: str = field(default="", compare=False)
    was: str = field(default="", compare=False)  # the name it was first declared with, once renamed: its id

    def __init__(
        self,
        type: Any,
        meaning: str,
        *constraints: Constraint,
        tags: tuple[str, ...] | str = (),
        was: str = "",
    ) -> None:
        object.__setattr__(self, "type", type)
        object.__setattr__(self, "meaning", meaning)
        object.__setattr__(self, "constraints", constraints)
        object.__setattr__(self, "tags", (tags,) if isinstance(tags, str) else tags)
        object.__setattr__(self, "name", "")
        object.__setattr__(self, "was", was)
        if type not in _known_types():
            raise TypeError(
                f"a column cannot hold {type!r}; known types: {', '.join(map(str, _known_types()))}"
            )

    @property
    def classification(self) -> str:
        """PHI unless a class tag says otherwise."""
        return next((tag for tag in self.tags if tag in CLASSES), PHI)

    @property
    def arrow(self) -> pa.Field:
        return pa.field(self.name, ARROW_TYPES[self.type])

    @property
    def spark_type(self) -> str:
        return SPARK_TYPES[self.type]

    def named(self, name: str) -> Column:
        copy = Column(self.type, self.meaning, *self.constraints, tags=self.tags, was=self.was)
        object.__setattr__(copy, "name", name)
        return copy

    def null(self) -> SparkColumn:
        return F.lit(None).cast(self.spark_type).alias(self.name)


def _known_types() -> list[Any]:
    return list(ARROW_TYPES)
