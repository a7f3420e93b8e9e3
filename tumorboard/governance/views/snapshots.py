"""Pinned sets of table versions, and whether the stored files are what was published."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from tumorboard.governance import forms
from tumorboard.governance.console import pinning
from tumorboard.governance.console.access import for_console
from tumorboard.governance.models import Snapshot
from tumorboard.ui.listing import page_of


@for_console
@require_GET
def snapshots(request: HttpRequest) -> HttpResponse:
    form = forms.SnapshotFilter(request.GET)
    page = page_of(request, pinning.search(form.chosen().get("q", "")))
    held_by = pinning.pinned_by(list(page))
    context = {"page": page, "filter": form, "rows": [(row, held_by[row.pk]) for row in page]}
    return render(request, "governance/snapshots.html", context)


@for_console
@require_GET
def snapshot(request: HttpRequest, uuid: UUID) -> HttpResponse:
    found = get_object_or_404(Snapshot.objects.select_related("created_by"), uuid=uuid)
    context = {
        "snapshot": found,
        "held_by": pinning.pinned_by([found])[found.pk],
        "page": page_of(request, pinning.entries(found)),
    }
    return render(request, "governance/snapshot.html", context)


@for_console
@require_GET
def integrity(request: HttpRequest) -> HttpResponse:
    """The last look at each version of each table and at each volume, the damaged first."""
    form = forms.ScrubFilter(request.GET)
    page = page_of(request, pinning.checks(form.chosen()))
    context = {"page": page, "filter": form, "last": pinning.last_run()}
    return render(request, "governance/integrity.html", context)
