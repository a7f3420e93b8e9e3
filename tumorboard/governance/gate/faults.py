"""Why there are no rows. Each fault crosses from the gate's process to the caller's as itself, in words that
hold no patient's value."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import Http404

from tumorboard.lake.faults import Damaged, NotPublished, Undeclared
from tumorboard.lake.tables import UnknownTable


class Refused(Http404, PermissionError):
    """The decision function said no. A page that lets it through answers as if the thing did not exist."""


class MeaningChanged(Refused):
    """An old version states a column in another sense than today: it is not shown under today's name."""


class UnknownColumn(LookupError):
    """The table declares no such column, or the version asked for has none."""


class BadRequest(ValueError):
    """The request contradicts itself or the types of the columns it names."""


class GateDown(RuntimeError):
    """The gate, or the database it decides and records with, does not answer. No rows were given."""


CROSSING: dict[str, type[Exception]] = {
    kind.__name__: kind
    for kind in (
        Refused,
        MeaningChanged,
        NotPublished,
        Damaged,
        UnknownTable,
        UnknownColumn,
        BadRequest,
        Undeclared,
        GateDown,
        FileNotFoundError,
    )
}


def described(error: BaseException) -> dict[str, str]:
    """The fault as plain values. An unexpected one is named by its kind alone: its text may quote a value."""
    kind = type(error).__name__
    if kind in CROSSING:
        return {"kind": kind, "words": str(error)}
    return {"kind": "GateDown", "words": f"the gate failed ({kind}); its log says more"}


def rebuilt(fault: Mapping[str, str]) -> Exception:
    return CROSSING.get(fault["kind"], GateDown)(fault["words"])
