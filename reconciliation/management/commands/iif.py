"""`manage.py iif TENANT SETTLEMENT`: the settlement's entry as an IIF file, on the output."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from canonical.problems import Refused
from reconciliation.exporting import iif
from reconciliation.models import Settlement
from tenants.models import Tenant
from tenants.scope import tenant_scope


class Command(BaseCommand):
    help = _("Write a settlement's entry as an IIF file for QuickBooks Desktop.")

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("tenant", help=_("the company's id, as in its addresses"))
        parser.add_argument("settlement", help=_("the settlement's id, ours or Amazon's"))

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(public_id=options["tenant"]).first()
        if tenant is None:
            raise CommandError(gettext("There is no such company."))
        with tenant_scope(tenant):
            asked = options["settlement"]
            rows = Settlement.objects.exclude(state=Settlement.State.SUPERSEDED).select_related("integration")
            one = rows.filter(public_id=asked).first() or rows.filter(settlement_id=asked).order_by("-pk").first()
            if one is None:
                raise CommandError(gettext("There is no such settlement."))
            try:
                self.stdout.write(iif(one).decode("cp1252"), ending="")
            except Refused as refusal:
                raise CommandError(refusal.problems[0].text(gettext)) from refusal
