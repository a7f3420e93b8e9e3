"""The catalog browser, and the tags of schemas, tables and columns."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tumorboard.accounts.refusals import refusable
from tumorboard.accounts.roles import may_use_console
from tumorboard.governance import forms, rulebook
from tumorboard.governance.actions import remove_tags, set_tags
from tumorboard.governance.console import catalog as browsing
from tumorboard.governance.console import columns as tagged
from tumorboard.governance.console import granting
from tumorboard.governance.console.access import Held, for_browsers
from tumorboard.governance.models import ColumnTag, Kind, Privilege, Securable, TagProposal
from tumorboard.governance.tags import Override
from tumorboard.governance.views.writing import done, status_of
from tumorboard.lake import tables
from tumorboard.lake.tables import Table
from tumorboard.ui.listing import page_of

GRANTS_SHOWN = 50


@for_browsers
@require_GET
def catalog(request: HttpRequest, mine: Held) -> HttpResponse:
    form = forms.CatalogFilter(request.GET)
    page = page_of(request, browsing.entries(mine, form.chosen()))
    return render(request, "governance/catalog.html", {"page": page, "filter": form})


@for_browsers
@require_GET
def securable(request: HttpRequest, name: str, mine: Held) -> HttpResponse:
    """A table, schema, volume or model: what it is, never what is in it."""
    row = browsed(name, mine)
    context = {
        "securable": row,
        "chain": row.chain()[:0:-1],
        "entry": browsing.Entry(row, None, None),
        "may_tag": mine.may(Privilege.TAG, name) and row.kind in (Kind.SCHEMA, Kind.TABLE),
        "override": rulebook.overrides().get(name),
        "grants": _grants(request, name),
    }
    if row.kind == Kind.TABLE:
        return render(request, "governance/table.html", {**context, **_table(request, name, mine)})
    return render(request, "governance/securable.html", {**context, "counted": browsing.counted(row)})


def browsed(name: str, mine: Held) -> Securable:
    """The securable; for who may not browse it, it is not there."""
    if not mine.browses(name):
        raise Http404
    return get_object_or_404(Securable, name=name)


def _table(request: HttpRequest, name: str, mine: Held) -> dict[str, Any]:
    declared = table_named(name)
    form = forms.ColumnFilter(request.GET)
    words = form.chosen().get("q", "").lower()
    sources, readers = browsing.around(name, mine)
    page = page_of(request, browsing.versions(name))
    return {
        "table": declared,
        "filter": form,
        "columns": [column for column in tagged.of_table(declared, mine.browses) if column.speaks_of(words)],
        "page": page,
        "published": browsing.shown(page, mine),
        "sources": sources,
        "readers": readers,
    }


def table_named(name: str) -> Table:
    try:
        return tables.get(name)
    except tables.UnknownTable:
        raise Http404 from None


def _grants(request: HttpRequest, name: str) -> list[dict[str, Any]]:
    """Who holds what on it, for the console only."""
    if not may_use_console(request.user):
        return []
    chosen = {"securable": name, "state": granting.IN_FORCE, "beyond_use": True}
    return granting.shown(granting.search(chosen)[:GRANTS_SHOWN])


# ---- tags


@for_browsers
@require_http_methods(["GET", "POST"])
def column(request: HttpRequest, name: str, column: str, mine: Held) -> HttpResponse:
    """A column: where its tags come from, and a change of them."""
    row, declared = browsed(name, mine), table_named(name)
    found = next((one for one in tagged.of_table(declared, mine.browses) if one.column.name == column), None)
    if found is None:
        raise Http404
    return _tags(request, row, found.id, mine, {"table": declared, "column": found})


@for_browsers
@require_http_methods(["GET", "POST"])
def tags(request: HttpRequest, name: str, mine: Held) -> HttpResponse:
    """The tags of a schema or table, which its columns inherit."""
    row = browsed(name, mine)
    if row.kind not in (Kind.SCHEMA, Kind.TABLE):
        raise Http404
    return _tags(request, row, name, mine, {})


def _tags(
    request: HttpRequest, row: Securable, target: str, mine: Held, context: dict[str, Any]
) -> HttpResponse:
    may_tag = mine.may(Privilege.TAG, row.name)
    if request.method == "POST" and not may_tag:
        raise Http404
    form = forms.TagForm(request.POST or None, initial=_now(target))
    if form.is_valid() and done(form, set_tags, target=target, by=request.user, **form.cleaned_data):
        return _told(request, target)
    proposals = TagProposal.objects.filter(target=target).select_related("proposed_by", "decided_by")
    context |= {
        "securable": row,
        "target": target,
        "may_tag": may_tag,
        "form": form,
        "set": ColumnTag.objects.filter(target=target).select_related("set_by", "second").first(),
        "waits": proposals.filter(state=TagProposal.State.PROPOSED).first(),
        "page": page_of(request, proposals),
    }
    return render(request, "governance/tags_of.html", context, status=status_of(form))


def _now(target: str) -> dict[str, Any]:
    """What is set on the target itself, to start the form with."""
    found = rulebook.overrides().get(target, Override())
    return {
        "klass": found.klass,
        "kinds": sorted(found.kinds),
        "sensitivity": found.sensitivity,
        "transform": found.transform,
    }


def _told(request: HttpRequest, target: str) -> HttpResponse:
    if TagProposal.objects.filter(target=target, state=TagProposal.State.PROPOSED).exists():
        messages.success(request, "Proposed. A change that lowers protection waits for a second steward.")
    else:
        messages.success(request, "The tags hold from the next read on.")
    return redirect(request.path)


@for_browsers
@require_POST
@refusable
def withdraw_tags(request: HttpRequest, name: str, mine: Held) -> HttpResponse:
    """Propose that what stewards have set on a target goes, back to what the code declares."""
    browsed(name, mine)
    target = request.POST.get("target", "")
    if not mine.may(Privilege.TAG, name) or target.partition("#")[0] != name:
        raise Http404
    remove_tags(target=target, by=request.user, reason=request.POST.get("reason", ""))
    messages.success(request, "Proposed. Going back to the declaration waits for a second steward.")
    return redirect("governance:tags")
