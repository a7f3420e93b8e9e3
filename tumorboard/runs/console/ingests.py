"""Ingest runs and what each reports."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Q, QuerySet

from tumorboard.runs.models import IngestRun

# A notice is kept as `place: message`; a count at the start of the message would keep alike ones apart.
NOTICES = r"""
select f.source,
       regexp_replace(regexp_replace(notice, '^.*?: ', ''), '^\d+ ', 'some ') as message,
       count(*) as times, count(distinct f.id) as files, min(split_part(notice, ': ', 1)) as place
from runs_ingestedfile f, jsonb_array_elements_text(f.notices) as notice
where f.run_id = %s
group by 1, 2
order by times desc, 1, 2
"""


@dataclass(frozen=True)
class NoticeGroup:
    """One thing that was odd but taken, in however many files."""

    source: str
    message: str
    times: int
    files: int
    place: str


def runs(words: str) -> QuerySet[IngestRun]:
    """Newest first; `words` is part of who started it, of its id, or of a source it brought."""
    found = IngestRun.objects.all()
    if words:
        mine = Q(started_by__icontains=words) | Q(uuid__icontains=words) | Q(report__sources__has_key=words)
        found = found.filter(mine)
    return found


def notices(run: IngestRun) -> list[NoticeGroup]:
    with connection.cursor() as cursor:
        cursor.execute(NOTICES, [run.pk])
        return [NoticeGroup(*row) for row in cursor.fetchall()]


def refusals(run: IngestRun) -> QuerySet[IngestRun]:
    """Why rows of the run were refused, most frequent first."""
    groups = run.quarantined.values("stage", "source", "reason").annotate(times=Count("pk"))
    return groups.order_by("-times", "source", "reason")
