"""Every write of governance, by subject."""

from tumorboard.governance.actions.reach import close_reach, open_reach
from tumorboard.governance.actions.registering import register_securables
from tumorboard.governance.actions.snapshots import pin_snapshot
from tumorboard.governance.standing_grants import SERVICE_GROUP

__all__ = ["SERVICE_GROUP", "close_reach", "open_reach", "pin_snapshot", "register_securables"]
