"""Who saw what, when and why: the access log, its export, and the proof that nobody changed it.

A patient is searched for by record number, by POST; only the surrogate stays, in the session. Each look at
the log is on record itself.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tumorboard.governance import people
from tumorboard.governance.console.access import for_readers_of_the_log
from tumorboard.governance.permissions import OPERATIONS
from tumorboard.runs import forms
from tumorboard.runs.console import log
from tumorboard.ui.listing import keep, kept

PATIENT = "patient"  # what the session keeps


@for_readers_of_the_log
@require_http_methods(["GET", "POST"])
def audit(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return _search(request)
    form = forms.AuditFilter(request.GET)
    patient = kept(request, PATIENT)
    log.on_record(log.SEARCHED, by=request.user, chosen=form.chosen(), patient_key=patient)
    events = log.search(form.chosen(), patient)
    context = {
        "filter": form,
        "patient": patient,
        "page": log.page_of(events, request.GET),
        "people": log.people(events) if patient else [],
        "head": log.head(),
        "anchor": log.last_anchor(),
        "head_form": forms.HeadForm(),
        "exported": log.EXPORTED,
    }
    return render(request, "runs/audit.html", context)


def _search(request: HttpRequest) -> HttpResponse:
    """A record number becomes a surrogate in the session; the other choices become the address."""
    form = forms.AuditFilter({} if "reset" in request.POST else request.POST)
    number = form.chosen().get("record_number")
    if "everybody" in request.POST or "reset" in request.POST:
        keep(request, PATIENT, "")
    elif number:
        key = people.find(by=request.user, record_number=number, purpose=OPERATIONS)
        keep(request, PATIENT, key or "")
        if key is None:
            messages.error(request, "No patient with this record number is known here. Check the number.")
    return redirect(request.path + form.query())


@for_readers_of_the_log
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """The events that the search finds, as FHIR AuditEvents; ids only."""
    form = forms.AuditFilter(request.GET)
    patient = kept(request, PATIENT)
    lines = log.exported(log.search(form.chosen(), patient))
    log.on_record(
        log.TAKEN_OUT, by=request.user, chosen=form.chosen(), patient_key=patient, row_count=len(lines)
    )
    answer = HttpResponse("".join(lines), content_type="application/fhir+ndjson")
    answer["Content-Disposition"] = 'attachment; filename="access-log.ndjson"'
    return answer


@for_readers_of_the_log
@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Walk the chains. By GET (the home page's fragment) only where the log is short."""
    form = forms.HeadForm(request.POST if request.method == "POST" else {})
    if not form.is_valid():
        return render(request, "runs/verify.html", {"head_form": form}, status=422)
    head = log.head()
    wait = request.method == "GET" and head is not None and head.seq > log.VERIFIED_AT_ONCE
    result = None if wait else log.verification(form.noted())
    context = {"result": result, "head": head, "head_form": form}
    return render(request, "runs/_chain.html" if request.htmx else "runs/verify.html", context)
