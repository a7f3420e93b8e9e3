"""Every change to a meeting: its agenda, its session, its decisions, and what became of them."""

from tumorboard.meetings.actions.agenda import add_item, move_item, plan_meeting, remove_item
from tumorboard.meetings.actions.decisions import (
    add_addendum,
    record_decision,
    record_dissent,
    record_note,
    record_recommendation,
    sign_off,
    withdraw_recommendation,
)
from tumorboard.meetings.actions.follow_up import record_follow_up
from tumorboard.meetings.actions.session import (
    close_meeting,
    open_meeting,
    record_attendance,
    record_print,
    recuse,
    set_position,
    start_item,
)

__all__ = [
    "add_addendum",
    "add_item",
    "close_meeting",
    "move_item",
    "open_meeting",
    "plan_meeting",
    "record_attendance",
    "record_decision",
    "record_dissent",
    "record_follow_up",
    "record_note",
    "record_print",
    "record_recommendation",
    "recuse",
    "remove_item",
    "set_position",
    "sign_off",
    "start_item",
    "withdraw_recommendation",
]
