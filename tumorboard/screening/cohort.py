"""The matches of several patients at once: those of one's own open cases, never others."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet

from tumorboard.accounts.models import User
from tumorboard.boards.models import Board
from tumorboard.cases.models import Case
from tumorboard.governance import gate
from tumorboard.governance.permissions import TREATMENT
from tumorboard.review.places import VERDICT_ORDER
from tumorboard.screening.shown import can_be_asked

MATCHES = "gold.trial_matches"
COLUMNS = (
    "patient_key", "trial_id", "level", "code", "path", "result", "reason_code", "would_settle", "verdict",
    "suspended", "recruiting", "title",
)  # fmt: skip
MOST = 500  # patients of one page; beyond that the board's own lists are the better place
Row = dict[str, Any]


def open_cases(user: User, board: Board | None = None) -> list[Case]:
    """One's own cases that still run, one for each patient, the latest first; at most MOST."""
    cases = Case.objects.visible_to(user).still_running().select_related("board").order_by("-created_at")
    if board is not None:
        cases = cases.filter(board=board)
    found: dict[str, Case] = {}
    for case in cases[: 2 * MOST]:
        found.setdefault(case.patient_key, case)
    return list(found.values())[:MOST]


def open_keys(user: User) -> QuerySet[Any]:
    """The patients of all one's own cases that still run, as a subquery of patient_key."""
    return Case.objects.visible_to(user).still_running().values("patient_key")


def latest_cases(user: User, patient_keys: Sequence[str]) -> dict[str, Case]:
    """Of each of these patients one's own case that still runs, the latest."""
    cases = Case.objects.visible_to(user).still_running().filter(patient_key__in=patient_keys)
    return {case.patient_key: case for case in cases.select_related("board").order_by("created_at")}


def matches(cases: Sequence[Case], *, by: User) -> list[Row]:
    """Their rows of gold.trial_matches, in few columns. Raises gate.Refused."""
    return _read(MATCHES, COLUMNS, [case.patient_key for case in cases], by)


def sites_of(patient_keys: Sequence[str], *, by: User) -> dict[str, str]:
    """The hospital site that treats each patient, where it is recorded."""
    rows = _read("silver.patients", ("patient_key", "site"), patient_keys, by)
    return {row["patient_key"]: row["site"] or "" for row in rows}


def _read(table: str, columns: Sequence[str], patient_keys: Sequence[str], by: User) -> list[Row]:
    if not patient_keys:
        return []
    asked = gate.Request(by=by, purpose=TREATMENT, table=table, columns=columns, patient_keys=patient_keys)
    found = gate.read_many([asked]).get(table)
    return found.to_pylist() if found is not None else []


def rank(place: Row) -> int:
    return VERDICT_ORDER.index(place["verdict"])


def _is_open(row: Row) -> bool:
    return row["verdict"] == "uncertain" and not row["suspended"] and row["recruiting"] is not False


def best_places(rows: Iterable[Row]) -> dict[str, Row]:
    """For each patient the best place where they fit or may fit; those who do not are left out."""
    best: dict[str, Row] = {}
    for row in rows:
        kept = best.get(row["patient_key"])
        if row["verdict"] in ("fits", "uncertain") and (kept is None or rank(row) < rank(kept)):
            best[row["patient_key"]] = row
    return best


def verdicts_by_trial(rows: Iterable[Row]) -> dict[str, Counter[str]]:
    """Patients by their best verdict, for each trial, most that fit first: {T-1: {fits: 3}}."""
    of_trial: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        of_trial[row["trial_id"]].append(row)
    counted = {
        trial: Counter(place["verdict"] for place in best_places(found).values())
        for trial, found in of_trial.items()
    }
    return dict(sorted(counted.items(), key=lambda row: (-row[1]["fits"], -row[1]["uncertain"], row[0])))


def tests_that_open_most(rows: Iterable[Row]) -> list[Row]:
    """What would settle open criteria over all patients: how many patients, trials and pairs each could
    decide, the most pairs first. Closed, suspended and excluded places do not count."""
    pairs: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for row in rows:
        if can_be_asked(row) and _is_open(row):
            pairs[row["would_settle"]].add((row["patient_key"], row["trial_id"]))
    found = [
        {
            "what": what,
            "pairs": len(of),
            "patients": sorted({patient for patient, _ in of}),
            "trials": sorted({trial for _, trial in of}),
        }
        for what, of in pairs.items()
    ]
    return sorted(found, key=lambda row: (-row["pairs"], -len(row["patients"]), row["what"]))
