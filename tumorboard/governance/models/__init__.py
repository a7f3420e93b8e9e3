"""The tables of governance, by subject."""

from tumorboard.governance.models.published import PublishedVersion, Snapshot
from tumorboard.governance.models.reach import PatientReach
from tumorboard.governance.models.securables import Kind, Securable, SecurableGroupGrant, SecurableUserGrant

__all__ = [
    "Kind",
    "PatientReach",
    "PublishedVersion",
    "Securable",
    "SecurableGroupGrant",
    "SecurableUserGrant",
    "Snapshot",
]
