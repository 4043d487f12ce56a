"""What stands in the errors inbox beside the records themselves: who sees to a trouble, and how it ended.

What is open is read from the records, documents, runs and connections, which are the truth; a Case only
remembers what they cannot: who it was given to, since when it stands, and what became of it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import TenantKey
from tenants.models import TenantOwned

from .integration import Integration


class Case(TenantOwned):
    """One cause of trouble, from the moment it shows until it is over. `fingerprint` is the cause."""

    prefix = "cas"

    class Kind(models.TextChoices):
        RECORD = "record", _("Records")
        DOCUMENT = "document", _("Documents")
        RUN = "run", _("Runs")
        CONNECTION = "connection", _("Connections")
        NOTICE = "notice", _("Notices")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        HIDDEN = "hidden", _("Put aside")  # a person said so while the trouble itself goes on
        RESOLVED = "resolved", _("Resolved")

    class Outcome(models.TextChoices):
        MENDED = "mended", _("Worked afterwards")
        BY_HAND = "by_hand", _("Resolved by hand")
        IGNORED = "ignored", _("Ignored")

    fingerprint = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    problem_code = models.CharField(max_length=80)
    problem_params = models.JSONField(default=dict)
    problem_where = models.JSONField(default=dict)
    integration = TenantKey(Integration, null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # The most records it ever had at once.
    most = models.PositiveIntegerField(default=1)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "fingerprint"], condition=models.Q(state__in=["open", "hidden"]), name="case_open_once"
            )
        ]
        indexes = [models.Index(fields=["tenant", "state", "-resolved_at"], name="case_by_state")]


class RecordEdit(TenantOwned):
    """One field of a record's input, changed by a person before a retry. Written once: the original stays readable."""

    prefix = "edt"

    item = TenantKey("syncs.WorkItem")
    step = models.CharField(max_length=80)
    field = models.CharField(max_length=60)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["tenant", "item", "id"], name="record_edit_of_item")]
