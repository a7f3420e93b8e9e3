"""What a DataFrame reads, told by its plan: which tables, which columns of them, and what its own columns
are made of.

A Spark Connect plan names every source it will read, so a build cannot read what it was not given without
that standing here. Where a step is Python code over whole rows, each of its columns may come from any column
that went in: then `exact` leaves it out. Filters, joins and groupings count as read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyspark.sql import DataFrame

from tumorboard.lake.faults import Undeclared

Source = tuple[str, str]  # table, column
LEAVES = {
    "read", "local_relation", "cached_local_relation", "chunked_cached_local_relation", "range", "sql",
    "catalog", "cached_remote_relation", "unresolved_table_valued_function",
}  # fmt: skip
SAME_COLUMNS = {
    "filter", "sort", "limit", "offset", "tail", "deduplicate", "repartition", "repartition_by_expression",
    "sample", "subquery_alias", "hint", "drop_na", "fill_na",
}  # fmt: skip
ROW_CODE = {"map_partitions", "group_map", "co_group_map"}


@dataclass(frozen=True)
class Given:
    """A source that a build was handed: its table and the columns it has."""

    table: str
    columns: tuple[str, ...]


@dataclass
class Made:
    """The columns of a step. `mixed`: what columns that code makes out of whole rows may come from."""

    named: dict[str, set[Source]] = field(default_factory=dict)
    mixed: set[Source] = field(default_factory=set)

    def of(self, name: str) -> set[Source]:
        return self.named.get(name, self.mixed)

    def all(self) -> set[Source]:
        return self.mixed.union(*self.named.values())

    def without(self, names: Iterable[str]) -> Made:
        gone = set(names)
        return Made({n: s for n, s in self.named.items() if n not in gone}, self.mixed)

    def beside(self, other: Made) -> Made:
        names = {*self.named, *other.named}
        return Made({n: self.of(n) | other.of(n) for n in names}, self.mixed | other.mixed)


@dataclass
class Reading:
    """What one plan reads. `given` maps the identity of a leaf to what it is."""

    given: Mapping[bytes, Given]
    touched: set[Source] = field(default_factory=set)
    whole: set[Source] = field(default_factory=set)  # what went into code over whole rows

    def reads(self) -> dict[str, list[str]]:
        found: dict[str, set[str]] = {given.table: set() for given in self.given.values()}
        for table, column in self.touched:
            found[table].add(column)
        return {table: sorted(columns) for table, columns in sorted(found.items())}

    def follow(self, relation: Any) -> Made:
        kind = relation.WhichOneof("rel_type")
        step = getattr(relation, kind)
        if kind in LEAVES:
            return self._leaf(relation, kind)
        if kind in ROW_CODE:
            return self._code(step)
        made = self._step(kind, step)
        if made is None:
            raise Undeclared(f"a build may not use '{kind}': what it reads cannot be told")
        return made

    def _leaf(self, relation: Any, kind: str) -> Made:
        given = self.given.get(identity(relation))
        if given is None:
            raise Undeclared(f"a build reads a source it was not given ({kind}); name it in its `reads`")
        return Made({name: {(given.table, name)} for name in given.columns})

    def _code(self, step: Any) -> Made:
        """Python over whole rows: all that goes in may come out in any column."""
        fed = [self.follow(getattr(step, name)) for name in ("input", "other") if _has(step, name)]
        mixed = set().union(*(made.all() for made in fed))
        self.touched |= mixed
        self.whole |= mixed
        return Made({}, mixed)

    def _step(self, kind: str, step: Any) -> Made | None:
        if kind in SAME_COLUMNS:
            return self._same(step)
        handler = getattr(self, f"_{kind}", None)
        made: Made | None = handler(step) if handler else None
        return made

    def _same(self, step: Any) -> Made:
        made = self.follow(step.input)
        self._touch(made, step)
        return made

    def _project(self, step: Any) -> Made:
        made = self.follow(step.input) if step.HasField("input") else Made()
        return self._expressions(made, step.expressions)

    def _expressions(self, made: Made, expressions: Iterable[Any]) -> Made:
        given = Made({}, set())
        for expression in expressions:
            if expression.WhichOneof("expr_type") == "unresolved_star":
                given = Made({**given.named, **made.named}, given.mixed | made.mixed)
            else:
                given.named[_name(expression)] = self._sources(made, expression)
        return given

    def _with_columns(self, step: Any) -> Made:
        made = self.follow(step.input)
        added = {alias.name[0]: self._sources(made, alias.expr) for alias in step.aliases}
        return Made({**made.named, **added}, made.mixed)

    def _with_columns_renamed(self, step: Any) -> Made:
        made = self.follow(step.input)
        renamed = {r.col_name: r.new_col_name for r in step.renames} | dict(step.rename_columns_map)
        return Made({renamed.get(n, n): s for n, s in made.named.items()}, made.mixed)

    def _to_df(self, step: Any) -> Made:
        made = self.follow(step.input)
        if made.mixed or len(made.named) != len(step.column_names):
            return Made({name: made.all() for name in step.column_names})
        return Made(dict(zip(step.column_names, made.named.values(), strict=True)))

    def _drop(self, step: Any) -> Made:
        gone = [_name(column) for column in step.columns]
        return self.follow(step.input).without([*step.column_names, *gone])

    def _join(self, step: Any) -> Made:
        made = self.follow(step.left).beside(self.follow(step.right))
        for name in step.using_columns:
            self.touched |= made.of(name)
        self._touch(made, step.join_condition)
        return made

    def _set_op(self, step: Any) -> Made:
        left, right = self.follow(step.left_input), self.follow(step.right_input)
        if step.by_name or not left.named:
            return left.beside(right)
        pairs = zip(left.named, right.named, strict=False)
        return left.beside(Made({one: right.named[other] for one, other in pairs}, right.mixed))

    def _aggregate(self, step: Any) -> Made:
        made = self.follow(step.input)
        self._touch(made, *step.grouping_expressions)
        return self._expressions(made, [*step.grouping_expressions, *step.aggregate_expressions])

    def _sources(self, made: Made, expression: Any) -> set[Source]:
        found: set[Source] = set()
        for name in references(expression):
            found |= made.all() if name == "*" else made.of(name)
        return found

    def _touch(self, made: Made, *parts: Any) -> None:
        for part in parts:
            self.touched |= self._sources(made, part)


def read_by(frame: DataFrame, given: Mapping[bytes, Given]) -> tuple[Reading, Made]:
    """What a build's frame reads, and where its columns come from. Raises Undeclared for any other source."""
    reading = Reading(given)
    made = reading.follow(root(frame))
    reading.touched |= made.all()
    return reading, made


