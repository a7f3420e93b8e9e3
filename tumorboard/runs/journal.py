"""The journal of landed files, in PostgreSQL: what is known by content, and what supersedes what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from tumorboard.governance.ledger import DatabaseLedger
from tumorboard.pipeline.building import Broken
from tumorboard.pipeline.landing import LANDED, REFUSED, LandedFile, Refusal
from tumorboard.runs.codes import NOTICES_KEPT
from tumorboard.runs.models import IngestedFile, IngestRun, QuarantinedRow

REFUSED_ONCE = ("stage", "source", "file_hash", "locator", "field", "reason")


class DatabaseJournal:
    """Landing's memory for one run."""

    def __init__(self, run: IngestRun) -> None:
        self.run = run

    def known(self, hashes: Sequence[str]) -> set[str]:
        return set(IngestedFile.objects.filter(file_hash__in=hashes).values_list("file_hash", flat=True))

    def transaction(self) -> AbstractContextManager[Any]:
        return DatabaseLedger().writing("landing")

    def record(self, files: Sequence[LandedFile]) -> None:
        """Enter the landed files, mark what they replace as history, and keep every refusal."""
        for landed in files:
            if landed.outcome == LANDED:
                self._enter(landed)
            stage = QuarantinedRow.Stage.FILE if landed.outcome == REFUSED else QuarantinedRow.Stage.ROW
            quarantine(self.run, [_refused(r, stage, landed.source) for r in landed.refusals])

    def _enter(self, landed: LandedFile) -> None:
        entered, created = IngestedFile.objects.get_or_create(
            file_hash=landed.file_hash,
            defaults={
                "source": landed.source,
                "document": landed.document,
                "file_name": landed.name[:255],
                "size": landed.size,
                "rows": landed.row_count,
                "unassigned": landed.unassigned,
                "notices": [f"{n.locator}: {n.message}" for n in landed.notices[:NOTICES_KEPT]],
                "run": self.run,
            },
        )
        if created:
            earlier = IngestedFile.objects.filter(document=landed.document, source=landed.source)
            earlier.current().exclude(pk=entered.pk).update(superseded_by=entered)


def quarantine(run: IngestRun, rows: Iterable[QuarantinedRow]) -> None:
    """Keep refused rows; the same refusal seen again is one row, of the run that saw it last."""
    entries = {tuple(getattr(row, name) for name in REFUSED_ONCE): row for row in rows}
    for entry in entries.values():
        entry.run = run
    QuarantinedRow.objects.bulk_create(
        entries.values(),
        update_conflicts=True,
        unique_fields=REFUSED_ONCE,
        update_fields=["run"],
        batch_size=1000,
    )


def broken_row(broken: Broken) -> QuarantinedRow:
    return QuarantinedRow(
        stage=QuarantinedRow.Stage.CHECK,
        source=broken.table,
        file_name=broken.file_name[:255],
        file_hash=broken.file_hash,
        locator=broken.locator[:300],
        reason=broken.reason[:500],
    )


def _refused(refusal: Refusal, stage: QuarantinedRow.Stage, source: str) -> QuarantinedRow:
    return QuarantinedRow(
        stage=stage,
        source=source,
        file_name=refusal.file_name[:255],
        file_hash=refusal.file_hash,
        locator=refusal.locator[:300],
        field=refusal.field[:100],
        reason=refusal.reason[:500],
    )
