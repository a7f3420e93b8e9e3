"""From a value on a page back to the file and the place in it.

A gold row names the rows it was made from, a silver row its bronze row, a bronze row its file and the
locator in it. Each step is read through the gate at the versions the page shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tumorboard.accounts.models import User
from tumorboard.cases.models import Case
from tumorboard.governance import gate
from tumorboard.governance.models import Snapshot
from tumorboard.governance.permissions import TREATMENT
from tumorboard.lake import tables
from tumorboard.review.evidence import Row
from tumorboard.review.naming import value_of
from tumorboard.review.quoting import quote
from tumorboard.ui.passages import Passage

DEPTH = 6  # steps back at most: gold from gold from silver from silver


@dataclass(frozen=True)
class Step:
    """One row on the way back, and the version of the table it was read at."""

    table: str
    version: int | None
    row: Row

    @property
    def label(self) -> str:
        return f"{self.table} version {self.version}, row {self.row['row_id']}"


@dataclass
class Source:
    """Where one row comes from: the way back, and the passage in the document at its end."""

    steps: list[Step] = field(default_factory=list)

    @property
    def row(self) -> Row:
        """The row that was asked for."""
        return self.steps[0].row

    @property
    def received(self) -> Row | None:
        """The row as received, at the end of the way; None for what no file states (a model's score)."""
        last = self.steps[-1]
        return last.row if last.table.startswith("bronze.") else None

    @property
    def passage(self) -> Passage | None:
        """The words or fields around the value, in the row as received; else the words the reader kept."""
        if self.received is None or len(self.steps) < 2:
            return None
        table, stated = self.steps[-2].table, self.steps[-2].row
        found = quote(self.received["payload"], stated.get("source_path") or "", value_of(table, stated))
        kept = stated.get("passage")
        return found or (Passage("", kept, "") if kept else None)

    @property
    def lineage(self) -> list[dict[str, str]]:
        """The steps in words, from the row shown back to the file and the place in it."""
        words = [step.label for step in self.steps]
        if self.received is not None:
            words.append(f"file {self.received['file_name']}, {self.received['locator']}")
            words.append(f"content SHA-256 {self.received['file_hash'][:16]}…")
        return [{"label": label} for label in words]


@dataclass(frozen=True)
class Walker:
    """Walks back for one person and case, at one snapshot (or at the latest versions)."""

    case: Case
    by: User
    snapshot: Snapshot | None = None

    def source(self, table: str, row_id: str) -> Source | None:
        """The source of a row; None when this patient has no such row.

        Raises gate.Refused and lake.UnknownTable.
        """
        step = self._step(f"{table}/{row_id}")
        steps: list[Step] = []
        while step is not None and len(steps) < DEPTH:
            steps.append(step)
            step = self._before(step.row)
        return Source(steps) if steps else None

    def rows(self, references: Sequence[str]) -> list[Step]:
        """The rows behind references of the form table/row_id; those this patient lacks are left out."""
        found = [self._step(reference) for reference in references]
        return [step for step in found if step is not None]

    def _before(self, row: Row) -> Step | None:
        if row.get("source_row"):
            return self._step(f"{row['source_table']}/{row['source_row']}")
        origins = row.get("derived_from") or []
        return self._step(origins[0]) if origins else None

    def _step(self, reference: str) -> Step | None:
        table, _, row_id = reference.partition("/")
        patient = self.case.patient_key if tables.get(table).per_patient else None
        request = gate.Request(
            by=self.by,
            purpose=TREATMENT,
            table=table,
            patient_key=patient,
            row_ids=[row_id],
            snapshot=self.snapshot,
        )
        try:
            version = gate.version_of(request)
            row = gate.read_row(request)
        except gate.NotPublished:
            return None
        return Step(table, version, row) if row else None
