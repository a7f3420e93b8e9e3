"""The trials of one case as the page shows them: the computed matches, and beside them what people added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tumorboard.accounts.models import User
from tumorboard.governance.models import Snapshot
from tumorboard.review import places
from tumorboard.review.evidence import Evidence
from tumorboard.screening import documents
from tumorboard.screening.actions import rests_on
from tumorboard.screening.models import Ask, Override, Referral
from tumorboard.trials.logic import Value
from tumorboard.trials.overriding import UnknownPlace, verdict

Place = dict[str, Any]
PARTS = (
    ("open", "Open: fits or may fit"),
    ("closed", "Not recruiting or suspended"),
    ("excluded", "Excluded"),
    ("none", "Nothing encoded"),
)


@dataclass(frozen=True)
class Answer:
    """A clinician's answer to a criterion. It counts while what was computed is what they saw."""

    override: Override
    holds: bool


def screened(evidence: Evidence, *, by: User) -> list[Place]:
    """Every place in a trial, best computed verdict first, with answers, effective verdict and referral."""
    found = places.listed(evidence)
    answers = _answers(evidence.case.patient_key, evidence.snapshot)
    referrals = {r.trial_id: r for r in Referral.objects.of(evidence.case.patient_key)}
    for place in found:
        place["part"] = part_of(place)
        place["referral"] = referrals.get(place["trial_id"])
        _put_answers(place, answers)
    _decide(found, by=by, snapshot=evidence.snapshot)
    return found


def part_of(place: Place) -> str:
    """Which part of the page a place belongs to, by its computed verdict."""
    if place["verdict"] in ("excluded", "none"):
        return str(place["verdict"])
    return "closed" if place["closed"] else "open"


def _answers(patient_key: str, snapshot: Snapshot | None) -> dict[tuple[str, str, str], Override]:
    standing = Override.objects.of(patient_key).in_force(snapshot.created_at if snapshot else None)
    return {(o.trial_id, o.code, o.path): o for o in standing.select_related("by")}


def _put_answers(place: Place, answers: dict[tuple[str, str, str], Override]) -> None:
    for criterion in place["criteria"]:
        given = answers.get((place["trial_id"], place["code"], criterion["path"]))
        holds = given is not None and given.rests_on == rests_on(criterion)
        criterion["answer"] = Answer(given, holds) if given else None
    place["answered"] = sum(c["answer"] is not None for c in place["criteria"])
    place["to_confirm"] = sum(c["answer"] is not None and not c["answer"].holds for c in place["criteria"])


def _decide(found: Sequence[Place], *, by: User, snapshot: Snapshot | None) -> None:
    """The verdict that follows from the answers, where there are any that hold."""
    answered = [place for place in found if place["answered"] > place["to_confirm"]]
    rows = documents.stored((place["trial_id"] for place in answered), by=by, snapshot=snapshot)
    for place in answered:
        row = rows.get(place["trial_id"])
        place["effective"] = _effective(place, row) if row else None
        place["effective_kind"] = places.VERDICT_KINDS.get(place["effective"] or "", "plain")


def _effective(place: Place, row: dict[str, Any]) -> str | None:
    trial = documents.read(row)
    if trial is None or trial.version != place["version"]:
        return None  # screened with another version: the next screening tells
    try:
        return verdict(trial, place["code"], {c["path"]: _result(c) for c in place["criteria"]})
    except UnknownPlace:
        return None


def _result(criterion: dict[str, Any]) -> Value:
    answer = criterion["answer"]
    return Value(answer.override.value if answer and answer.holds else criterion["result"])


def can_be_asked(criterion: Mapping[str, Any]) -> bool:
    """An open question that somebody can answer; what the rules cannot read is read, not asked for."""
    is_open = bool(criterion["would_settle"]) and criterion["result"] == "unknown"
    return is_open and criterion["reason_code"] not in ("unsupported", "text_only")


def to_ask(found: Iterable[Place], asks: Iterable[Ask]) -> list[dict[str, Any]]:
    """What would settle open criteria, the most trials first, with what was already asked for. Places that
    are closed or excluded do not count."""
    trials: dict[str, set[str]] = defaultdict(set)
    for place in found:
        for criterion in place["criteria"] if place["part"] == "open" else ():
            if can_be_asked(criterion) and not criterion["answer"]:
                trials[criterion["would_settle"]].add(place["trial_id"])
    asked = {ask.what: ask for ask in asks}
    wanted = [
        {"what": what, "trials": sorted(ids), "ask": asked.pop(what[:300], None)}
        for what, ids in trials.items()
    ]
    others = [{"what": ask.what, "trials": ask.trials, "ask": ask} for ask in asked.values()]
    return sorted(wanted, key=lambda row: (-len(row["trials"]), row["what"])) + others
