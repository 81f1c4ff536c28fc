"""Who: partnerships and their policy, organisations, people, roles, sub-groups and the audit trail."""

from .account import User
from .audit import AuditEntry
from .buildable import Buildable
from .organisation import CompetencyGroup, Organisation, Sector
from .partnership import Partnership, PolicyVersion, ProfileLoad
from .person import JoinRequest, Membership, MembershipRole, Person
from .subgroup import Meeting, SubGroup

__all__ = [
    "AuditEntry",
    "Buildable",
    "CompetencyGroup",
    "JoinRequest",
    "Meeting",
    "Membership",
    "MembershipRole",
    "Organisation",
    "Partnership",
    "Person",
    "PolicyVersion",
    "ProfileLoad",
    "Sector",
    "SubGroup",
    "User",
]
