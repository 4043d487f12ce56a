"""Column types the whole house shares: exact amounts, sortable public ids, keys inside a tenant."""

from __future__ import annotations

import secrets
import time
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from canonical.money import to_decimal

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread


def new_public_id(prefix: str) -> str:
    """`prefix` + "_" + 26 characters that sort by time (48 bits of milliseconds, 82 bits of chance)."""
    number = (int(time.time() * 1000) << 82) | secrets.randbits(82)
    digits = []
    for _i in range(26):
        number, rest = divmod(number, 32)
        digits.append(_ALPHABET[rest])
    return f"{prefix}_{''.join(reversed(digits))}"


class AmountField(models.Field):  # type: ignore[type-arg]
    """NUMERIC without a fixed scale: an amount keeps exactly the decimals it came with. Floats are refused."""

    description = "exact decimal amount"

    def db_type(self, connection: Any) -> str:
        return "numeric"

    def get_internal_type(self) -> str:
        return "AmountField"

    def to_python(self, value: Any) -> Decimal | None:
        if value is None or value == "":
            return None
        try:
            return to_decimal(value)
        except (TypeError, ValueError) as error:
            raise ValidationError(_("Not an exact amount: %(value)s"), params={"value": value}) from error

    def get_prep_value(self, value: Any) -> Decimal | None:
        value = super().get_prep_value(value)
        return None if value is None else to_decimal(value)


class CurrencyField(models.CharField):  # type: ignore[type-arg]
    """An ISO 4217 code, CHAR(3)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 3)
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str:
        return "char(3)"

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        """CHAR pads with blanks: a currency that is not known yet is empty, not three blanks that count as one."""
        return None if value is None else value.rstrip()


class TenantKey(models.ForeignKey):  # type: ignore[type-arg]
    """A foreign key between rows of one tenant.

    In the database it is (tenant_id, x_id) -> (tenant_id, id): plain foreign-key checks bypass
    row-level security, so a single-column key would accept another tenant's row. The composite
    constraint is made by `tenants.rls.Protect`.
    """

    def __init__(self, to: Any, on_delete: Any = models.PROTECT, **kwargs: Any) -> None:
        kwargs.setdefault("db_constraint", False)
        kwargs.setdefault("db_index", False)
        kwargs.setdefault("related_name", "+")
        super().__init__(to, on_delete, **kwargs)
