"""The catalogue: many triples, each with a source and one home; spelling does not matter; nothing is guessed."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from canonical.settlement import LineCategory
from reconciliation.engine import CATALOGUE, Catalogue, Triple
from reconciliation.engine.catalogue import ANY, Fact
from reconciliation.engine.catalogue.rule import Rule, Sign, tax_base
from reconciliation.engine.chart import HELD, LEDGER_ACCOUNTS, Role, account_of, role_of


def kind(triple: str) -> str | None:
    rule = CATALOGUE.find(*triple.split("|"))
    return rule.category.value if rule else None


def test_there_are_hundreds_of_typed_rows_each_with_a_source() -> None:
    triples = {rule.triple.folded for rule in CATALOGUE.rules}
    assert len(triples) >= 300
    assert all(isinstance(rule.source, Fact) and isinstance(rule.category, LineCategory) for rule in CATALOGUE.rules)
    observed = [rule for rule in CATALOGUE.rules if rule.source not in (Fact.ANALOGY, Fact.JUDGEMENT)]
    assert len(observed) >= 300


def test_every_kind_has_exactly_one_home_or_is_held() -> None:
    homes = [kind for account in LEDGER_ACCOUNTS for kind in account.kinds]
    assert len(homes) == len(set(homes))
    assert set(homes) | HELD == set(LineCategory)
    assert not set(homes) & HELD
    assert {role_of(kind.value) for kind in HELD} == {None}


def test_every_kind_is_the_meaning_of_some_row() -> None:
    assert {rule.category for rule in CATALOGUE.rules} == set(LineCategory)


def test_account_names_fit_every_ledger() -> None:
    for account in LEDGER_ACCOUNTS:
        assert len(account.name) <= 31, account.name
        assert not set(':"\t') & set(account.name)
    assert len({account.name for account in LEDGER_ACCOUNTS}) == len(LEDGER_ACCOUNTS)
    for ledger in ("xero", "kashflow"):
        assert len({account.codes[ledger] for account in LEDGER_ACCOUNTS}) == len(LEDGER_ACCOUNTS)
    assert {account.role for account in LEDGER_ACCOUNTS} | {Role.BANK} == set(Role)


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("Amazon Sales", ("Income", "SalesOfProductIncome", "2010")),
        ("Amazon Refunds", ("Income", "DiscountsRefundsGiven", "2013")),
        ("Amazon Reimbursements", ("Other Income", "OtherMiscellaneousIncome", "2015")),
        ("Amazon Selling Fees", ("Cost of Goods Sold", "OtherCostsOfServiceCos", "3110")),
        ("Amazon FBA Fees", ("Cost of Goods Sold", "ShippingFreightDeliveryCos", "3111")),
        ("Amazon Storage Fees", ("Expense", "OtherMiscellaneousServiceCost", "4110")),
        ("Amazon Advertising", ("Expense", "AdvertisingPromotional", "4112")),
        ("Amazon Subscriptions", ("Expense", "DuesSubscriptions", "4114")),
        ("Amazon Bad Debts", ("Expense", "BadDebts", "4117")),
        ("Amazon Reserve", ("Other Current Asset", "OtherCurrentAssets", "6112")),
        ("Amazon Marketplace Tax", ("Other Current Liability", "OtherCurrentLiabilities", "8110")),
        ("Amazon Loan", ("Long Term Liability", "NotesPayable", "9110")),
        ("Amazon Opening Balance", ("Equity", "OpeningBalanceEquity", "9610")),
        ("Amazon Exchange Differences", ("Other Expense", "ExchangeGainOrLoss", "4118")),
        ("Amazon Rounding", ("Expense", "OtherMiscellaneousServiceCost", "4119")),
    ],
)
def test_the_chart(name: str, row: tuple[str, ...]) -> None:
    (account,) = [account for account in LEDGER_ACCOUNTS if account.name == name]
    assert (account.type, account.subtype, account.codes["xero"]) == row


@pytest.mark.parametrize(
    ("triple", "expected"),
    [
        ("Order|ItemPrice|Principal", "sale"),
        ("ORDER|item_price|PRINCIPAL", "sale"),
        ("Order|ItemFees|GiftwrapChargeback", "fba_giftwrap_chargeback"),
        ("Order|ItemFees|GiftWrap Chargeback", "fba_giftwrap_chargeback"),
        ("Order|Shipment-Fees|FBA transportation fee", "fba_fulfillment_fee_mcf"),
        ("Order|ShipmentFees|FBA transportation fee", "fba_fulfillment_fee_mcf"),
        ("Other-Transaction|Other_Transaction|Storage Fee", "fba_storage_fee"),
        ("other-transaction|FBA Inventory Reimbursement|warehouse lost", "reimbursement"),
        ("FBAFees|FBA Inventory Storage Fee|Base fee", "fba_storage_fee"),
        ("FBAFees|FBA Inventory Storage Fee|Tax on fee", "fba_storage_fee_tax"),
        ("FBAFees|FBA Inventory Storage Fee|Discount on Fee", "fba_storage_fee"),
        ("ServiceFee|Cost of Advertising|TransactionTotalAmount", "advertising"),
        ("Order|Points|PointsGranted", "promotion_discount_points"),
        ("Order_Retrocharge|ItemPrice|Tax", "sales_tax_collected_retro"),
    ],
)
def test_spelling_does_not_matter(triple: str, expected: str) -> None:
    assert kind(triple) == expected


@pytest.mark.parametrize(
    ("triple", "expected"),
    [
        ("CouponRedemptionFee|CouponRedemptionFee|Save 10% on Widget – Oct", "coupon_fee"),
        ("Debt Adjustment|Debt Adjustment|Cross-Account Debt Adjustment against BE, ES", "debt_cross_account"),
        ("other-transaction|other-transaction|Transfer of funds unsuccessful: Amazon has cancelled it", "failed_transfer"),
        ("AmazonFees|Eco-contribution for EPR Pay on Behalf - FR - Packaging - (Period Q1)|Base fee", "regulatory_fee_epr"),
        ("AmazonFees|Eco-contribution for EPR Pay on Behalf - FR - Packaging - (Period Q1)|Tax on fee", "regulatory_fee_epr_tax"),
        ("other-transaction|other-transaction|Unplanned Service Fee - Barcode label missing", "inbound_defect_fee"),
        ("Grade and Resell Fees|Grade and Resell Charge|Mug", "fba_returns_processing_fee"),
        ("FBAFees|FBA Removal Order: Something New|Base fee", "removal_disposal"),
    ],
)
def test_free_text_is_known_by_its_beginning(triple: str, expected: str) -> None:
    assert kind(triple) == expected


@pytest.mark.parametrize("transaction", ["other-transaction", "ServiceFee", "Adjustment", "Transfer", "Storage Fee"])
def test_vague_types_leave_it_to_the_description(transaction: str) -> None:
    assert kind(f"{transaction}|other-transaction|Storage Fee") == "fba_storage_fee"


def test_a_reversal_is_the_same_kind_with_the_other_sign() -> None:
    rule = CATALOGUE.find("other-transaction - Reversal", "other-transaction", "Storage Fee")
    assert rule is not None
    assert (rule.category, rule.usual_sign) == (LineCategory.FBA_STORAGE_FEE, Sign.PLUS)


@pytest.mark.parametrize(
    "triple",
    [
        "other-transaction|other-transaction|BrandNewUnknownFeeType2026",
        "Order|ItemFees|MoonBaseFee",
        "Order|ItemPrice|",
        "||",
        "Order||Principal",
        "NewThing|ItemPrice|Principal",
        "ServiceFee|other-transaction|Tax",
        "FBAFees|Some New Fee|Base fee",
        "Order|other-transaction|Storage Fee",
    ],
)
def test_what_is_not_known_is_not_guessed(triple: str) -> None:
    assert kind(triple) is None


def test_a_tenant_decides_about_an_unknown_triple() -> None:
    triple = Triple("other-transaction", "other-transaction", "Moon Base Fee")
    own = Catalogue(overrides={triple: LineCategory.FBA_STORAGE_FEE})
    found = own.find("Other Transaction", "OTHER-TRANSACTION", "moon base fee")
    assert found is not None
    assert found.category is LineCategory.FBA_STORAGE_FEE
    assert CATALOGUE.find("other-transaction", "other-transaction", "Moon Base Fee") is None


def test_a_triple_has_one_meaning() -> None:
    first = Rule(Triple("A", "B", "C"), LineCategory.SALE, Sign.PLUS, Fact.JUDGEMENT)
    second = Rule(Triple("a", "b", "c"), LineCategory.REFUND_SALE, Sign.MINUS, Fact.JUDGEMENT)
    with pytest.raises(ValueError, match="two meanings"):
        Catalogue([first, second])


def test_tax_on_a_fee_has_its_fees_home() -> None:
    for kind_of_tax in LineCategory:
        base = tax_base(kind_of_tax)
        if base is not None:
            assert account_of(base.value) == account_of(kind_of_tax.value)


def test_tax_rows_name_the_line_they_belong_to() -> None:
    for rule in CATALOGUE.rules:
        if rule.category in (LineCategory.SALES_TAX_COLLECTED, LineCategory.REFUND_SALES_TAX):
            assert rule.joins is not None, rule.triple


def test_the_public_taxonomy_agrees_wherever_it_was_observed() -> None:
    """Facts of the shared taxonomy are facts here; the two were written apart."""
    root = os.environ.get("TIEOUT_SHARED") or str(Path(__file__).parents[3].parent / "shared")
    path = Path(root) / "data" / "settlement_taxonomy.csv"
    if not path.is_file():
        pytest.skip(f"no taxonomy at {path}")
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    missing = []
    for row in rows:
        triple = (row["transaction_type"], row["amount_type"], row["amount_description"].replace("<any>", ANY))
        if any(triple):
            rule = CATALOGUE.find(*triple)
            if rule is None or rule.category.value != row["accounting_meaning"]:
                missing.append((triple, row["accounting_meaning"], rule and rule.category.value))
    assert missing == []
    assert len(rows) > 300
