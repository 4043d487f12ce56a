"""What a key may do: one scope for reading and one for changing each kind of thing."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    ORG_READ = "org:read", _("See the company's settings")
    ORG_WRITE = "org:write", _("Change the company's settings")
    CONNECTIONS_READ = "connections:read", _("See connections")
    CONNECTIONS_WRITE = "connections:write", _("Test, pause and resume connections")
    INTEGRATIONS_READ = "integrations:read", _("See integrations and schedules")
    INTEGRATIONS_WRITE = "integrations:write", _("Change integrations and schedules")
    SETTLEMENTS_READ = "settlements:read", _("See settlements, their rows, documents and proofs")
    SETTLEMENTS_POST = "settlements:post", _("Post settlements to the ledger and undo postings")
    ORDERS_READ = "orders:read", _("See orders")
    BANK_READ = "bank:read", _("See payouts, bank lines and matches")
    BANK_WRITE = "bank:write", _("Match payouts with bank lines")
    MAPPINGS_READ = "mappings:read", _("See mappings")
    MAPPINGS_WRITE = "mappings:write", _("Change and publish mappings")
    RUNS_READ = "runs:read", _("See runs and operations")
    RUNS_WRITE = "runs:write", _("Start, retry and cancel runs")
    ERRORS_READ = "errors:read", _("See held records")
    ERRORS_WRITE = "errors:write", _("Retry held records")
    WEBHOOKS_READ = "webhooks:read", _("See webhook endpoints, events and deliveries")
    WEBHOOKS_WRITE = "webhooks:write", _("Change webhook endpoints and send events again")


READ_ONLY = tuple(scope for scope in Scope if scope.value.endswith(":read"))
