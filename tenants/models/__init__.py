from .alerting import AlertDelivery, AlertPreference, AlertRule, SavedView
from .audit import AuditEvent, AuditSeal
from .base import Shared, TenantOwned
from .news import Alert, Event
from .operators import OperatorAct, PasswordUsed, SupportSession, WriteStop
from .people import Invitation, Membership, Tenant, User

__all__ = [
    "Alert",
    "AlertDelivery",
    "AlertPreference",
    "AlertRule",
    "AuditEvent",
    "AuditSeal",
    "Event",
    "Invitation",
    "Membership",
    "OperatorAct",
    "PasswordUsed",
    "SavedView",
    "Shared",
    "SupportSession",
    "Tenant",
    "TenantOwned",
    "User",
    "WriteStop",
]
