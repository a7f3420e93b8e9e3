"""What screening again changed: two sets of matches in, differences out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from tumorboard.screening.models import Change

Row = Mapping[str, Any]
Place = tuple[str, str, str, str]
Kind = Change.Kind

#: Verdict before and after -> what to tell. A pair that is not named is not told.
TOLD: dict[tuple[str, str], Kind] = {
    ("uncertain", "fits"): Kind.NEWLY_FITS,
    ("excluded", "fits"): Kind.NEWLY_FITS,
    ("none", "fits"): Kind.NEWLY_FITS,
    ("", "fits"): Kind.NEWLY_FITS,
    ("fits", "excluded"): Kind.NO_LONGER,
    ("fits", "uncertain"): Kind.NO_LONGER,
    ("fits", "none"): Kind.NO_LONGER,
    ("fits", ""): Kind.NO_LONGER,
    ("uncertain", "excluded"): Kind.SETTLED,
    ("none", "excluded"): Kind.SETTLED,
    ("excluded", "uncertain"): Kind.REOPENED,
}


def differences(
    before: Iterable[Row], after: Iterable[Row], *, cause: Change.Cause, job: UUID
) -> Iterator[Change]:
    """One Change for each place whose verdict moved in a way worth telling.

    `before` and `after` are rows of gold.trial_matches of the same patients. A patient without any row before
    was never screened: then nothing is new, because everything is. `cause` is why they were screened again;
    where the trial itself differs, that is the cause.
    """
    old, new = _places(before), _places(after)
    screened = {place[0] for place in old}
    for place in sorted({*old, *new}):
        kind = TOLD.get((_verdict(old, place), _verdict(new, place)))
        if kind is not None and place[0] in screened:
            change = _change(place, old.get(place, {}), new.get(place, {}))
            change.kind, change.job = kind, job
            change.cause = change.cause or cause
            yield change


def _places(rows: Iterable[Row]) -> dict[Place, dict[str, Row]]:
    found: dict[Place, dict[str, Row]] = {}
    for row in rows:
        place = (row["patient_key"], row["trial_id"], row["level"], row["code"])
        found.setdefault(place, {})[row["path"]] = row
    return found


def _verdict(places: Mapping[Place, Mapping[str, Row]], place: Place) -> str:
    return next((str(row["verdict"]) for row in places.get(place, {}).values()), "")


def _change(place: Place, old: Mapping[str, Row], new: Mapping[str, Row]) -> Change:
    """What moved at one place; the cause only where it is the trial itself."""
    some = next(iter({**old, **new}.values()))
    patient, trial, level, code = place
    return Change(
        patient_key=patient,
        trial_id=trial[:64],
        level=level,
        code=code[:200],
        title=(some.get("title") or "")[:500],
        before=_verdict({place: old}, place),
        after=_verdict({place: new}, place),
        cause="" if _stated(old) == _stated(new) else Change.Cause.TRIAL,
        criteria=sorted(path for path in {*old, *new} if _result(old, path) != _result(new, path)),
    )


def _result(rows: Mapping[str, Row], path: str) -> str:
    return str(rows[path]["result"]) if path in rows else ""


def _stated(rows: Mapping[str, Row]) -> set[tuple[Any, ...]]:
    return {(row["trial_version"], row.get("suspended"), row.get("recruiting")) for row in rows.values()}
