"""Every write of governance, by subject."""

from tumorboard.governance.actions.emergency import break_glass, note_opening, review_break_glass, see_notice
from tumorboard.governance.actions.extracts import (
    ask_extract,
    decide_extract,
    expire_extract,
    fail_extract,
    keep_extract,
    note_taken,
)
from tumorboard.governance.actions.grants import give_grant, take_grant
from tumorboard.governance.actions.policies import draft_policy, publish_policy, retire_policy
from tumorboard.governance.actions.reach import close_reach, open_reach
from tumorboard.governance.actions.registering import register_securables
from tumorboard.governance.actions.snapshots import pin_snapshot
from tumorboard.governance.actions.studies import (
    add_study_member,
    assign_quality,
    create_study,
    end_quality,
    record_consents,
    remove_study_member,
    restrict_patient,
    set_units,
    withdraw_consent,
)
from tumorboard.governance.actions.tags import approve_tags, reject_tags, remove_tags, set_tags
from tumorboard.governance.actions.tokens import issue_token, revoke_token
from tumorboard.governance.standing_grants import SERVICE_GROUP

__all__ = [
    "SERVICE_GROUP", "add_study_member", "approve_tags", "ask_extract", "assign_quality", "break_glass",
    "close_reach", "create_study", "decide_extract", "draft_policy", "end_quality", "expire_extract",
    "fail_extract", "give_grant", "issue_token", "keep_extract", "note_opening", "note_taken",
    "open_reach", "pin_snapshot", "publish_policy", "record_consents", "register_securables",
    "reject_tags", "remove_study_member", "remove_tags", "restrict_patient", "retire_policy",
    "review_break_glass", "revoke_token", "see_notice", "set_tags", "set_units", "take_grant",
    "withdraw_consent",
]  # fmt: skip
