"""What waits for a steward: for the home of the console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from tumorboard.governance.console import emergencies, pinning
from tumorboard.governance.models import BreakGlass, Policy, TagProposal


@dataclass(frozen=True)
class Waiting:
    notices: int  # that nobody has seen
    emergencies: int  # not reviewed
    overdue: int
    proposals: int
    drafts: int
    damaged: int  # versions whose last check found damage


def waiting(user: Any) -> Waiting:
    open_ = Q(state=BreakGlass.State.OPEN)
    counted = BreakGlass.objects.aggregate(
        waiting=Count("pk", filter=open_), overdue=Count("pk", filter=open_ & Q(due_at__lt=timezone.now()))
    )
    return Waiting(
        notices=emergencies.unseen(user),
        emergencies=counted["waiting"],
        overdue=counted["overdue"],
        proposals=TagProposal.objects.filter(state=TagProposal.State.PROPOSED).count(),
        drafts=Policy.objects.filter(state=Policy.State.DRAFT).count(),
        damaged=pinning.checks({"state": pinning.DAMAGED}).count(),
    )
