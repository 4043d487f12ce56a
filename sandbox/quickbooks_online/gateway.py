"""The door in front of the accounting service: who calls, for which company, how often (ledgers.md 1.2, 1.3)."""

from __future__ import annotations

from typing import Final

from werkzeug.wrappers import Request

from sandbox.quickbooks_online import faults
from sandbox.quickbooks_online.grants import ACCOUNTING, Access, Grants
from sandbox.quickbooks_online.oauth import bearer
from sandbox.world import World

PER_MINUTE: Final = 500
PER_SECOND: Final = 10
BATCHES_PER_MINUTE: Final = 40
ALL_BATCHES_PER_MINUTE: Final = 120


def admit(grants: Grants, request: Request, realm: str) -> Access:
    """The caller's consent for this company. Raises Refusal 401 (3200) or 403 (3100)."""
    token = bearer(request)
    if not token:
        raise faults.unauthenticated("Authentication credentials are missing")
    access = grants.access(token)
    if access is None:
        raise faults.unauthenticated(f"Token expired: AB0...{token[-6:]}")
    if access.realm != realm or ACCOUNTING not in access.scope.split():
        raise faults.forbidden("The app is not authorized for this company")
    return access


def meter(world: World, access: Access, batch: bool) -> None:
    """Count the call against the company's limits. Raises Refusal 429 (3001)."""
    realm, app = access.realm, f"{access.realm}:{access.client}"
    limits = [(f"qbo:minute:{realm}", PER_MINUTE / 60, PER_MINUTE), (f"qbo:second:{app}", PER_SECOND, PER_SECOND)]
    if batch:
        limits.append((f"qbo:batch:{app}", BATCHES_PER_MINUTE / 60, BATCHES_PER_MINUTE))
        limits.append((f"qbo:batches:{realm}", ALL_BATCHES_PER_MINUTE / 60, ALL_BATCHES_PER_MINUTE))
    if any(world.take(key, rate, burst) for key, rate, burst in limits):
        raise faults.throttled()
