"""Choosing what a session is for."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from tumorboard.accounts.refusals import Refused
from tumorboard.audit.events import Event
from tumorboard.audit.record import record
from tumorboard.governance.choosing import CODE, PURPOSE, STUDY, studies_of
from tumorboard.governance.models import Study
from tumorboard.governance.permissions import purposes_of
from tumorboard.governance.purposes import RESEARCH


@transaction.atomic
def choose_purpose(*, session: Any, purpose: str, by: Any, study: Study | None = None) -> None:
    """Let a session read for `purpose`, in research for a study that the person works on."""
    if purpose not in purposes_of(by):
        raise Refused("Your roles do not allow that purpose.")
    if purpose == RESEARCH and study not in studies_of(by):
        raise Refused("Research is for one of your open studies.")
    session[PURPOSE] = purpose
    chosen = study if purpose == RESEARCH else None
    session[STUDY], session[CODE] = (str(chosen.uuid), chosen.code) if chosen else ("", "")
    record(Event.PURPOSE_CHOSEN, by=by, purpose=purpose, study=session[STUDY])
