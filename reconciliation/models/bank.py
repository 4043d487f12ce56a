"""The bank's side: accounts, statements, their lines, and which line is which payout."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from connections.models import Connection, RawBlob
from tenants.fields import AmountField, CurrencyField, TenantKey
from tenants.models import TenantOwned

from .payout import Payout


class BankAccount(TenantOwned):
    """A bank account as a ledger keeps it. `layouts` remembers how its bank writes CSVs, by their header."""

    prefix = "bac"

    ledger = TenantKey(Connection)
    external_id = models.CharField(max_length=120)
    name = models.CharField(max_length=255)
    currency = CurrencyField(blank=True, default="")
    layouts = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "ledger", "external_id"], name="bank_account_once")]

    def __str__(self) -> str:
        return self.name


class BankStatement(TenantOwned):
    """One statement brought by hand, or what the ledger showed of an account on one day."""

    prefix = "bst"

    class State(models.TextChoices):
        ASKS = "asks", _("Needs an answer")
        READ = "read", _("Read")
        REFUSED = "refused", _("Cannot be read")

    class Format(models.TextChoices):
        CSV = "csv", _("CSV")
        OFX = "ofx", _("OFX")
        CAMT053 = "camt053", _("camt.053")
        LEDGER = "ledger", _("Deposits in the ledger")

    account = TenantKey(BankAccount)
    file_name = models.CharField(max_length=255, blank=True)
    size = models.BigIntegerField(default=0)
    blob = TenantKey(RawBlob, null=True, blank=True)
    format = models.CharField(max_length=8, choices=Format.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ASKS)
    problems = models.JSONField(default=list)
    currency = CurrencyField(blank=True, default="")
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    opening = AmountField(null=True, blank=True)
    closing = AmountField(null=True, blank=True)
    adds_up = models.BooleanField(null=True, blank=True)
    line_count = models.PositiveIntegerField(default=0)
    known_count = models.PositiveIntegerField(default=0)  # lines an earlier statement had brought already
    facts = models.JSONField(default=dict)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["tenant", "account", "starts_on"], name="bank_statement_span")]

    def __str__(self) -> str:
        return self.file_name or self.public_id

    @property
    def fresh_count(self) -> int:
        """How many of its lines no earlier statement had brought."""
        return self.line_count - self.known_count


class BankLine(TenantOwned):
    """One movement on a bank account, kept once however many statements hold it; money in is positive."""

    prefix = "bln"

    account = TenantKey(BankAccount)
    statement = TenantKey(BankStatement)
    line = models.PositiveIntegerField()
    booked_on = models.DateField()
    amount = AmountField()
    currency = CurrencyField()
    description = models.CharField(max_length=500, blank=True)
    reference = models.CharField(max_length=120, blank=True)
    external_id = models.CharField(max_length=255, blank=True)
    mark = models.CharField(max_length=64)  # what makes it the same line in another statement

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "account", "mark"], name="bank_line_once")]
        indexes = [models.Index(fields=["tenant", "account", "-booked_on"], name="bank_line_recent")]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount} {self.currency}"

    @property
    def text(self) -> str:
        return f"{self.description} {self.reference} {self.external_id}"


class BankMatch(TenantOwned):
    """A line that is a payout. Made by itself or by a person; taken apart it stays, as the record of both acts."""

    prefix = "bmt"

    class Why(models.TextChoices):
        ONLY = "only", _("The only line that fits by amount and day")
        TRACE = "trace", _("The line names the payout's trace number")
        PERSON = "person", _("Chosen by a person")

    line = TenantKey(BankLine)
    payout = TenantKey(Payout)
    why = models.CharField(max_length=8, choices=Why.choices)
    note = models.CharField(max_length=200, blank=True)
    matched_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    ended_reason = models.CharField(max_length=200, blank=True)
    refused = models.BooleanField(default=False)  # a person said the two are not the same: never matched again by itself

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "line"], name="bank_match_line_once", condition=Q(ended_at__isnull=True)),
            models.UniqueConstraint(
                fields=["tenant", "payout"], name="bank_match_payout_once", condition=Q(ended_at__isnull=True)
            ),
        ]
        indexes = [models.Index(fields=["tenant", "payout", "line"], name="bank_match_pair")]
