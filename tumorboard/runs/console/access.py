"""The console is for data stewards and administrators; for everybody else it is not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from tumorboard.accounts.roles import may_use_console

View = Callable[..., HttpResponse]


def for_console(view: View) -> View:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_use_console(request.user):
            raise Http404
        return view(request, *args, **kwargs)

    return checked