def exact(made: Made, columns: Iterable[str]) -> dict[str, list[str]]:
    """Column -> what it is made of, as table.column, where the plan says it alone."""
    return {
        name: sorted(f"{table}.{column}" for table, column in made.named[name])
        for name in columns
        if name in made.named and not made.mixed
    }


def root(frame: DataFrame) -> Any:
    return frame._plan.to_proto(frame.sparkSession.client).root


def identity(relation: Any) -> bytes:
    """The same for the same leaf, wherever in a plan it stands."""
    kind = relation.WhichOneof("rel_type")
    step = getattr(relation, kind)
    content: bytes = step.SerializeToString(deterministic=True)
    return b":".join([str(kind).encode(), content])


def leaves(relation: Any) -> Iterator[Any]:
    """Every source below a step."""
    if relation.WhichOneof("rel_type") in LEAVES:
        yield relation
        return
    step = getattr(relation, relation.WhichOneof("rel_type"))
    for descriptor, value in step.ListFields():
        if descriptor.message_type is not None and descriptor.message_type.name == "Relation":
            yield from leaves(value)


def references(message: Any) -> Iterator[str]:
    """Names of columns inside an expression; `*` where it may be any."""
    if message.DESCRIPTOR.name == "Relation":
        return
    if message.DESCRIPTOR.name == "UnresolvedAttribute":
        yield message.unparsed_identifier.replace("`", "").split(".")[0]
        return
    if message.DESCRIPTOR.name in ("UnresolvedStar", "UnresolvedRegex", "ExpressionString"):
        yield "*"
        return
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None or descriptor.name == "common":
            continue
        for part in value if _is_repeated(descriptor) else [value]:
            if hasattr(part, "ListFields"):
                yield from references(part)


def _is_repeated(descriptor: Any) -> bool:
    repeated = getattr(descriptor, "is_repeated", None)
    return bool(repeated if repeated is not None else descriptor.label == descriptor.LABEL_REPEATED)


def _name(expression: Any) -> str:
    kind = expression.WhichOneof("expr_type")
    if kind == "alias":
        return str(expression.alias.name[0])
    if kind == "unresolved_attribute":
        return str(expression.unresolved_attribute.unparsed_identifier.replace("`", "").split(".")[-1])
    return f"#{expression.SerializeToString(deterministic=True).hex()[:16]}"


def _has(step: Any, name: str) -> bool:
    return name in step.DESCRIPTOR.fields_by_name and step.HasField(name)
