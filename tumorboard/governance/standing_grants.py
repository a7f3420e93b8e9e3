"""The grants that every installation has: what a role may do with the lake. Patients take a relation too.

Administration opens no data: stewards manage, tag and read the access log; administrators browse; privacy
officers read the log and, with EXPORT alone, approve what others take out.
"""

from __future__ import annotations

from dataclasses import dataclass

from tumorboard.accounts.roles import CLINICIANS, Role
from tumorboard.governance.models import Privilege as P
from tumorboard.governance.purposes import OPERATIONS, QUALITY, RESEARCH, TRAINING, TREATMENT

CATALOG = "tumorboard"
SCHEMAS = ("bronze", "silver", "gold", "models")
SERVICE_GROUP = "service"


@dataclass(frozen=True)
class StandingGrant:
    group: str
    privileges: tuple[P, ...]
    purposes: tuple[str, ...] = ()
    on: str = CATALOG


USE = (P.USE_CATALOG, P.USE_SCHEMA)
STANDING_GRANTS = (
    *(
        StandingGrant(role.group_name, privileges, purposes)
        for role in (*sorted(CLINICIANS), Role.COORDINATOR)
        for privileges, purposes in (
            ((*USE, P.TIME_TRAVEL), ()),
            ((P.SELECT, P.READ_VOLUME), (TREATMENT,)),
        )
    ),
    StandingGrant(Role.DATA_STEWARD.group_name, (*USE, P.BROWSE, P.MANAGE, P.TAG, P.AUDIT_READ)),
    StandingGrant(Role.ADMINISTRATOR.group_name, (*USE, P.BROWSE, P.AUDIT_READ)),
    StandingGrant(Role.RESEARCHER.group_name, (*USE, P.BROWSE, P.TIME_TRAVEL)),
    StandingGrant(Role.RESEARCHER.group_name, (P.SELECT_DEID,), (RESEARCH,), "silver"),
    StandingGrant(Role.RESEARCHER.group_name, (P.SELECT_DEID,), (RESEARCH,), "gold"),
    StandingGrant(Role.QUALITY_OFFICER.group_name, (*USE, P.BROWSE)),
    StandingGrant(Role.QUALITY_OFFICER.group_name, (P.SELECT_DEID,), (QUALITY,), "silver"),
    StandingGrant(Role.QUALITY_OFFICER.group_name, (P.SELECT_DEID,), (QUALITY,), "gold"),
    StandingGrant(Role.PRIVACY_OFFICER.group_name, (*USE, P.BROWSE, P.AUDIT_READ)),
    StandingGrant(Role.PRIVACY_OFFICER.group_name, (P.EXPORT,), (RESEARCH, QUALITY), "silver"),
    StandingGrant(Role.PRIVACY_OFFICER.group_name, (P.EXPORT,), (RESEARCH, QUALITY), "gold"),
    StandingGrant(SERVICE_GROUP, (*USE, P.TIME_TRAVEL, P.EXECUTE, P.CREATE)),
    StandingGrant(SERVICE_GROUP, (P.SELECT, P.READ_VOLUME), (OPERATIONS, TRAINING)),
    StandingGrant(SERVICE_GROUP, (P.MODIFY,), (OPERATIONS,), "gold"),
    StandingGrant(SERVICE_GROUP, (P.WRITE_VOLUME,), (OPERATIONS,), "landing"),
)
