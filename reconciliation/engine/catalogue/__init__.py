"""The catalogue: from three words to a kind, or to nothing.

Amazon publishes no list of its triples, so the catalogue is made of facts with a source each
(`rule.Fact`). A triple that is not here is not guessed: `find` answers None and the row is held
with its file and line until somebody says what it is.

How a triple is looked up, first hit wins:

1. the tenant's own decision (`overrides`);
2. the whole triple, spelled in any way that folds to the same words;
3. the two types alone, where the description is free text (a coupon's title);
4. the beginning of a free text (`Transfer of funds unsuccessful: ...`, an eco-contribution);
5. the description alone, when the types only say "other": sellers' files have
   `other-transaction`, `ServiceFee`, `Adjustment` or `Transfer` before the same descriptions;
6. what remains when a trailing `- Reversal` is taken off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from canonical.settlement import LineCategory

from ..triple import Triple, fold
from .fees import fee_rules
from .other import other_rules
from .rule import ANY, Fact, Rule, Sign, tax_base
from .sales import sales_rules

__all__ = ["ANY", "CATALOGUE", "Catalogue", "Fact", "Rule", "Sign"]

_VAGUE_TRANSACTIONS = frozenset(
    fold(name)
    for name in (
        "",
        "other-transaction",
        "Other",
        "Other transactions",
        "ServiceFee",
        "Service Fee",
        "Adjustment",
        "Transfer",
        "Transfers",
    )
)
_VAGUE_AMOUNTS = frozenset(fold(name) for name in ("", "other-transaction", "Other", "Other transactions", "Other amount"))
_SELF_EXPLAINING = frozenset(
    fold(name) for name in ("other-transaction", "FBA Inventory Reimbursement", "MCF Inventory Reimbursement", "ItemFees")
)
_OTHER = fold("other-transaction")
_REVERSAL = fold("- Reversal")

Folded = tuple[str, str, str]


class Catalogue:
    """Rules indexed for look-up. Build one with `overrides` to add a tenant's own decisions."""

    def __init__(self, rules: Iterable[Rule] | None = None, *, overrides: Mapping[Triple, LineCategory] | None = None) -> None:
        self.rules: tuple[Rule, ...] = tuple(rules) if rules is not None else _BUILT_IN
        self._overrides = {triple.folded: _decided(triple, kind) for triple, kind in (overrides or {}).items()}
        self._exact: dict[Folded, Rule] = {}
        self._any: dict[tuple[str, str], Rule] = {}
        self._prefixes: list[tuple[Folded, Rule]] = []
        self._by_description: dict[str, Rule] = {}
        for rule in self.rules:
            self._index(rule)
        self._prefixes.sort(key=lambda item: -len("".join(item[0])))
        self._seen: dict[tuple[str, str, str], Rule | None] = {}

    def with_overrides(self, overrides: Mapping[Triple, LineCategory]) -> Catalogue:
        return Catalogue(self.rules, overrides=overrides)

    def _index(self, rule: Rule) -> None:
        folded = rule.triple.folded
        if rule.prefix:
            self._prefixes.append((folded, rule))
        elif rule.triple.amount_description == ANY:
            self._any[folded[:2]] = rule
        else:
            if folded in self._exact and self._exact[folded].category is not rule.category:
                raise ValueError(f"two meanings for {rule.triple}")
            self._exact.setdefault(folded, rule)
            if folded[0] == _OTHER and folded[1] in _SELF_EXPLAINING:
                self._by_description.setdefault(folded[2], rule)

    def find(self, transaction_type: str, amount_type: str, amount_description: str) -> Rule | None:
        """The rule of a triple, None when nobody knows what it is."""
        key = (transaction_type, amount_type, amount_description)
        if key in self._seen:
            return self._seen[key]
        rule = self._find((fold(transaction_type), fold(amount_type), fold(amount_description)))
        if len(self._seen) < 10_000:
            self._seen[key] = rule
        return rule

    def _find(self, folded: Folded) -> Rule | None:
        return (
            self._overrides.get(folded)
            or self._exact.get(folded)
            or self._any.get(folded[:2])
            or self._by_prefix(folded)
            or self._vague(folded)
            or self._reversed(folded)
        )

    def _by_prefix(self, folded: Folded) -> Rule | None:
        """Free text: the description begins as the rule's; in a fee family the fee's name does."""
        for (transaction, amount, description), rule in self._prefixes:
            if folded[0] != transaction:
                continue
            if folded[1] == amount and folded[2].startswith(description):
                return rule
            if folded[2] == description and folded[1].startswith(amount):
                return rule
        return None

    def _vague(self, folded: Folded) -> Rule | None:
        """Types that only say "other": the description decides, as if it stood under other-transaction."""
        transaction, amount, description = folded
        if not description or (transaction not in _VAGUE_TRANSACTIONS and transaction != description):
            return None
        if amount not in _VAGUE_AMOUNTS and amount not in (description, transaction):
            return None
        return self._by_description.get(description) or self._by_prefix((_OTHER, _OTHER, description))

    def _reversed(self, folded: Folded) -> Rule | None:
        """A booking taken back is the same kind with the other sign (seen in Japan, 2025)."""
        bare = (folded[0].removesuffix(_REVERSAL), folded[1], folded[2].removesuffix(_REVERSAL))
        if bare == folded:
            return None
        rule = self._find(bare)
        return None if rule is None else replace(rule, usual_sign=_OPPOSITE[rule.usual_sign])


_OPPOSITE = {Sign.PLUS: Sign.MINUS, Sign.MINUS: Sign.PLUS, Sign.EITHER: Sign.EITHER}


def _decided(triple: Triple, kind: LineCategory) -> Rule:
    return Rule(triple, kind, Sign.EITHER, Fact.JUDGEMENT, joins=tax_base(kind))


_BUILT_IN: tuple[Rule, ...] = (*sales_rules(), *fee_rules(), *other_rules())

CATALOGUE = Catalogue()
"""The built-in catalogue, without any tenant's decisions."""
