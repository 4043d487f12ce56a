from .alerting import AlertDelivery, AlertPreference, AlertRule, SavedView
from .audit import AuditEvent, AuditSeal
from .base import Shared, TenantOwned
from .news import Alert, Event
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
    "SavedView",
    "Shared",
    "Tenant",
    "TenantOwned",
    "User",
]
