"""The way of a case, as data: which status may follow which, and who is expected to act in each."""

from __future__ import annotations

from django.db.models import TextChoices


class Status(TextChoices):
    REGISTERED = "registered", "Registered"
    IN_PREPARATION = "in_preparation", "In preparation"
    READY = "ready", "Ready"
    ON_AGENDA = "on_agenda", "On the agenda"
    DISCUSSED = "discussed", "Discussed"
    DECIDED = "decided", "Decided"
    IN_FOLLOW_UP = "in_follow_up", "In follow-up"
    CLOSED = "closed", "Closed"
    WITHDRAWN = "withdrawn", "Withdrawn"


# An urgent case may reach the agenda before it is ready; the worklist then says what is missing.
# From the agenda a case goes back when it is taken off, and after discussion when it is deferred.
TRANSITIONS: dict[Status, tuple[Status, ...]] = {
    Status.REGISTERED: (Status.IN_PREPARATION, Status.READY, Status.ON_AGENDA, Status.WITHDRAWN),
    Status.IN_PREPARATION: (Status.READY, Status.ON_AGENDA, Status.WITHDRAWN),
    Status.READY: (Status.IN_PREPARATION, Status.ON_AGENDA, Status.WITHDRAWN),
    Status.ON_AGENDA: (Status.IN_PREPARATION, Status.DISCUSSED),
    Status.DISCUSSED: (Status.DECIDED, Status.IN_PREPARATION),
    Status.DECIDED: (Status.IN_FOLLOW_UP, Status.CLOSED),
    Status.IN_FOLLOW_UP: (Status.CLOSED,),
    Status.CLOSED: (),
    Status.WITHDRAWN: (),
}

OWNERS: dict[Status, str] = {
    Status.REGISTERED: "coordinator",
    Status.IN_PREPARATION: "care team",
    Status.READY: "coordinator",
    Status.ON_AGENDA: "board",
    Status.DISCUSSED: "board",
    Status.DECIDED: "care team",
    Status.IN_FOLLOW_UP: "care team",
    Status.CLOSED: "nobody",
    Status.WITHDRAWN: "nobody",
}

BEFORE_MEETING = (Status.REGISTERED, Status.IN_PREPARATION, Status.READY)
OPEN = (*BEFORE_MEETING, Status.ON_AGENDA, Status.DISCUSSED)
DECIDED = (Status.DECIDED, Status.IN_FOLLOW_UP)
ENDED = (Status.CLOSED, Status.WITHDRAWN)


def may_follow(old: str, new: str) -> bool:
    return Status(new) in TRANSITIONS[Status(old)]


def drawn() -> str:
    """The state machine as a Mermaid diagram, for the documentation."""
    lines = ["stateDiagram-v2", f"    [*] --> {Status.REGISTERED.value}"]
    for old, followers in TRANSITIONS.items():
        lines += [f"    {old.value} --> {new.value}" for new in followers]
        if not followers:
            lines.append(f"    {old.value} --> [*]")
    return "\n".join(lines)
