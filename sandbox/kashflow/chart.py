"""The chart a new company starts with, and which of its nominals the program itself writes to.

`classification` says where on profit and loss or balance sheet a nominal belongs, `nomtype` where in the program it is
listed; both as the vendor's page on InsertNominalCode numbers them.
"""

from __future__ import annotations

from typing import Final

CLASSIFICATIONS: Final = {
    1: "Turnover",
    2: "Cost of Sale",
    3: "Expense",
    4: "Fixed Asset",
    5: "Current Asset/Liability",
    6: "Capital and Reserves",
}
NOMTYPES: Final = {1: "Sales Type", 2: "Outgoing Type", 3: "Bank Transaction Type"}

DEBTORS: Final = 1100
CREDITORS: Final = 2100
SALES_VAT: Final = 2200
PURCHASE_VAT: Final = 2201
OTHER_SALES: Final = 4900
OTHER_PURCHASES: Final = 7999
CONTROL: Final = frozenset({DEBTORS, CREDITORS, SALES_VAT, PURCHASE_VAT})

# code, name, classification, nomtype. Free on purpose: the codes a connector would like for Amazon's accounts.
CHART: Final = (
    (30, "Office Equipment", 4, 2),
    (1001, "Stock", 5, 3),
    (DEBTORS, "Debtors Control Account", 5, 3),
    (CREDITORS, "Creditors Control Account", 5, 3),
    (SALES_VAT, "VAT on Sales", 5, 3),
    (PURCHASE_VAT, "VAT on Purchases", 5, 3),
    (2202, "VAT Liability", 5, 3),
    (2300, "Loans", 5, 3),
    (3000, "Share Capital", 6, 3),
    (3200, "Retained Earnings", 6, 3),
    (4000, "Sale of Goods", 1, 1),
    (4001, "Sale of Services", 1, 1),
    (OTHER_SALES, "Other Sales", 1, 1),
    (4902, "Bank Interest Received", 1, 3),
    (5000, "Purchases of Goods", 2, 2),
    (5100, "Carriage", 2, 2),
    (6201, "Advertising", 3, 2),
    (7100, "Rent", 3, 2),
    (7500, "Postage", 3, 2),
    (7502, "Telephone and Internet", 3, 2),
    (7901, "Bank Charges", 3, 3),
    (OTHER_PURCHASES, "Sundry Expenses", 3, 2),
    (9998, "Suspense", 5, 3),
)
BANKS: Final = ((1200, "Current Account"), (1210, "Deposit Account"), (1230, "Petty Cash"))
# percentage, name; -1 is the code for what isn't applicable.
VAT_RATES: Final = ((20, "Standard"), (5, "Reduced"), (0, "Zero rated"), (-1, "N/A"))
SALES_METHODS: Final = ("Cheque", "Cash", "BACS", "Card", "PayPal", "Other")
PURCHASE_METHODS: Final = ("Cheque", "Cash", "BACS", "Direct Debit", "Card", "Other")
