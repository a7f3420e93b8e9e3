"""What a reader gives back: rows, links between identifiers, refusals and notices.

A reader turns one outside file into rows and says for each where it stood in the file. It cleans nothing
and gives nothing a clinical meaning: that is the work of `pipeline/silver`. One bad row never stops a file;
a file that cannot be trusted as a whole raises `Unreadable`.

Reasons and messages are read by people and are kept in reports outside the lake. They name the field and the
place, never a patient's value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a row is about, in the words of the sender: a value within a numbering system.

    `system` is for example "mrn", "specimen", "device-user" or the address of a FHIR identifier system.
    """

    system: str
    value: str


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row as received.

    `locator` is the place inside the file (`line 12`, `$.entry[3].resource`, `row 7`), `kind` the sender's
    word for what the row is, `payload` the row as JSON-ready values.
    """

    locator: str
    kind: str
    payload: dict[str, Any]
    subject: Subject | None = None


@dataclass(frozen=True, slots=True)
class SubjectLink:
    """The file itself says that two identifiers name the same person."""

    locator: str
    first: Subject
    second: Subject


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that is refused; the file goes on."""

    locator: str
    reason: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something taken, or deliberately left out, that a data steward should know."""

    locator: str
    message: str


Reading = SourceRow | SubjectLink | Rejected | Notice


class Unreadable(Exception):
    """The whole file is refused. `reason` says what is wrong and what to do, `locator` where."""

    def __init__(self, reason: str, locator: str = "") -> None:
        super().__init__(f"{locator}: {reason}" if locator else reason)
        self.reason = reason
        self.locator = locator


class Source(Protocol):
    """A reader of one outside format."""

    name: str
    version: str

    def recognises(self, path: Path, head: bytes) -> bool:
        """Tell by content whether the file is of this format. `head`: its first 64 kB, already gunzipped."""
        ...

    def read(self, path: Path) -> Iterator[Reading]:
        """Yield what the file holds, in file order. Raises `Unreadable`, possibly after the first rows."""
        ...
