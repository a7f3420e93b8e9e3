"""The console is for data stewards and administrators, the access log for who may read it; for everybody else
they are not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from tumorboard.accounts.roles import may_use_console
from tumorboard.governance.models import Privilege
from tumorboard.governance.permissions import CATALOG, has_grant

View = Callable[..., HttpResponse]


def for_console(view: View) -> View:
    return _only(may_use_console, view)


def for_readers_of_the_log(view: View) -> View:
    """Data stewards and administrators by their role; a privacy officer by a grant of the same privilege."""
    return _only(lambda user: has_grant(user, Privilege.AUDIT_READ, CATALOG), view)


def _only(may: Callable[[Any], bool], view: View) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return checked
