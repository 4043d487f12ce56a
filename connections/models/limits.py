"""How much we may ask of a provider, and whether we should ask at all.

Global tables: a budget belongs to an application at a provider, and several tenants may share it.
`scope` is a keyed digest of (provider, environment, application, account, operation): it tells
nothing about whose it is.
"""

from __future__ import annotations

from django.db import models

from tenants.models import Shared


class RateBudget(Shared):
    """A token bucket, shared by all workers; several tokens are leased at once, since a hot row is a slow row."""

    scope = models.CharField(max_length=64, unique=True)
    provider = models.CharField(max_length=40)
    operation = models.CharField(max_length=60)
    rate = models.FloatField(help_text="tokens a second")
    burst = models.FloatField()
    tokens = models.FloatField()
    refilled_at = models.DateTimeField()
    blocked_until = models.DateTimeField(null=True, blank=True)
    learned_at = models.DateTimeField(null=True, blank=True)
    calls = models.BigIntegerField(default=0)
    throttled = models.BigIntegerField(default=0)


class Breaker(Shared):
    """Stops calls to what keeps failing: per connection, and per provider and environment.

    `scope` is "connection:<provider>:<environment>:<id>" or "provider:<provider>:<environment>".
    """

    scope = models.CharField(max_length=80, unique=True)
    state = models.CharField(max_length=10, default="closed")  # closed, open, half_open
    failures = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True, blank=True)
    probe_at = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)
