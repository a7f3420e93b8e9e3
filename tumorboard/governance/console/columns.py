"""Where the tags of a column come from, and which of these decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tumorboard.governance import rulebook
from tumorboard.governance.policies.words import KINDS, RESTRICTED, Tags
from tumorboard.governance.tags import column_id, effective, strictest
from tumorboard.lake import tables
from tumorboard.lake.columns import Column
from tumorboard.lake.tables import Table


@dataclass(frozen=True)
class Step:
    """What one source makes of the tags, where it changes them."""

    source: str
    tags: Tags

    @property
    def words(self) -> str:
        return in_words(self.tags)


@dataclass(frozen=True)
class TaggedColumn:
    """A column with its tags in force and the steps that lead there."""

    column: Column
    id: str
    tags: Tags
    steps: tuple[Step, ...]

    @property
    def kinds(self) -> str:
        return kinds_in_words(self.tags.kinds)

    @property
    def restricted(self) -> bool:
        return self.tags.sensitivity == RESTRICTED

    def speaks_of(self, words: str) -> bool:
        """Whether the name, the meaning or a tag holds the words (in small letters)."""
        texts = (self.column.name, self.column.meaning, in_words(self.tags))
        return any(words in text.lower() for text in texts)

    @property
    def decides(self) -> str:
        """The last source that changed anything."""
        return self.steps[-1].source


def in_words(tags: Tags) -> str:
    restricted = "; restricted" if tags.sensitivity == RESTRICTED else ""
    return f"{tags.klass}; {kinds_in_words(tags.kinds)}{restricted}"


def kinds_in_words(kinds: Iterable[str]) -> str:
    return ", ".join(kind_in_words(kind) for kind in sorted(kinds)) or "not looked at"


def kind_in_words(kind: str) -> str:
    words = KINDS.get(kind, kind).partition(":")[0]
    return words[:1].lower() + words[1:]


def of_table(table: Table, may_browse: Callable[[str], bool]) -> list[TaggedColumn]:
    """Every column of a table: as declared, as set on it, as set above it, as lineage carries it along.

    Inputs that the reader may not browse are not named."""
    overrides, now = rulebook.overrides(), rulebook.current().tags.get(table.name, {})
    own = {target: override for target, override in overrides.items() if "#" in target}
    declared, set_here, set_above = (effective([table], given)[table.name] for given in ({}, own, overrides))
    above = ", ".join(name for name in (table.name, table.schema_name) if name in overrides)
    return [
        TaggedColumn(
            column,
            column_id(table.name, column),
            now[name],
            tuple(
                _changes(
                    ("declared", declared[name]),
                    ("set on the column", set_here[name]),
                    (f"inherited from {above}", set_above[name]),
                    (_carried(table, column, set_above[name], may_browse), now[name]),
                )
            ),
        )
        for name, column in table.columns.items()
    ]


def _changes(first: tuple[str, Tags], *later: tuple[str, Tags]) -> Iterator[Step]:
    """The declaration, and each later source that changes it."""
    yield Step(*first)
    before = first[1]
    for source, tags in later:
        if tags != before:
            yield Step(source, tags)
        before = tags


def _carried(table: Table, column: Column, own: Tags, may_browse: Callable[[str], bool]) -> str:
    """The inputs that make a column stricter than its own tags, in words."""
    found = [name for name in table.reads if may_browse(name) and _stricter(name, column, own)]
    return f"carried from {', '.join(found)}" if found else "carried along lineage"


def _stricter(source: str, column: Column, own: Tags) -> bool:
    tags = rulebook.current().tags.get(source, {}).get(column.name)
    same = tags is not None and tables.get(source).columns[column.name].type == column.type
    return same and strictest(own, tags) != own
