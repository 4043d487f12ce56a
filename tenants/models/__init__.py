from .audit import AuditEvent, AuditSeal
from .base import Shared, TenantOwned
from .news import Alert, Event
from .people import Invitation, Membership, Tenant, User

__all__ = ["Alert", "AuditEvent", "AuditSeal", "Event", "Invitation", "Membership", "Shared", "Tenant", "TenantOwned", "User"]
