"""Which account and tax code each kind of row goes to: rules in immutable published versions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from connections.models import Connection
from tenants.fields import TenantKey
from tenants.models import TenantOwned
from tenants.stamps import UpdatedField


class MappingSet(TenantOwned):
    """The accounts-and-taxes mapping towards one ledger; several integrations of the same kind of source may share it.

    `channel` is the source's provider where it keeps accounts of its own; "" is Amazon's, which was there first.
    """

    prefix = "map"

    ledger = TenantKey(Connection)
    name = models.CharField(max_length=120)
    channel = models.CharField(max_length=40, blank=True, default="")
    published = models.PositiveIntegerField(default=0)  # number of the live version, 0 = none yet
    updated_at = UpdatedField()

    def __str__(self) -> str:
        return self.name


class MappingVersion(TenantOwned):
    """A draft, or a published version that never changes again."""

    prefix = "mpv"

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        PUBLISHED = "published", _("Published")

    mapping_set = TenantKey(MappingSet)
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    note = models.CharField(max_length=200, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "mapping_set", "number"], name="mapping_version_once"),
            models.UniqueConstraint(
                fields=["tenant", "mapping_set"], condition=models.Q(state="draft"), name="mapping_one_draft"
            ),
        ]


class MappingRule(TenantOwned):
    """Rows that match go to this account with this tax code; the most specific rule wins.

    Blank `marketplace`, `currency`, `amount_type` ... match anything. `kind` is a settlement row
    kind, a role of the default chart ("settling:payout", "carry", ...), or a raw triple
    ("type|amount type|description", folded) for rows the catalogue does not know.
    """

    prefix = "mpr"

    version = TenantKey(MappingVersion, on_delete=models.CASCADE)
    kind = models.CharField(max_length=300)
    marketplace = models.CharField(max_length=60, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    sku_group = models.CharField(max_length=60, blank=True)
    account_id = models.CharField(max_length=120)
    account_name = models.CharField(max_length=255, blank=True)
    tax_code_id = models.CharField(max_length=120, blank=True)
    dimensions = models.JSONField(default=dict)
    # For raw triples: the kind a person says it is (decides its treatment), else "".
    treat_as = models.CharField(max_length=60, blank=True)
    specificity = models.PositiveSmallIntegerField(default=0)
    origin = models.CharField(max_length=12, default="person")  # template, person, suggestion
    confidence = models.FloatField(null=True, blank=True)
    match_hash = models.CharField(max_length=64)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "version", "match_hash"], name="mapping_rule_once")]
