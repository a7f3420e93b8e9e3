"""What each column is: as declared, as stewards have set it, and as lineage carries it along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tumorboard.governance.policies.kinds import reviewed
from tumorboard.governance.policies.words import (
    CLASSES,
    DEID,
    HARMLESS,
    KINDS,
    NORMAL,
    PUBLIC,
    RESTRICTED,
    SENSITIVITIES,
    UNTAGGED,
    Tags,
)
from tumorboard.lake.columns import Column
from tumorboard.lake.tables import Table

# De-identifying transforms a build may declare. Only one of these, signed by two, stops what lineage carries.
TRANSFORMS = {
    "aggregate": "Counts or means over patients",
    "age_band": "A date of birth became an age band",
    "dictionary": "Text became a code of a closed list",
    "feature": "Text or an image became a reviewed number",
    "surrogate": "An identifier became a random surrogate",
}


@dataclass(frozen=True)
class Override:
    """Tags a steward has set on a schema, a table or a column (by its id)."""

    klass: str = ""
    kinds: frozenset[str] = frozenset()
    sensitivity: str = ""
    transform: str = ""
    by_two: bool = False


Overrides = Mapping[str, Override]
Effective = Mapping[str, Mapping[str, Tags]]  # table -> column -> tags


def column_id(table: str, column: Column) -> str:
    """The id of a column: its table and the name it was first declared with, kept as `was` on a rename."""
    return f"{table}#{column.was or column.name}"


def effective(tables: Iterable[Table], overrides: Overrides) -> Effective:
    """The tags of every column of every table."""
    known = {table.name: table for table in tables}
    found: dict[str, dict[str, Tags]] = {}

    def of(name: str) -> dict[str, Tags]:
        if name not in found:
            table = known[name]
            found[name] = {}  # a circle of reads ends here
            inputs = [(known[source], of(source)) for source in table.reads if source in known]
            found[name] = {
                column.name: _of_column(table, column, inputs, overrides) for column in table.columns.values()
            }
        return found[name]

    return {name: of(name) for name in known}


def _of_column(
    table: Table, column: Column, inputs: Iterable[tuple[Table, Mapping[str, Tags]]], overrides: Overrides
) -> Tags:
    set_here = overrides.get(column_id(table.name, column))
    own = _overridden(_declared(table.name, column), set_here)
    above = [overrides[name] for name in (table.name, table.schema_name) if name in overrides]
    for override in above:
        own = strictest(own, _overridden(own, override))
    if set_here is not None and set_here.transform in TRANSFORMS and set_here.by_two:
        return own
    return strictest(own, *(tags[column.name] for source, tags in inputs if _same(source, column)))


def _declared(table: str, column: Column) -> Tags:
    kinds = frozenset(tag for tag in column.tags if tag in KINDS) | reviewed(table, column.name)
    sensitivity = RESTRICTED if RESTRICTED in column.tags else NORMAL
    return Tags(column.classification, kinds, sensitivity)


def _overridden(tags: Tags, override: Override | None) -> Tags:
    if override is None:
        return tags
    return Tags(
        override.klass or tags.klass, override.kinds or tags.kinds, override.sensitivity or tags.sensitivity
    )


def _same(source: Table, column: Column) -> bool:
    """Lineage by name: a column of the same name and type in a table that was read."""
    other = source.columns.get(column.name)
    return other is not None and other.type == column.type


def strictest(*several: Tags) -> Tags:
    """The strictest of each part. Harmless kinds do not survive a part that nobody has looked at."""
    klass = max((tags.klass for tags in several), key=_rank)
    kinds = frozenset().union(*(tags.kinds for tags in several))
    if any(not tags.kinds and tags.klass not in (PUBLIC, DEID) for tags in several):
        kinds -= HARMLESS
    sensitivity = RESTRICTED if any(tags.sensitivity == RESTRICTED for tags in several) else NORMAL
    return Tags(klass, kinds, sensitivity)


def _rank(klass: str) -> int:
    """An unknown class is as strict as can be."""
    return CLASSES.index(klass) if klass in CLASSES else len(CLASSES)


def lowers(before: Tags, after: Tags) -> bool:
    """Whether a change takes protection away: it then takes two stewards."""
    return (
        _rank(after.klass) < _rank(before.klass)
        or bool((before.kinds - after.kinds) - HARMLESS)
        or bool((after.kinds - before.kinds) & HARMLESS)
        or (before.sensitivity == RESTRICTED and after.sensitivity != RESTRICTED)
    )


def unknown_words(klass: str, kinds: Iterable[str], sensitivity: str, transform: str = "") -> list[str]:
    """Words that are not in the governed vocabulary."""
    asked = {"class": [klass], "kind": list(kinds), "sensitivity": [sensitivity], "transform": [transform]}
    allowed = {"class": CLASSES, "kind": KINDS, "sensitivity": SENSITIVITIES, "transform": TRANSFORMS}
    return [word for part, words in asked.items() for word in words if word and word not in allowed[part]]


def of(found: Effective, table: str, column: str) -> Tags:
    """The tags of one column; what nobody declared is PHI of no known kind."""
    return found.get(table, {}).get(column, UNTAGGED)
