"""A CTML draft as text: whether it can be read, and where it cannot."""

from __future__ import annotations

import hashlib

import yaml

from tumorboard.trials.criteria import Trial
from tumorboard.trials.ctml import Malformed, read_trial

LONGEST = 400_000  # characters of a CTML document; the longest published one has a tenth of it


class UnreadableDraft(ValueError):
    """The document is no CTML trial. The message says where and why."""


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read_draft_of(trial_id: str, document: str) -> Trial:
    """As `read_draft`, of this trial: approved, the draft of another one would take that one's place."""
    trial = read_draft(document)
    if trial.trial_id != trial_id:
        raise UnreadableDraft(f"protocol_no: names another trial, here it must be {trial_id}")
    return trial


def read_draft(document: str) -> Trial:
    """The trial that a draft's YAML says. Raises UnreadableDraft."""
    if len(document) > LONGEST:
        raise UnreadableDraft(f"longer than {LONGEST} characters")
    try:
        parsed = yaml.safe_load(document)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UnreadableDraft(_where(error)) from None
    try:
        return read_trial(parsed)
    except Malformed as error:
        raise UnreadableDraft(str(error)) from None


def _where(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
    return f"{place}not YAML: {getattr(error, 'problem', None) or 'cannot be read'}"
