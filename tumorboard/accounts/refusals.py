"""An action that the state of things does not allow. The message is for the person who asked."""

from __future__ import annotations


class Refused(Exception):
    """Not now, or not like this. (Who may not at all gets PermissionDenied instead.)"""


class ChangedMeanwhile(Refused):
    """Somebody else was first: the row is no longer in the state the page showed."""
