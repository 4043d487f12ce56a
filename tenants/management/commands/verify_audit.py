"""Check every tenant's audit chain: `manage.py verify_audit [--tenant ten_...]`. Exit code 1 if one is broken."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import sealing
from tenants.models import Tenant
from tenants.scope import tenant_scope


class Command(BaseCommand):
    help = "Recompute the hash chains of the audit trail and say whether they hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", default="", help="public id of one tenant; default: all")

    def handle(self, *args: Any, **options: Any) -> None:
        tenants = Tenant.objects.order_by("pk")
        if options["tenant"]:
            tenants = tenants.filter(public_id=options["tenant"])
        broken = [tenant.public_id for tenant in tenants if not self._holds(tenant)]
        if broken:
            raise CommandError(f"the audit trail does not hold for: {', '.join(broken)}")

    def _holds(self, tenant: Tenant) -> bool:
        with tenant_scope(tenant):
            verdict = sealing.verify()
        text = f"{tenant.public_id}  {verdict.state}  seals {verdict.seals}, sealed {verdict.sealed}, waiting {verdict.unsealed}"
        self.stdout.write(text + (f", first bad seal {verdict.broken_at}" if verdict.broken_at else ""))
        return verdict.broken_at is None
