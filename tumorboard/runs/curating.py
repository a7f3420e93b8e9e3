"""An approved trial draft becomes a file and comes in by the one door, like every trial document."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from tumorboard.runs.ingesting import ingest
from tumorboard.runs.working import Attempt
from tumorboard.screening.models import TrialDraft


def publish_draft(attempt: Attempt) -> str:
    """The job `publish`: done twice it writes the same file, which is known by then."""
    draft = TrialDraft.objects.get(uuid=attempt.job.arguments["draft"], state=TrialDraft.State.APPROVED)
    folder = Path(settings.HOME) / "inbox" / "ctml"
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{draft.uuid}.yml"
    place.write_text(draft.document, encoding="utf-8")
    report = ingest(paths=[place], by=draft.reviewed_by or "curation").report
    attempt.progress(1, 1)
    return f"trial documents: {report['files'].get('landed', 0)} new"
