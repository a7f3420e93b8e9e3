"""Who may govern, and what each governing action asks before it writes."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied

from tumorboard.accounts.refusals import Refused
from tumorboard.governance.permissions import CATALOG, has_grant


def check_may(by: Any, privilege: str, name: str = CATALOG) -> None:
    """The person holds the privilege on the securable. A command of the installation names itself instead."""
    if not isinstance(by, str) and not has_grant(by, privilege, name):
        raise PermissionDenied(f"{privilege} on {name} is not granted to this person")


def check_second(by: Any, first: Any) -> None:
    """Four eyes: another person than the first."""
    if isinstance(by, str) or by.pk == first.pk:
        raise Refused("This takes a second person: whoever asked for it cannot approve it.")


def said(reason: str, what: str) -> str:
    """A reason that was given, without its blanks."""
    if not reason.strip():
        raise Refused(f"Say why {what}.")
    return reason.strip()
