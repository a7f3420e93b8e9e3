"""The tables of governance, by subject."""

from tumorboard.governance.models.capabilities import Capability
from tumorboard.governance.models.emergency import BreakGlass, Notice
from tumorboard.governance.models.extracts import ExtractRequest
from tumorboard.governance.models.policies import Policy, PolicyEpoch
from tumorboard.governance.models.published import PublishedVersion, ScrubResult, Snapshot
from tumorboard.governance.models.reach import PatientReach
from tumorboard.governance.models.securables import (
    DATA_PRIVILEGES,
    Effect,
    Kind,
    Privilege,
    Securable,
    SecurableGroupGrant,
    SecurableUserGrant,
)
from tumorboard.governance.models.studies import (
    Consent,
    PatientUnit,
    QualityAssignment,
    Study,
    StudyMember,
    StudyPseudonym,
)
from tumorboard.governance.models.tags import ColumnTag, TagProposal

__all__ = [
    "DATA_PRIVILEGES",
    "BreakGlass",
    "Capability",
    "ColumnTag",
    "Consent",
    "Effect",
    "ExtractRequest",
    "Kind",
    "Notice",
    "PatientReach",
    "PatientUnit",
    "Policy",
    "PolicyEpoch",
    "Privilege",
    "PublishedVersion",
    "QualityAssignment",
    "ScrubResult",
    "Securable",
    "SecurableGroupGrant",
    "SecurableUserGrant",
    "Snapshot",
    "Study",
    "StudyMember",
    "StudyPseudonym",
    "TagProposal",
]
