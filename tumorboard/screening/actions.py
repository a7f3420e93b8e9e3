"""Every write of trial screening by people, and the record of what screening again changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from tumorboard.accounts.models import User
from tumorboard.accounts.refusals import ChangedMeanwhile, Refused
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.screening.ctml_drafts import UnreadableDraft, digest, read_draft_of
from tumorboard.screening.models import (
    Ask,
    Change,
    Override,
    ParseProposal,
    Referral,
    ReferralStep,
    RegistryReading,
    TrialDraft,
)
from tumorboard.screening.permissions import check_can_curate, check_can_override, check_can_refer
from tumorboard.screening.status import Declined, State, may_follow
from tumorboard.trials.eligibility.proposing import Proposal


def rests_on(criterion: Mapping[str, Any]) -> str:
    """What a computed answer rested on: the trial's version, the result, the finding in words (a corrected
    value keeps its row) and the evidence rows. An override holds as long as this stays the same; after that
    it asks to be confirmed."""
    said = [criterion.get("trial_version") or "", criterion["result"], criterion.get("note") or ""]
    parts = [*said, *sorted(criterion["evidence"])]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@transaction.atomic
def override(
    *,
    patient_key: str,
    criterion: Mapping[str, Any],
    value: str,
    reason: str,
    text: str,
    by: User,
    expires_on: date | None = None,
) -> Override:
    """Answer one criterion (a row of gold.trial_matches) beside the computed result. A former answer of the
    same criterion is withdrawn by it. Refused without words, or with a day of expiry that has passed; raises
    ChangedMeanwhile when somebody else answered at the same moment."""
    check_can_override(by, patient_key)
    if not text.strip():
        raise Refused("Say in words why you answer this criterion yourself.")
    if expires_on is not None and expires_on < timezone.localdate():
        raise Refused("The day it expires has already passed.")
    place = {name: criterion[name] for name in ("trial_id", "code", "path")}
    made = Override(
        patient_key=patient_key,
        **place,
        value=Override.Value(value),
        computed=criterion["result"],
        rests_on=rests_on(criterion),
        reason=Override.Reason(reason),
        text=text.strip(),
        by=by,
        expires_on=expires_on,
    )
    _replace(made, Override.objects.of(patient_key).filter(**place))
    record(Event.CRITERION_OVERRIDDEN, by=by, target=made, patient_key=patient_key, trial=made.trial_id)
    return made


def _replace(made: Override, former: Any) -> None:
    try:
        with transaction.atomic():
            _withdraw(former, made.by)
            made.save(force_insert=True)
    except IntegrityError:
        raise ChangedMeanwhile("Somebody else has answered this meanwhile. Reload the page.") from None


@transaction.atomic
def withdraw_override(*, override: Override, by: User) -> None:
    """Take an answer back; the computed result counts again. The row stays."""
    check_can_override(by, override.patient_key)
    if not _withdraw(Override.objects.filter(pk=override.pk), by):
        raise ChangedMeanwhile("That answer had already been withdrawn.")
    record(Event.OVERRIDE_WITHDRAWN, by=by, target=override, patient_key=override.patient_key)


def _withdraw(found: Any, by: User) -> int:
    return int(found.filter(withdrawn_at=None).update(withdrawn_at=timezone.now(), withdrawn_by=by))


@transaction.atomic
def refer(*, patient_key: str, trial_id: str, by: User, code: str = "", text: str = "") -> Referral:
    """Put a trial on the list of what is to be discussed for a patient. Twice is once."""
    check_can_refer(by, patient_key)
    made, new = Referral.objects.get_or_create(
        patient_key=patient_key, trial_id=trial_id, defaults={"code": code, "opened_by": by}
    )
    if new:
        _step(made, State.TO_DISCUSS, by, text=text)
    return made


@transaction.atomic
def move_referral(
    *, referral: Referral, to: str, by: User, because: str = "", site: str = "", text: str = ""
) -> Referral:
    """Take the next step. Refused when it may not follow, or when declined without a reason; raises
    ChangedMeanwhile when somebody else was first."""
    check_can_refer(by, referral.patient_key)
    if not may_follow(referral.state, to):
        raise Refused(f"From '{referral.get_state_display()}' it cannot become '{State(to).label}'.")
    if to == State.DECLINED and because not in Declined.values:
        raise Refused("Say why it was declined.")
    moved = Referral.objects.filter(pk=referral.pk, state=referral.state)
    if not moved.update(state=to, changed_at=timezone.now()):
        raise ChangedMeanwhile("Somebody else has noted a step meanwhile. Reload the page.")
    referral.refresh_from_db()
    _step(referral, State(to), by, because=because if to == State.DECLINED else "", site=site, text=text)
    return referral


def _step(referral: Referral, state: State, by: User, **words: str) -> None:
    kept = {name: value.strip() for name, value in words.items()}
    ReferralStep.objects.create(referral=referral, state=state, by=by, **kept)
    record(
        Event.REFERRAL_MOVED,
        by=by,
        target=referral,
        patient_key=referral.patient_key,
        trial=referral.trial_id,
        state=state.value,
    )


@transaction.atomic
def ask_for(*, patient_key: str, what: str, by: User, trials: Iterable[str] = (), whom: str = "") -> Ask:
    """Note that a test or document was asked for. The same open question twice is one."""
    check_can_refer(by, patient_key)
    if not what.strip():
        raise Refused("Say what is asked for.")
    wanted = {"patient_key": patient_key, "what": what.strip()[:300], "state": Ask.State.OPEN}
    try:
        with transaction.atomic():
            made = Ask.objects.create(**wanted, trials=sorted(set(trials)), whom=whom, by=by)
    except IntegrityError:
        return Ask.objects.get(**wanted)
    record(Event.TEST_ASKED_FOR, by=by, target=made, patient_key=patient_key, trials=made.trials)
    return made


@transaction.atomic
def settle_ask(*, ask: Ask, state: str, by: User, text: str = "") -> None:
    """Answered, or no longer needed."""
    check_can_refer(by, ask.patient_key)
    if state not in (Ask.State.ANSWERED, Ask.State.DROPPED):
        raise Refused("A question that was asked is answered or dropped.")
    settled = {"state": state, "settled_by": by, "settled_at": timezone.now(), "text": text.strip()}
    if not Ask.objects.filter(pk=ask.pk, state=Ask.State.OPEN).update(**settled):
        raise ChangedMeanwhile("Somebody else has settled this meanwhile.")
    record(Event.TEST_SETTLED, by=by, target=ask, patient_key=ask.patient_key, state=state)


@transaction.atomic
def read_changes(*, patient_key: str, by: User) -> int:
    """Mark what changed for a patient as read by somebody of the care team; how many there were."""
    check_can_refer(by, patient_key)
    unread = Change.objects.of(patient_key).unread()
    count = int(unread.update(read_at=timezone.now(), read_by=by))
    if count:
        record(Event.CHANGES_READ, by=by, patient_key=patient_key, count=count)
    return count


@transaction.atomic
def save_trial_draft(*, trial_id: str, text: str, document: str, by: User) -> TrialDraft:
    """Keep a new version of a trial's draft; the same words again change nothing. Refused when it is no CTML
    of this trial."""
    check_can_curate(by)
    try:
        read_draft_of(trial_id, document)
    except UnreadableDraft as error:
        raise Refused(f"This is no CTML of this trial: {error}") from None
    last = TrialDraft.objects.select_for_update().filter(trial_id=trial_id).first()
    if last is not None and (last.document, last.text_hash) == (document, digest(text)):
        return last
    made = TrialDraft.objects.create(
        trial_id=trial_id, text=text, text_hash=digest(text), document=document, by=by
    )
    record(Event.DRAFT_REVIEWED, by=by, target=made, trial=trial_id, state="saved")
    return made


@transaction.atomic
def review_trial_draft(*, draft: TrialDraft, approve: bool, by: User, remark: str = "") -> TrialDraft:
    """Approve a draft, or send it back with a remark. Never by the person who wrote it, and only the last."""
    check_can_curate(by)
    if draft.by_id == by.pk:
        raise Refused("Somebody else must review what you wrote.")
    if not approve and not remark.strip():
        raise Refused("Say what is to be changed.")
    if TrialDraft.objects.filter(trial_id=draft.trial_id, pk__gt=draft.pk).exists():
        raise ChangedMeanwhile("There is a newer version of this draft. Look at that one.")
    state = TrialDraft.State.APPROVED if approve else TrialDraft.State.REFUSED
    said = {"state": state, "reviewed_by": by, "reviewed_at": timezone.now(), "remark": remark.strip()}
    if not TrialDraft.objects.filter(pk=draft.pk, state=TrialDraft.State.DRAFT).update(**said):
        raise ChangedMeanwhile("Somebody else has reviewed this draft meanwhile.")
    draft.refresh_from_db()
    record(Event.DRAFT_REVIEWED, by=by, target=draft, trial=draft.trial_id, state=state.value)
    return draft


def keep_proposals(*, trial_id: str, text: str, proposals: Iterable[Proposal]) -> int:
    """Keep what a language model proposed; the same one twice is one. Runs inside the effect of a job."""
    made = [
        ParseProposal(
            trial_id=trial_id,
            text_hash=digest(text),
            start=one.start,
            end=one.end,
            quote=one.quote,
            ctml=dict(one.ctml),
            negated=one.negated,
            model=one.model,
        )
        for one in proposals
    ]
    return len(ParseProposal.objects.bulk_create(made, ignore_conflicts=True))


@transaction.atomic
def review_proposal(*, proposal: ParseProposal, approve: bool, by: User) -> None:
    """A curator's yes or no. Raises ChangedMeanwhile when somebody else was first."""
    check_can_curate(by)
    state = ParseProposal.State.APPROVED if approve else ParseProposal.State.REJECTED
    open_ones = ParseProposal.objects.filter(pk=proposal.pk, state=ParseProposal.State.PROPOSED)
    if not open_ones.update(state=state, reviewed_by=by, reviewed_at=timezone.now()):
        raise ChangedMeanwhile("Somebody else has decided on this proposal meanwhile.")
    record(Event.PROPOSAL_REVIEWED, by=by, target=proposal, trial=proposal.trial_id, state=state.value)


@transaction.atomic
def keep_reading(
    *, address: str, known_until: date | None, records: int, changed: int, by: Any
) -> RegistryReading:
    """Note that the trial registry was read, and up to which day it is known now."""
    made = RegistryReading.objects.create(
        address=address, known_until=known_until, records=records, changed=changed
    )
    record(Event.TRIALS_SYNCED, by=by, target=made, records=records, changed=changed)
    return made


def record_changes(*, changes: Iterable[Change]) -> int:
    """Keep what a screening run found different; a step done twice tells it once. Runs inside the effect."""
    return len(Change.objects.bulk_create(changes, ignore_conflicts=True, batch_size=1000))
