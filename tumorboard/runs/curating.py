"""An approved trial draft becomes a file and comes in by the one door, like every trial document."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tumorboard.runs.ingesting import ingest
from tumorboard.runs.working import Attempt
from tumorboard.screening.models import TrialDraft


def publish_draft(attempt: Attempt) -> str:
    """The job `publish`: done twice it writes the same file, which is known by then."""
    draft = TrialDraft.objects.get(uuid=attempt.job.arguments["draft"], state=TrialDraft.State.APPROVED)
    with TemporaryDirectory() as folder:  # the file is kept in the landing volume
        place = Path(folder) / f"{draft.uuid}.yml"
        place.write_text(draft.document, encoding="utf-8")
        report = ingest(paths=[place], by=draft.reviewed_by or "curation").report
    attempt.progress(1, 1)
    return f"trial documents: {report['files'].get('landed', 0)} new"
