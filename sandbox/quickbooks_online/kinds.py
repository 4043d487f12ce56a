"""The kinds of object a company holds, and what may be done to each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

LIST, TXN, SINGLE, RATE = "list", "transaction", "single", "rate"


@dataclass(frozen=True, slots=True)
class Kind:
    """`name` as in JSON; `verbs` what a caller may do; `label` the property that names a list object.

    `changes`: whether change data capture knows it; `news`: whether webhooks tell of it.
    """

    name: str
    family: str
    verbs: frozenset[str]
    label: str = "Name"
    changes: bool = True
    news: bool = True

    @property
    def path(self) -> str:
        return self.name.lower()


def _kind(name: str, family: str, verbs: str, label: str = "Name", *, changes: bool = True, news: bool = True) -> Kind:
    return Kind(name, family, frozenset(verbs.split()), label, changes, news)


_EDIT = "create read update"
_TXN = "create read update delete"

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        _kind("Account", LIST, _EDIT),
        _kind("Customer", LIST, _EDIT, "DisplayName"),
        _kind("Vendor", LIST, _EDIT, "DisplayName"),
        _kind("Employee", LIST, _EDIT, "DisplayName"),
        _kind("Item", LIST, _EDIT),
        _kind("Class", LIST, _EDIT),
        _kind("Department", LIST, _EDIT),
        _kind("Term", LIST, _EDIT),
        _kind("PaymentMethod", LIST, _EDIT),
        _kind("TaxCode", LIST, "read", changes=False, news=False),
        _kind("TaxRate", LIST, "read", changes=False, news=False),
        _kind("TaxAgency", LIST, "create read", "DisplayName", changes=False),
        _kind("CompanyCurrency", LIST, _EDIT, "Code", news=False),
        _kind("ExchangeRate", RATE, "create read update", changes=False, news=False),
        _kind("CompanyInfo", SINGLE, "read update", "CompanyName", news=False),
        _kind("Preferences", SINGLE, "read update"),
        _kind("JournalEntry", TXN, _TXN),
        _kind("Deposit", TXN, _TXN),
        _kind("SalesReceipt", TXN, _TXN + " void"),
        _kind("Invoice", TXN, _TXN + " void"),
        _kind("Payment", TXN, _TXN + " void"),
        _kind("CreditMemo", TXN, _TXN),
        _kind("RefundReceipt", TXN, _TXN),
        _kind("Bill", TXN, _TXN),
        _kind("Purchase", TXN, _TXN),
        _kind("PurchaseOrder", TXN, _TXN),
        _kind("Transfer", TXN, _TXN),
        _kind("InventoryAdjustment", TXN, _TXN, news=False),
    )
}
BY_PATH: Final = {kind.path: kind for kind in KINDS.values()}
PEOPLE: Final = ("Customer", "Vendor", "Employee")
SALES: Final = frozenset({"SalesReceipt", "Invoice", "CreditMemo", "RefundReceipt"})
PURCHASES: Final = frozenset({"Bill", "Purchase", "PurchaseOrder"})
