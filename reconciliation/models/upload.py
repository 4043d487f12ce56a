"""A settlement file brought by hand: history that the marketplace no longer lists."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from connections.models import RawBlob
from syncs.models import Integration, SyncRun
from tenants.fields import TenantKey
from tenants.models import TenantOwned

from .settlement import Settlement


class Upload(TenantOwned):
    """One uploaded file and what became of it; a refused file keeps its reasons."""

    prefix = "upl"

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        READ = "read", _("Read")
        KNOWN = "known", _("Known already")
        REFUSED = "refused", _("Refused")

    integration = TenantKey(Integration)
    file_name = models.CharField(max_length=255)
    size = models.BigIntegerField()
    blob = TenantKey(RawBlob)
    run = TenantKey(SyncRun, null=True, blank=True)
    settlement = TenantKey(Settlement, null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    problems = models.JSONField(default=list)
    # When a person said that a refused file needs nothing more.
    dismissed_at = models.DateTimeField(null=True, blank=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    def accept(self, settlement: Settlement, *, known: bool = False) -> None:
        """It became this settlement, or it says what this one says already."""
        self.settlement, self.state, self.problems = settlement, self.State.KNOWN if known else self.State.READ, []
        self.save(update_fields=["settlement", "state", "problems"])

    def refuse(self, problems: list[dict[str, Any]]) -> None:
        self.state, self.problems = self.State.REFUSED, problems
        self.save(update_fields=["state", "problems"])
