"""The console of stewards and administrators, and the progress of a case's background work.

What may name a file or a patient is searched for by POST and kept in the session: never in an address.
"""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tumorboard.cases.models import Case
from tumorboard.cases.permissions import load_case
from tumorboard.governance.console.access import for_console
from tumorboard.runs import actions, forms
from tumorboard.runs.codes import NOTICES_KEPT
from tumorboard.runs.console import (
    home,
    ingests,
    jobs,
    quarantine,
    screening,
    ways,
)
from tumorboard.runs.health import healthz
from tumorboard.runs.models import IngestRun, Job, QuarantinedRow
from tumorboard.ui.listing import keep, kept, page_of

WORDS = "quarantine"  # what the session keeps

# ---- home


@for_console
@require_GET
def console(request: HttpRequest) -> HttpResponse:
    return render(request, "runs/console.html", {"overview": home.overview(request.user)})


@for_console
@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """The parts as /healthz sees them, as a fragment of the home page."""
    return render(request, "runs/health.html", json.loads(healthz(request).content))


# ---- ingests and quarantine


@for_console
@require_GET
def ingest_list(request: HttpRequest) -> HttpResponse:
    form = forms.IngestFilter(request.GET)
    page = page_of(request, ingests.runs(form.chosen().get("q", "")))
    return render(request, "runs/ingests.html", {"page": page, "filter": form})


@for_console
@require_GET
def ingest(request: HttpRequest, uuid: UUID) -> HttpResponse:
    run = get_object_or_404(IngestRun, uuid=uuid)
    context = {
        "run": run,
        "notices": ingests.notices(run),
        "notices_kept": NOTICES_KEPT,
        "page": page_of(request, ingests.refusals(run)),
    }
    return render(request, "runs/ingest.html", context)


@for_console
@require_http_methods(["GET", "POST"])
def quarantine_page(request: HttpRequest) -> HttpResponse:
    summary = quarantine.by_source()
    sources = sorted(row["source"] for row in summary)
    if request.method == "POST":
        asked = {} if "reset" in request.POST else request.POST
        form = forms.QuarantineFilter(asked, sources=sources)
        keep(request, WORDS, form.chosen().get("q", ""))
        return redirect(request.path + form.query())
    asked = {"state": quarantine.OPEN, **request.GET.dict(), "q": kept(request, WORDS)}
    form = forms.QuarantineFilter(asked, sources=sources)
    page = page_of(request, quarantine.search(form.chosen(), kept(request, WORDS)))
    some_open = any(row.settled_at is None for row in page)
    settle = forms.SettleForm() if some_open else None
    context = {"page": page, "filter": form, "settle": settle, "summary": summary}
    return render(request, "runs/quarantine.html", context)


@for_console
@require_POST
def settle(request: HttpRequest) -> HttpResponse:
    """Settle the ticked rows, or all that the page showed, with one word; back to the same search."""
    form = forms.SettleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say in a word what was done about the rows.")
    elif not form.rows():
        messages.error(request, "Tick the rows that this settles.")
    else:
        rows = QuarantinedRow.objects.filter(pk__in=form.rows())
        word = form.cleaned_data["settlement"]
        settled = [actions.settle_quarantined(row=row, settlement=word, by=request.user) for row in rows]
        _tell_settled(request, sum(settled), len(settled))
    return redirect(f"{reverse('runs:quarantine')}?{request.GET.urlencode()}")


def _tell_settled(request: HttpRequest, settled: int, asked: int) -> None:
    messages.success(request, f"{settled} settled.")
    if settled < asked:
        messages.warning(request, f"{asked - settled} had already been settled by somebody else.")


@for_console
@require_GET
def run_of(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The ingest or job that made a version of a table."""
    name = "runs:ingest" if IngestRun.objects.filter(uuid=uuid).exists() else "runs:job"
    return redirect(name, uuid)


# ---- jobs


@for_console
@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    form = forms.JobFilter(request.GET)
    page = page_of(request, jobs.search(form.chosen()))
    context = {"page": page, "filter": form, "rows": [jobs.shown(job) for job in page]}
    return render(request, "runs/jobs.html", context)


@for_console
@require_GET
def job(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The job; while it is not over, its page asks for the part that changes."""
    found = get_object_or_404(Job.objects.select_related("requested_by"), uuid=uuid)
    template = "runs/_job.html" if request.htmx else "runs/job.html"
    return render(request, template, jobs.shown(found))


@for_console
@require_POST
def retry(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = get_object_or_404(Job, uuid=uuid)
    if actions.retry_job(job=found, by=request.user):
        messages.success(request, "The job waits again; what it had finished is kept.")
    else:
        messages.warning(request, "Only a failed job can be tried again.")
    return redirect("runs:job", found.uuid)


# ---- lineage


@for_console
@require_GET
def lineage(request: HttpRequest) -> HttpResponse:
    """What is built from what; around one table; and the way of one of its columns."""
    form = forms.LineageFilter(request.GET)
    return render(request, "runs/lineage.html", {"filter": form, **ways.shown(form.chosen())})


# ---- for clinicians


@require_POST
def screen(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Screen and score the patient of a case again."""
    case = load_case(request.user, uuid)
    screening.screen(case=case, by=request.user)
    if not request.htmx:
        return redirect("review:case", case.uuid)
    return _progress(request, case)


@require_GET
def progress(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return _progress(request, load_case(request.user, uuid))


def _progress(request: HttpRequest, case: Case) -> HttpResponse:
    found = screening.jobs_of(case)
    over = all(job.is_over for job in found)
    context = {"case": case, "jobs": [jobs.shown(job) for job in found], "over": over}
    return render(request, "runs/progress.html", context)
