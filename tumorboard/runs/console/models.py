"""Models that score: their card, criteria, signatures, watch and inventory, as the pages show them."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet

from tumorboard.accounts.models import User
from tumorboard.accounts.roles import may_use_console
from tumorboard.fusion import saved
from tumorboard.fusion.bias import KINDS
from tumorboard.fusion.cohort import MODALITIES
from tumorboard.fusion.criteria import Mark
from tumorboard.fusion.inventory import in_words
from tumorboard.fusion.validation import gap_at
from tumorboard.review.models import ScoreOpinion
from tumorboard.runs.scoring import load
from tumorboard.scores import permissions, policies
from tumorboard.scores.models import ScoringModel, Watch
from tumorboard.scores.status import TRANSITIONS, ModelState

Row = dict[str, Any]


def search(words: str, user: User) -> QuerySet[ScoringModel]:
    """Newest first; `words` is part of a name or version. Clinicians are not shown research."""
    found = ScoringModel.objects.filter(Q(name__icontains=words) | Q(version__icontains=words))
    found = found if may_use_console(user) else found.filter(state__in=permissions.OPEN_TO_CLINICIANS)
    return found.annotate(
        open_alerts=Count("alerts", filter=Q(alerts__settled_at=None), distinct=True)
    ).order_by("-trained_at", "-pk")


# ---- card


def card(model: ScoringModel) -> Row:
    """The card's parts, its figures and what clinicians thought of its scores."""
    rows = model.report.get("rows", [])
    return {
        "card": model.card,
        "report": model.report,
        "rows": rows,
        "lead": model.report.get("lead_over_clinical") or {},
        "groups": groups(model.card.get("groups", [])),
        "opinions": opinions(model),
    }


def gap_of(model: ScoringModel) -> str:
    """When the gaps of this model's figures are taken, in words."""
    return gap_at(next((row.get("gap_day") for row in model.report.get("rows", [])), None))


def groups(rows: list[Row]) -> list[Row]:
    """The groups with their kind in words; the row of everyone is first."""
    return [{**row, "label": KINDS.get(row["kind"], "")} for row in rows]


def opinions(model: ScoringModel) -> list[tuple[str, int]]:
    """How often clinicians agreed and disagreed, in words. Whose patients, the counts do not say."""
    found = ScoreOpinion.objects.filter(model=model.name, model_version=model.version)
    counts = dict(found.order_by().values_list("verdict").annotate(Count("pk")))
    return [(label, counts.get(code, 0)) for code, label in ScoreOpinion.Verdict.choices]


# ---- checkpoints


def measured(model: ScoringModel) -> dict[str, float | None]:
    """What the training run cannot know: whether its files are intact, what it has scored, open alerts."""
    return {
        "files_match": float(_intact(model)),
        "traced": float(bool(model.run_id and model.snapshot and len(model.hashes) >= 3)),
        "scored": model.scored,
        "open_alerts": model.alerts.unsettled().count(),
        "silent_days": _days_silent(model),
    }


def _intact(model: ScoringModel) -> bool:
    try:
        load(model)
    except saved.UnreadableModel:
        return False
    return True


def _days_silent(model: ScoringModel) -> float | None:
    if model.state != ModelState.SILENT or model.scored_at is None:
        return None
    return (model.scored_at - model.changed_at).days


def checkpoints(model: ScoringModel, user: User) -> Row:
    """The next step with its criteria and who has signed, and what this person may do."""
    step = model.next_step
    marks = policies.marks(model, step, measured(model)) if step else []
    signed = {one.role: one for one in model.signatures.filter(step=step)} if step else {}
    mine = permissions.parts_of(user, step) if step else []
    return {
        "step": step,
        "marks": marks,
        "stopped": any(mark.stops for mark in marks),
        "deviates": any(mark.deviates for mark in marks),
        "parts": [(part, signed.get(part)) for part in permissions.SIGNERS.get(step, {})] if step else [],
        "may_sign": [part for part in mine if part not in signed and not _has_signed(signed, user)],
        "may_stop": permissions.may_stop(user),
        "stops": [
            s for s in TRANSITIONS[ModelState(model.state)] if s in (ModelState.RETIRED, ModelState.REVOKED)
        ],
        "signatures": model.signatures.select_related("by"),
        "changes": model.changes.select_related("by"),
    }


def _has_signed(signed: Row, user: User) -> bool:
    return any(one.by_id == user.pk for one in signed.values())


def judged(mark: Mark) -> tuple[str, str]:
    """Kind and word of a criterion's outcome."""
    if mark.passed is None:
        return "plain", "Does not apply"
    return ("ok", "Pass") if mark.passed else ("bad" if mark.stops else "warn", "Fail")


# ---- drift, inventory


def latest_watch(model: ScoringModel) -> Watch | None:
    return model.watches.first()


def stock(model: ScoringModel) -> tuple[Row, str]:
    """The newest inventory, and when it was taken. JSON in the database keeps no order of names."""
    watch = latest_watch(model)
    if watch is not None and watch.window.get("inventory"):
        return watch.window["inventory"], f"as of {watch.at:%d %b %Y}"
    return model.card.get("inventory") or {}, "on the day of training"


def by_group(rows: list[Row], smallest: int) -> list[tuple[str, list[int | str]]]:
    """Rows of an inventory as cells: the group, its patients, and how many have each modality."""
    few = f"fewer than {smallest}"
    return [
        (row["group"], [few if row.get(name) is None else row[name] for name in ("n", *MODALITIES)])
        for row in rows
    ]


def patterns(model: ScoringModel) -> list[Row]:
    """What each pattern of modalities does to the held-out figures."""
    return [{**row, "words": in_words(row["has"])} for row in model.card.get("patterns", [])]
