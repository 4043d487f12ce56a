"""What passes between the operator's console, which has no key to the vault, and a worker, which has.

Both rows are sealed letters: a credential that an operator was given, on its way into the vault, and
one exchange with a provider, on its way to the operator who asked to see it. Each is opened once and
then emptied.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import TenantKey
from tenants.models import TenantOwned

from .calls import ApiCall
from .connection import Connection


class CredentialHandover(TenantOwned):
    """A credential pasted by an operator, for a worker to try and to seal. The console can write it and not read it back."""

    prefix = "hnd"

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting for a worker")
        DONE = "done", _("In use")
        REFUSED = "refused", _("Refused")

    connection = TenantKey(Connection)
    operator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    sealed = models.BinaryField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    problem = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True, blank=True)


class Disclosure(TenantOwned):
    """One exchange that an operator asked to see: with its values blanked, or, for a reason and once, as it was."""

    prefix = "dis"

    class Level(models.TextChoices):
        REDACTED = "redacted", _("With its values blanked")
        WHOLE = "whole", _("As it was")

    call = TenantKey(ApiCall, on_delete=models.CASCADE)
    operator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    level = models.CharField(max_length=8, choices=Level.choices)
    reason = models.CharField(max_length=300, blank=True)
    sealed = models.BinaryField(null=True, blank=True)
    sealed_at = models.DateTimeField(null=True, blank=True)
    shown_at = models.DateTimeField(null=True, blank=True)
