"""The purpose of a session: chosen by the person, of those that their grants name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from tumorboard.governance.models import Study
from tumorboard.governance.permissions import purposes_of
from tumorboard.governance.purposes import RESEARCH, WORDS

PURPOSE, STUDY, CODE = "purpose", "study", "study_code"  # keys of the session


@dataclass(frozen=True)
class Chosen:
    """Why this session reads: a purpose and, for research, the study. Empty: for nothing."""

    purpose: str = ""
    study: Study | None = None

    @property
    def words(self) -> str:
        words = WORDS.get(self.purpose, "none")
        return f"{words}: {self.study.code}" if self.study else words


def current(request: HttpRequest, allowed: Sequence[str] | None = None) -> Chosen:
    """What the session has chosen, if the grants still allow it; else the first purpose they name."""
    allowed = purposes_of(request.user) if allowed is None else allowed
    asked = request.session.get(PURPOSE)
    purpose = asked if asked in allowed else next(iter(allowed), "")
    if purpose != RESEARCH:
        return Chosen(purpose)
    found = [s for s in studies_of(request.user) if str(s.uuid) == request.session.get(STUDY)]
    return Chosen(purpose, found[0] if found else None)


def studies_of(user: Any) -> list[Study]:
    """Open studies that the person works on."""
    mine = Study.objects.filter(members__user=user, members__left_at=None, purpose=RESEARCH)
    return [study for study in mine if study.is_open()]


def words_of(session: Any) -> str:
    """The chosen purpose for the header."""
    words = WORDS.get(session.get(PURPOSE, ""), "")
    return f"{words}: {session[CODE]}" if words and session.get(CODE) else words
