"""What kinds of rows, their groups and the ladder's rungs are called on pages and in downloads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from canonical.accounting import DocumentType
from canonical.commerce import ChargeKind
from canonical.settlement import LineCategory
from connections import selectors
from reconciliation.engine.chart import BY_ROLE, Role, account_of

if TYPE_CHECKING:
    from syncs.models import LedgerDocument

Word = Promise | str

_ACRONYMS = {
    "fba": "FBA",
    "awd": "AWD",
    "mcf": "MCF",
    "cod": "COD",
    "vat": "VAT",
    "epr": "EPR",
    "to": "to",
    "z": "Z",
    "safe": "SAFE",
    "t": "T",
}

SPECIAL: dict[str, Word] = {
    "": _("Not known yet"),
    "settling": _("Payout"),
    "carry": _("Carried to the next month"),
    "owed": _("Balance owed"),
    "in_transit": _("Payout on its way"),
    "clearing": _("Held in clearing"),
    "transfer": _("Payout"),
    "counter": _("Other side"),
    "rounding": _("Rounding"),
    "sale": _("Product sales"),
    "sales_tax_collected": _("Tax collected from buyers"),
    "marketplace_facilitator_tax_withheld": _("Tax withheld by the marketplace"),
    "refund_sale": _("Product refunds"),
    "refund_sales_tax": _("Tax refunded to buyers"),
    "refund_marketplace_facilitator_tax": _("Withheld tax given back"),
    "reserve_current": _("Held back in reserve"),
    "reserve_previous": _("Released from reserve"),
    "debt_carried_forward": _("Balance carried from before"),
    "debt_recovery_card_charge": _("Charged to your card"),
}


def kind_word(kind: str) -> str:
    """A kind of row in words: "referral_fee" is "Referral fee"."""
    if kind in SPECIAL:
        return str(SPECIAL[kind])
    words = [_ACRONYMS.get(part, part) for part in kind.split("_")]
    text = " ".join(words)
    return text[:1].upper() + text[1:]


def kind_choices() -> list[tuple[str, str]]:
    """Every kind a person may choose for an unknown row, by name."""
    return sorted(((kind.value, kind_word(kind.value)) for kind in LineCategory), key=lambda pair: pair[1])


def kinds_by_group() -> list[tuple[str, list[tuple[str, str]]]]:
    """The same under the headings of the summary, so that a long list can be searched by eye."""
    found: dict[str, list[tuple[str, str]]] = {}
    for value, word in kind_choices():
        found.setdefault(group_of(value).key, []).append((value, word))
    labels = {group.key: str(group.label) for group in GROUPS}
    order = [*labels, *(key for key in found if key not in labels)]
    return [(labels.get(key, str(_("Other"))), found[key]) for key in order if key in found]


_DOCUMENTS: dict[str, Word] = {
    DocumentType.JOURNAL_ENTRY: _("Journal entry"),
    DocumentType.DEPOSIT: _("Bank deposit"),
}


def document_word(document: LedgerDocument) -> str:
    """What a document is called in its ledger, in the reader's language."""
    own = selectors.forms(document.ledger).words.get(DocumentType(document.document_type))
    return gettext(own) if own else str(_DOCUMENTS.get(document.document_type, kind_word(document.document_type)))


_CHARGES: dict[str, Promise | str] = {
    ChargeKind.ITEM: _("goods"),
    ChargeKind.SHIPPING: _("shipping"),
    ChargeKind.GIFT_WRAP: _("gift wrap"),
    ChargeKind.OTHER: _("other"),
    ChargeKind.DISCOUNT: _("discount"),
    ChargeKind.SHIPPING_DISCOUNT: _("discount on shipping"),
    ChargeKind.STORE_CREDIT: _("paid by store credit"),
    ChargeKind.ADJUSTMENT: _("adjustment"),
}


def charge_word(kind: str) -> str:
    """What a charge of an order is for."""
    return str(_CHARGES.get(kind, kind_word(kind)))


def role_word(role: str) -> str:
    """A role of the chart is called like its default account, without the marketplace's name."""
    if role == Role.BANK.value:
        return str(_("Bank account for payouts"))
    account = BY_ROLE.get(role)
    return account.name.removeprefix("Amazon ") if account else kind_word(role)


def target_word(target: str) -> str:
    """What a mapping rule is about: "role:loan", "kind:vine_fee" or "triple:a|b|c"."""
    of, _sep, name = target.partition(":")
    if of == "role":
        return role_word(name)
    if of == "kind":
        return kind_word(name)
    return " / ".join(part for part in name.split("|") if part)


@dataclass(frozen=True, slots=True)
class Group:
    key: str
    label: Word
    roles: tuple[Role, ...]


GROUPS: tuple[Group, ...] = (
    Group("sales", _("Sales"), (Role.SALES, Role.LIQUIDATION)),
    Group("shipping", _("Shipping and gift wrap"), (Role.SHIPPING_INCOME,)),
    Group("promotions", _("Promotions"), (Role.PROMOTIONS,)),
    Group("refunds", _("Refunds"), (Role.REFUNDS,)),
    Group("selling_fees", _("Selling fees"), (Role.SELLING_FEES,)),
    Group("fba", _("Fulfilment fees"), (Role.FBA_FEES, Role.SHIPPING_CHARGEBACKS, Role.POSTAGE, Role.INBOUND)),
    Group("storage", _("Storage and removal"), (Role.STORAGE, Role.REMOVAL)),
    Group("advertising", _("Advertising and deals"), (Role.ADVERTISING, Role.DEALS)),
    Group("other_fees", _("Other fees"), (Role.SUBSCRIPTIONS, Role.REGULATORY, Role.OTHER_FEES, Role.BAD_DEBTS)),
    Group("tax", _("Tax collected and withheld"), (Role.MARKETPLACE_TAX, Role.SALES_TAX_PAYABLE, Role.TAX_WITHHELD)),
    Group("reimbursements", _("Reimbursements and other income"), (Role.REIMBURSEMENTS, Role.OTHER_INCOME)),
    Group("reserve", _("Reserve"), (Role.RESERVE,)),
    Group("balances", _("Balances and card charges"), (Role.BALANCE_OWED, Role.CARD, Role.INTER_ACCOUNT, Role.IN_TRANSIT)),
    Group("loans", _("Loans"), (Role.LOAN,)),
)
UNKNOWN = Group("unknown", _("Not known yet"), ())
_GROUP_OF_ROLE = {role: group for group in GROUPS for role in group.roles}


def group_of(kind: str) -> Group:
    account = account_of(kind)
    return UNKNOWN if account is None else _GROUP_OF_ROLE.get(account.role, UNKNOWN)
