from .alerting import AlertDelivery, AlertPreference, AlertRule, SavedView
from .audit import AuditEvent, AuditSeal
from .base import Shared, TenantOwned
from .news import Alert, Event
from .operators import OperatorAct, PasswordUsed, SupportSession, WriteStop
from .partner import ApiKey, ApiMeter, ApiRequestKey
from .people import Invitation, Membership, Tenant, User

__all__ = [
    "Alert",
    "AlertDelivery",
    "AlertPreference",
    "AlertRule",
    "ApiKey",
    "ApiMeter",
    "ApiRequestKey",
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
