"""Messages of a provider's queue that belong to no tenant: kept so that an operator sees them, not lost."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import Shared


class StrayMessage(Shared):
    """One message that could not be given to a tenant, however often it came.

    Global, since nothing in it tells whose it is. The bytes of one that cannot be read are sealed with the
    installation's own key; of one for an account that nobody here has, only the fact is kept.
    """

    class Reason(models.TextChoices):
        UNREADABLE = "unreadable", _("Cannot be read")
        NOBODYS = "nobodys", _("For an account that nobody here has connected")

    provider = models.CharField(max_length=40)
    environment = models.CharField(max_length=20)
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the bytes")
    reason = models.CharField(max_length=12, choices=Reason)
    kind = models.CharField(max_length=40, blank=True)
    size = models.PositiveIntegerField()
    sealed = models.BinaryField(default=b"")
    times = models.PositiveIntegerField(default=1)
    last_seen_at = models.DateTimeField()
