"""How a page writes: one action; what it refuses stands above the form, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms

from tumorboard.accounts.refusals import Refused


def done(form: forms.Form, action: Callable[..., Any], **values: Any) -> bool:
    """Whether the action was done; if not, the form says why."""
    try:
        action(**values)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


def status_of(form: forms.Form) -> int:
    """422 for a form that was refused."""
    return 422 if form.errors else 200
