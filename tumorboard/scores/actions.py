"""Every write about models that score patients: they are entered, signed for, stopped; alerts are settled."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.fusion.criteria import as_rows
from tumorboard.scores import permissions, policies
from tumorboard.scores.models import Alert, ScoringModel, Signature, StateChange, Watch
from tumorboard.scores.status import ModelState

SUPERSEDED = "Another model was approved: a patient has one score."


@transaction.atomic
def enter_model(*, name: str, version: str, by: Any, **about: Any) -> ScoringModel:
    """Put a trained model on record, in research. The same content again is the same model, as it stands."""
    model, new = ScoringModel.objects.get_or_create(name=name, version=version, defaults=about)
    record(Event.MODEL_TRAINED, by=by, target=model, inputs=model.inputs, new=new)
    return model


@transaction.atomic
def sign(
    *,
    model: ScoringModel,
    step: ModelState,
    part: str,
    measured: Mapping[str, float | None],
    by: User,
    deviation: str = "",
) -> Signature:
    """Sign a step against its criteria. The step is taken when every part has signed, each another person.

    Whoever calls this has made sure that it is really `by` who signs (the view asks for the password again).
    """
    model = ScoringModel.objects.select_for_update().get(pk=model.pk)
    permissions.check_can_sign(by, step, part)
    policies.check_next(model, step)
    found = policies.marks(model, step, measured)
    policies.check_marks(found, deviation)
    content = {
        "model": model.name, "version": model.version, "synthetic": model.synthetic, "run": model.run_id,
        "hashes": model.hashes, "step": step.value, "part": part, "criteria": as_rows(found),
        "deviation": deviation.strip(),
    }  # fmt: skip
    signature = _signed(model, content, by)
    record(Event.MODEL_SIGNED, by=by, target=model, step=step, part=part, content_hash=signature.content_hash)
    _step_when_all_signed(model, step, by)
    return signature


def _signed(model: ScoringModel, content: dict[str, Any], by: User) -> Signature:
    at = timezone.now()
    content |= {"by": by.get_username(), "name": str(by), "at": at.isoformat()}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    try:
        with transaction.atomic():
            return Signature.objects.create(
                model=model, step=content["step"], role=content["part"], by=by, at=at,
                deviation=content["deviation"], content=content,
                content_hash=hashlib.sha256(text.encode()).hexdigest(),
            )  # fmt: skip
    except IntegrityError:
        raise Refused(
            "You have signed this step, or somebody has in that part: two people are needed."
        ) from None


def _step_when_all_signed(model: ScoringModel, step: ModelState, by: User) -> None:
    signed = set(model.signatures.filter(step=step).values_list("role", flat=True))
    if not signed >= set(permissions.SIGNERS[step]):
        return
    if step == ModelState.APPROVED:
        others = ScoringModel.objects.select_for_update().filter(state=ModelState.APPROVED)
        for other in others:
            _change(other, ModelState.RETIRED, SUPERSEDED, by)
    _change(model, step, "Signed by " + " and ".join(sorted(signed)) + ".", by)


@transaction.atomic
def stop_model(*, model: ScoringModel, state: ModelState, reason: str, by: User) -> None:
    """Retire or revoke, at once and by one person: from the next page on no clinician sees its scores."""
    permissions.check_can_stop(by)
    if not reason.strip():
        raise Refused("Say why the model is stopped.")
    model = ScoringModel.objects.select_for_update().get(pk=model.pk)
    policies.check_follows(model, state)
    _change(model, state, reason.strip()[:300], by)


def _change(model: ScoringModel, state: ModelState, reason: str, by: User) -> None:
    before = model.state
    changed = ScoringModel.objects.filter(pk=model.pk, state=before).update(
        state=state, changed_at=timezone.now()
    )
    if not changed:
        raise ChangedMeanwhile("Somebody else has just changed this model. Look at it again.")
    model.state = state
    StateChange.objects.create(model=model, before=before, after=state, by=by, reason=reason)
    record(Event.MODEL_STATE_CHANGED, by=by, target=model, before=before, after=state)


@transaction.atomic
def keep_watch(
    *, model: ScoringModel, window: Mapping[str, Any], findings: Sequence[Mapping[str, Any]], by: Any
) -> Watch:
    """Keep what the watch saw; each alarm opens an alert, or adds to the one that is open."""
    watch = Watch.objects.create(model=model, window=dict(window), findings=[dict(one) for one in findings])
    for finding in watch.alarms:
        _raise_alert(model, finding)
    record(Event.MODEL_WATCHED, by=by, target=model, tests=len(findings), alarms=len(watch.alarms))
    return watch


def _raise_alert(model: ScoringModel, finding: dict[str, Any]) -> None:
    alert, new = Alert.objects.get_or_create(
        model=model,
        family=finding["family"],
        subject=finding["subject"],
        settled_at=None,
        defaults={"finding": finding},
    )
    if not new:
        Alert.objects.filter(pk=alert.pk).update(
            finding=finding, last_at=timezone.now(), times=F("times") + 1
        )


@transaction.atomic
def settle_alert(*, alert: Alert, settlement: str, by: User) -> None:
    """A steward says what was found out about an alert."""
    permissions.check_can_settle(by)
    if not settlement.strip():
        raise Refused("Say what was found out, or what was done.")
    settled = Alert.objects.unsettled().filter(pk=alert.pk)
    if not settled.update(settled_at=timezone.now(), settled_by=by, settlement=settlement.strip()[:300]):
        raise ChangedMeanwhile("Somebody else has settled this alert.")
    record(Event.MODEL_ALERT_SETTLED, by=by, target=alert.model, alert=alert.pk, subject=alert.subject)


def note_scored(*, model: ScoringModel, patients: int) -> None:
    """How many patients the last scoring of everyone gave a row. The job itself is on record."""
    ScoringModel.objects.filter(pk=model.pk).update(scored=patients, scored_at=timezone.now())
