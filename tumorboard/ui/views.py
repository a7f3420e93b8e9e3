"""Error pages, and the style guide that shows every component and element in all its states."""

from __future__ import annotations

import sys

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from tumorboard.ui import samples

NO_DATABASE = "The database does not answer, so nothing can be shown. Nothing was saved"


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(request, 404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's own page for this carries inline style, which the Content-Security-Policy forbids."""
    return _error(request, 403, "errors/csrf")


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without the request: whatever broke (database, session) may be what its context needs."""
    away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    status, context = 503 if away else 500, {"fragment": _is_fragment(request)}
    try:
        page = render_to_string(f"errors/{status}.html", {**context, "words": NO_DATABASE if away else ""})
        return HttpResponse(page, status=status)
    except Exception:  # the page that reports a failure must not fail itself
        return HttpResponse("Something went wrong on our side. Nothing was saved.", "text/plain", status)


def _error(request: HttpRequest, status: int, name: str = "") -> HttpResponse:
    context = {"fragment": _is_fragment(request)}
    return render(request, f"{name or f'errors/{status}'}.html", context, status=status)


def _is_fragment(request: HttpRequest) -> bool:
    """htmx puts an error's answer where the fragment was to go: a whole page has no place there."""
    return bool(request.headers.get("HX-Request"))


@login_not_required
def styleguide(request: HttpRequest, page: str = "styleguide") -> HttpResponse:
    _only_for_developers()
    if page not in samples.PAGES:
        raise Http404
    return render(request, f"ui/{page}.html", samples.context(page))


@login_not_required
def sample_source(request: HttpRequest, fact: int) -> HttpResponse:
    _only_for_developers()
    if fact >= len(samples.FACTS):
        raise Http404
    return render(request, "ui/source.html", {"fact": samples.FACTS[fact], **samples.PANEL})


@login_not_required
def sample_progress(request: HttpRequest, done: int) -> HttpResponse:
    """Each answer asks for the next, until the last leaves the polling attributes out."""
    _only_for_developers()
    context = {"done": done, "finished": done >= samples.STEPS, "next": done + 1}
    return render(request, "ui/progress.html", context)


@login_not_required
def sample_data(request: HttpRequest, name: str) -> HttpResponse:
    _only_for_developers()
    if name not in samples.DATA:
        raise Http404
    return JsonResponse(samples.DATA[name](request.GET))


@login_not_required
def sample_frame(request: HttpRequest, name: str, index: int) -> HttpResponse:
    _only_for_developers()
    return HttpResponse(samples.frame(index, damaged=name == "damaged"), "application/octet-stream")


@login_not_required
def sample_position(request: HttpRequest) -> HttpResponse:
    """The presenter posts a position; a second screen hears that the third slide is shown."""
    _only_for_developers()
    if request.method == "POST":
        return HttpResponse(status=204)
    return HttpResponse('data: {"slide": 3}\n\n', "text/event-stream")


def _only_for_developers() -> None:
    if not (settings.DEBUG or getattr(settings, "STYLEGUIDE", False)):
        raise Http404
