"""After a restore from backup: take over what the ledgers have and our tables forgot. Sends nothing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from canonical.problems import Refused
from connections.errors import Failure
from connections.models import Connection
from syncs import posting
from tenants.models import Tenant
from tenants.scope import tenant_scope


class Command(BaseCommand):
    help = "Ask every ledger for the documents that are planned here, and adopt those it already has. Run it before any worker."

    def handle(self, *args: Any, **options: Any) -> None:
        for tenant in Tenant.objects.order_by("pk"):
            with tenant_scope(tenant):
                for ledger in Connection.objects.filter(state=Connection.State.ACTIVE).order_by("pk"):
                    self._adopt(tenant, ledger)

    def _adopt(self, tenant: Tenant, ledger: Connection) -> None:
        documents = posting.planned(ledger=ledger)
        if not documents:
            return
        try:
            found = sum(each.is_posted for each in posting.look(documents=documents).results)
        except (Failure, Refused) as error:
            self.stderr.write(f"{tenant.public_id} {ledger.public_id}: not asked ({error})")
            return
        self.stdout.write(f"{tenant.public_id} {ledger.public_id}: {found} of {len(documents)} were in the ledger already")
