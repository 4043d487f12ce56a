"""What should stand in the ledger, what was sent, and what became of it.

LedgerDocument is the intent and its unique keys are what makes posting happen once.
DocumentRevision is immutable. PostingAttempt says `sent` and is committed before the call.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from connections.models import Connection
from tenants.fields import AmountField, CurrencyField, TenantKey
from tenants.models import TenantOwned
from tenants.stamps import UpdatedField

from .mapping import MappingVersion


class LedgerDocument(TenantOwned):
    """One document of one source in one ledger: planned, posting, posted, amending, unknown, held, undoing or undone.

    `current_revision` is what stands in the ledger once it is posted, before that what is to be sent.
    `pending_revision` is what a posted document should say by now; it is sent when somebody asks for it.
    """

    prefix = "doc"

    class State(models.TextChoices):
        PLANNED = "planned", _("Ready")
        POSTING = "posting", _("Posting")
        POSTED = "posted", _("Posted")
        AMENDING = "amending", _("Updating")
        UNKNOWN = "unknown", _("Outcome unknown")
        HELD = "held", _("Held")
        UNDOING = "undoing", _("Undoing")
        UNDONE = "undone", _("Undone")

    ledger = TenantKey(Connection)
    source = TenantKey(Connection)
    source_ref = models.CharField(max_length=160)
    source_kind = models.CharField(max_length=20, default="settlement")
    document_type = models.CharField(max_length=20)
    part = models.CharField(max_length=12, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PLANNED)
    current_revision = TenantKey("syncs.DocumentRevision", null=True, blank=True)
    # Whether a change of the source updates the posted document; settlements are undone and posted again instead.
    amendable = models.BooleanField(default=False)
    pending_revision = TenantKey("syncs.DocumentRevision", null=True, blank=True)
    # What a person decided not to send: the ledger's document is left as it is while the plan says this.
    left_revision = TenantKey("syncs.DocumentRevision", null=True, blank=True)
    # Rises when an undone document is posted again: a new intent needs a new request id.
    epoch = models.PositiveSmallIntegerField(default=0)
    external_id = models.CharField(max_length=120, blank=True)
    external_version = models.CharField(max_length=40, blank=True)
    # The version our own last write made, and what the ledger said then: whoever moved it since was not us.
    written_version = models.CharField(max_length=40, blank=True)
    as_written = models.JSONField(default=dict, blank=True)
    number = models.CharField(max_length=40, blank=True)
    # Nothing is asked of the ledger for this document before this moment.
    not_before = models.DateTimeField(null=True, blank=True)
    posted_on = models.DateField(null=True, blank=True)
    posted_at = models.DateTimeField(null=True, blank=True)
    posted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reverses = TenantKey("self", null=True, blank=True)
    undone_by = TenantKey("self", null=True, blank=True)
    problem_code = models.CharField(max_length=80, blank=True)
    problem_params = models.JSONField(default=dict)
    # As read back: {"lines": [...], "total": "86.25", "as_of": ...}; the ladder's last rungs.
    read_back = models.JSONField(default=dict)
    read_back_at = models.DateTimeField(null=True, blank=True)
    updated_at = UpdatedField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "ledger", "source", "source_ref", "document_type", "part"], name="ledger_document_once"
            ),
            # A change of posting shape must never post twice: one live document per part, of whatever type.
            models.UniqueConstraint(
                fields=["tenant", "ledger", "source", "source_kind", "source_ref", "part"],
                condition=~models.Q(state="undone"),
                name="ledger_document_one_live",
            ),
            models.UniqueConstraint(
                fields=["tenant", "ledger", "document_type", "external_id"],
                condition=~models.Q(external_id="") & ~models.Q(state="undone"),
                name="ledger_document_external_once",
            ),
        ]
        indexes = [
            models.Index(fields=["tenant", "source", "source_ref"], name="ledger_document_by_source"),
            models.Index(fields=["tenant", "number"], name="ledger_document_by_number"),
            models.Index(fields=["tenant", "external_id"], name="ledger_document_by_theirs"),
            # What was begun and is not finished; the sweeper asks every tenant for it.
            models.Index(
                fields=["tenant", "not_before"],
                condition=models.Q(state__in=["posting", "amending", "unknown", "undoing"]),
                name="ledger_document_unfinished",
            ),
            models.Index(
                fields=["tenant", "ledger"], condition=models.Q(pending_revision__isnull=False), name="ledger_document_to_amend"
            ),
            models.Index(
                fields=["tenant", "posted_at"],
                condition=models.Q(state="posted", read_back_at__isnull=True),
                name="ledger_document_unread",
            ),
        ]


class DocumentRevision(TenantOwned):
    """What a document says, once and for all. Posting names the hash that was shown."""

    prefix = "rev"

    document = TenantKey(LedgerDocument)
    number = models.PositiveIntegerField()
    date = models.DateField()
    currency = CurrencyField()
    canonical = models.JSONField()
    payload = models.JSONField()
    # The payload's exact bytes decide: Decimal amounts are kept as text in `canonical` and `payload`.
    hash = models.CharField(max_length=64)
    mapping_version = TenantKey(MappingVersion, null=True, blank=True)
    total = AmountField()
    totals = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "document", "number"], name="document_revision_once")]


class DocumentLine(TenantOwned):
    """One line of a revision. A deferred database constraint keeps journals balanced."""

    prefix = "dln"

    revision = TenantKey(DocumentRevision)
    position = models.PositiveIntegerField()
    account_id = models.CharField(max_length=120)
    account_name = models.CharField(max_length=255)
    description = models.CharField(max_length=400, blank=True)
    kind = models.CharField(max_length=60)
    debit = AmountField(default=0)
    credit = AmountField(default=0)
    currency = CurrencyField()
    tax_code_id = models.CharField(max_length=120, blank=True)
    tax_code_name = models.CharField(max_length=120, blank=True)
    net = AmountField(default=0)
    tax = AmountField(default=0)
    dimensions = models.JSONField(default=dict)
    settling = models.BooleanField(default=False)
    row_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "revision", "position"], name="document_line_once")]


class LineTrace(TenantOwned):
    """Which rows of the source a document line carries: an inclusive range of ordinals."""

    prefix = "trc"

    line = TenantKey(DocumentLine, on_delete=models.CASCADE)
    settlement_id = models.BigIntegerField()
    first = models.PositiveIntegerField()
    last = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["tenant", "line"], name="trace_of_line")]


class PostingAttempt(TenantOwned):
    """One try at one action. At most one is open per document; `sent` is committed before the call."""

    prefix = "pat"

    class Action(models.TextChoices):
        CREATE = "create", _("Create")
        UPDATE = "update", _("Update")
        VOID = "void", _("Void")
        DELETE = "delete", _("Delete")
        REVERSE = "reverse", _("Reverse")

    class Phase(models.TextChoices):
        CLAIMED = "claimed", _("Claimed")
        SENT = "sent", _("Sent")
        UNKNOWN = "unknown", _("Unknown")
        FOUND = "found", _("Found")
        DONE = "done", _("Done")
        REJECTED = "rejected", _("Rejected")
        LOST = "lost", _("Never arrived")

    document = TenantKey(LedgerDocument)
    revision = TenantKey(DocumentRevision)
    action = models.CharField(max_length=8, choices=Action.choices, default=Action.CREATE)
    number = models.PositiveIntegerField()
    phase = models.CharField(max_length=8, choices=Phase.choices, default=Phase.CLAIMED)
    provider_key = models.CharField(max_length=50)
    provider_trace_id = models.CharField(max_length=120, blank=True)
    # Who asked for it; none when the house went on by itself.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    claimed_by = models.CharField(max_length=60, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    problem_code = models.CharField(max_length=80, blank=True)
    problem_params = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "document", "number"], name="posting_attempt_once"),
            models.UniqueConstraint(
                fields=["tenant", "document"],
                condition=models.Q(phase__in=["claimed", "sent", "unknown"]),
                name="posting_attempt_one_open",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "provider_trace_id"], name="posting_attempt_by_trace")]


class Binding(TenantOwned):
    """Our object and theirs are the same thing: an account we created, a customer we found."""

    prefix = "bnd"

    connection = TenantKey(Connection)
    kind = models.CharField(max_length=40)
    local_ref = models.CharField(max_length=200)
    external_id = models.CharField(max_length=120)
    external_version = models.CharField(max_length=40, blank=True)
    origin = models.CharField(max_length=8, default="ours")  # ours, found
    hash = models.CharField(max_length=64, blank=True)
    tombstoned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "connection", "kind", "local_ref"], name="binding_by_ours"),
            models.UniqueConstraint(fields=["tenant", "connection", "kind", "external_id"], name="binding_by_theirs"),
        ]


class RevenueClaim(TenantOwned):
    """Who books the revenue of an order, or of one refund of it, in one ledger: its own document, or settlements.

    The row is the decision, made once, under the unique constraint, before anything is sent. Changing the
    posting shape never frees it. `refund_ref` is "" for the order itself.
    """

    prefix = "clm"

    class Holder(models.TextChoices):
        ORDER = "order", _("A document of its own")
        SETTLEMENT = "settlement", _("Its settlement")

    ledger = TenantKey(Connection)
    source = TenantKey(Connection)
    order_ref = models.CharField(max_length=64)
    refund_ref = models.CharField(max_length=128, blank=True)
    holder = models.CharField(max_length=10, choices=Holder.choices)
    # The order's or refund's document, or the first document of the settlement that booked it.
    document = TenantKey(LedgerDocument, null=True, blank=True)
    amount = AmountField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "ledger", "source", "order_ref", "refund_ref"], name="revenue_claim_once")
        ]
        indexes = [models.Index(fields=["tenant", "document"], name="revenue_claim_of_document")]


class PaymentApplication(TenantOwned):
    """How much of a payment is set against one invoice, credit memo or receivable journal of ours."""

    prefix = "pap"

    payment = TenantKey(LedgerDocument, on_delete=models.CASCADE)
    target = TenantKey(LedgerDocument)
    amount = AmountField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "payment", "target"], name="payment_application_once")]
        indexes = [models.Index(fields=["tenant", "target"], name="payment_application_of")]


class PeriodLock(TenantOwned):
    """A person closed the books up to a date; nothing dated on or before it is posted."""

    prefix = "lck"

    ledger = TenantKey(Connection)
    through = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "ledger"], name="period_lock_once")]
