"""A mapping rule as a value: what it matches, where it sends, and how specific it is.

What a rule matches is one of: a role of the chart ("role:selling_fees"), a kind of row
("kind:referral_fee") or a raw triple that the catalogue does not know ("triple:a|b|c"); each
optionally in one marketplace only, or for one group of SKUs. The most specific rule wins (SKU group,
then triple, kind, role; a named marketplace between equals), so that one exception never has to be
repeated for all the others.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

ROLE, KIND, TRIPLE = "role", "kind", "triple"
_BASE = {ROLE: 2, KIND: 4, TRIPLE: 6}
_SKU_GROUP = 10  # more than everything else together


@dataclass(frozen=True, slots=True)
class Target:
    """What a rule is about. `of` is ROLE, KIND or TRIPLE; `name` its value, a triple joined by "|"."""

    of: str
    name: str

    def __post_init__(self) -> None:
        if self.of not in _BASE or not self.name:
            raise ValueError(f"a rule is about a role, a kind or a triple, not {self.of}:{self.name}")

    def __str__(self) -> str:
        return f"{self.of}:{self.name}"

    @classmethod
    def parse(cls, text: str) -> Target:
        of, _sep, name = text.partition(":")
        return cls(of, name)

    @classmethod
    def triple(cls, transaction_type: str, amount_type: str, amount_description: str) -> Target:
        return cls(TRIPLE, "|".join(part.replace("|", "/") for part in (transaction_type, amount_type, amount_description)))

    def triple_parts(self) -> tuple[str, str, str]:
        first, second, third = self.name.split("|")
        return first, second, third


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows that match `target` (in `marketplace`, of `sku_group`, "" = any) go to `account_id` with `tax_code_id`."""

    target: Target
    account_id: str
    account_name: str = ""
    marketplace: str = ""
    currency: str = ""
    tax_code_id: str = ""
    treat_as: str = ""
    dimensions: tuple[tuple[str, str], ...] = field(default=())
    sku_group: str = ""

    @property
    def is_general(self) -> bool:
        """Whether it holds for every marketplace, currency and product."""
        return not (self.marketplace or self.currency or self.sku_group)

    @property
    def specificity(self) -> int:
        return _BASE[self.target.of] + bool(self.marketplace) + bool(self.currency) + (_SKU_GROUP if self.sku_group else 0)

    @property
    def match_hash(self) -> str:
        """Two rules that match the same rows cannot stand side by side in one version."""
        parts = [str(self.target), self.marketplace.casefold(), self.currency]
        text = "\x1f".join([*parts, self.sku_group] if self.sku_group else parts)
        return hashlib.sha256(text.encode()).hexdigest()
