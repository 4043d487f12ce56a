from .audit import AuditEvent, AuditSeal
from .base import Shared, TenantOwned
from .news import Alert, Event
from .partner import ApiKey, ApiMeter, ApiRequestKey
from .people import Invitation, Membership, Tenant, User

__all__ = [
    "Alert",
    "ApiKey",
    "ApiMeter",
    "ApiRequestKey",
    "AuditEvent",
    "AuditSeal",
    "Event",
    "Invitation",
    "Membership",
    "Shared",
    "Tenant",
    "TenantOwned",
    "User",
]
