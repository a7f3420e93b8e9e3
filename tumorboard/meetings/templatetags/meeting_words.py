"""`{% load meeting_words %}`: the words for the codes that decisions are kept in."""

from __future__ import annotations

from django import template

from tumorboard.meetings.codes import FollowUpState, Kind, NoRecommendation, Outcome, Reason
from tumorboard.meetings.evidence import Scale

register = template.Library()
LISTS = {
    "kind": Kind,
    "outcome": Outcome,
    "no_recommendation": NoRecommendation,
    "scale": Scale,
    "follow_up": FollowUpState,
    "reason": Reason,
}


@register.filter
def words(code: str, of: str) -> str:
    """`{{ recommendation.kind|words:"kind" }}`; a code that is no longer known is shown as it is."""
    return LISTS[of](code).label if code in LISTS[of].values else code
