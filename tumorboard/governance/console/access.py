"""Who sees which page of the console: for everybody else it is not there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from tumorboard.accounts.roles import may_use_console
from tumorboard.governance.models import Privilege
from tumorboard.governance.permissions import CATALOG, chain, has_grant
from tumorboard.governance.policies.words import Grant
from tumorboard.governance.standing import LoadedPerson

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


@dataclass(frozen=True)
class Held:
    """What a person's grants say of privileges on many securables: read once, asked for each."""

    grants: tuple[Grant, ...]

    def may(self, privilege: str, name: str) -> bool:
        """Whether a grant on the securable, or on one it inherits from, reaches; a denial wins."""
        reaching = [g for g in self.grants if g.privilege == privilege and g.securable in chain(name)]
        return bool(reaching) and not any(grant.deny for grant in reaching)

    def browses(self, name: str) -> bool:
        return self.may(Privilege.BROWSE, name)

    def browses_anything(self) -> bool:
        return any(g.privilege == Privilege.BROWSE and not g.deny for g in self.grants)


def held(user: Any) -> Held:
    return Held(LoadedPerson(user, ()).grants)


def for_browsers(view: View) -> View:
    """Whoever may see names, columns and tags of something; the view is given what they hold."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        mine = held(request.user)
        if not mine.browses_anything():
            raise Http404
        return view(request, *args, mine=mine, **kwargs)

    return checked
