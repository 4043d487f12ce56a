from .calls import ApiCall, InboundNotice
from .connection import AccountRoute, Connection, OAuthState
from .limits import Breaker, RateBudget
from .outbound import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookSecret
from .polled import PolledAccess, PolledCall, PollVisit
from .raw import RawBlob, SourceDocument
from .reference import ReferenceCopy
from .stray import StrayMessage
from .support import CredentialHandover, Disclosure
from .usage import UsageDay
from .vault import Grant, GrantSecret, TenantDataKey

__all__ = [
    "AccountRoute",
    "ApiCall",
    "Breaker",
    "Connection",
    "CredentialHandover",
    "Disclosure",
    "Grant",
    "GrantSecret",
    "InboundNotice",
    "OAuthState",
    "PollVisit",
    "PolledAccess",
    "PolledCall",
    "RateBudget",
    "RawBlob",
    "ReferenceCopy",
    "SourceDocument",
    "StrayMessage",
    "TenantDataKey",
    "UsageDay",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookSecret",
]
