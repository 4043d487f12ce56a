"""The organisation, its lists, and adding to them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from canonical.accounting import AccountType
from connections.contracts import ItemSpec, PartySpec
from connections.errors import Failure, FailureKind
from connections.providers.xero import lists, provider, reference


def test_the_organisation_says_what_decides_how_documents_are_written(organisation):
    uk, us, au = (organisation(which).facts() for which in ("uk", "us", "au"))
    assert (uk.name, uk.country, uk.home_currency, uk.sales_tax) == ("Fenwick Trading Ltd", "GB", "GBP", "codes")
    assert (uk.multicurrency, list(uk.currencies)) == (True, ["GBP", "EUR", "JPY", "KWD", "USD"])
    assert (uk.classes, uk.departments, uk.close_date, uk.invoices_left) == (True, False, None, None)
    assert (us.sales_tax, us.multicurrency, list(us.currencies)) == ("", False, ["USD"])
    assert (au.country, au.sales_tax) == ("AU", "codes")


def test_accounts_speak_the_shared_words(organisation):
    accounts = {key: item for (kind, key), item in organisation("uk").references("account").items() if kind == "account"}
    said = {key: (item.facts["type"], item.facts["native_type"], item.facts["system"]) for key, item in accounts.items()}
    assert said["090"] == (AccountType.BANK, "BANK", False)
    assert said["200"] == (AccountType.INCOME, "REVENUE", False)
    assert said["610"] == (AccountType.RECEIVABLE, "CURRENT", True)
    assert said["800"] == (AccountType.PAYABLE, "CURRLIAB", True)
    assert said["820"] == (AccountType.OTHER_CURRENT_LIABILITY, "CURRLIAB", True)
    assert said["900"][0] == AccountType.LONG_TERM_LIABILITY
    assert {item.facts["type"] for item in accounts.values()} <= set(AccountType)
    assert [key for key, item in accounts.items() if not item.active] == ["498X"]
    assert (accounts["092"].facts["currency"], accounts["835"].facts["payments"], accounts["200"].facts["payments"]) == (
        "EUR", True, False,
    )  # fmt: skip


def test_every_type_of_the_contract_has_a_word():
    types = {
        "BANK", "CURRENT", "CURRLIAB", "DEPRECIATN", "DIRECTCOSTS", "EQUITY", "EXPENSE", "FIXED", "INVENTORY", "LIABILITY",
        "NONCURRENT", "OTHERINCOME", "OVERHEADS", "PREPAYMENT", "REVENUE", "SALES", "TERMLIAB", "PAYG",
    }  # fmt: skip
    assert set(reference.TYPES) == types
    assert all(reference.TYPES[native] for native in reference.NATIVE.values())


def test_tax_rates_serve_one_side_of_the_return(organisation):
    found = {item.external_id: item.facts for item in organisation("uk").references("tax_code").values()}
    sides = {key: (facts["sales_rate"], facts["purchase_rate"]) for key, facts in found.items()}
    assert sides["OUTPUT2"] == ("20", "")
    assert sides["INPUT2"] == ("", "20")
    assert sides["ZERORATEDOUTPUT"] == ("0", "")
    assert sides["NONE"] == ("", "")
    assert sides["REVERSECHARGES"] == ("", "0")


def test_items_contacts_and_options(organisation):
    found = organisation("uk").references()
    mug = found["item", "MUG"]
    assert (mug.name, mug.facts["type"], mug.facts["sku"], mug.facts["account"], mug.facts["on_hand"]) == (
        "Enamel mug", "Inventory", "MUG", "200", "0",
    )  # fmt: skip
    assert found["class", "Channel::Amazon"].name == "Channel: Amazon"
    assert not [key for kind, key in found if kind == "department"]
    people = {item.name: item.active for (kind, _), item in found.items() if kind == "customer"}
    assert (people["Coastline Cafe"], people["Dormant Buyer"]) == (True, False)


def test_only_what_changed_is_read_again_and_nothing_costs_nothing(organisation, twins):
    uk = organisation("uk")
    kinds = ("item", "customer")
    uk.target.create_party(uk.door, uk.account, PartySpec("Before"), request_id="p1")
    twins.clock(shift=3600)
    since = datetime.now(UTC) + timedelta(seconds=1800)
    assert [page for page in uk.target.reference_pages(uk.door, uk.account, kinds, since=since) if page] == []
    key = uk.target.create_party(uk.door, uk.account, PartySpec("After"), request_id="p2").external_id
    uk.command("edit", kind="Contact", id=key, changes={"EmailAddress": "after@example.test"})
    found = [item for page in uk.target.reference_pages(uk.door, uk.account, kinds, since=since) for item in page]
    assert [(item.name, item.facts["email"]) for item in found] == [("After", "after@example.test")]
    asked = [exchange.request for exchange in uk.door.exchanges if exchange.request.method == "GET"][-4:]
    assert [request.headers["if-modified-since"] for request in asked] == [f"{since:%Y-%m-%dT%H:%M:%S}"] * 4


def test_an_account_is_made_on_its_code_or_the_next_free_one(organisation):
    uk = organisation("uk")
    spec = {"name": "Amazon Clearing", "type": AccountType.OTHER_CURRENT_ASSET, "number": "200", "role": "clearing"}
    made = uk.target.create_account(uk.door, uk.account, spec, request_id="a1")
    assert (made.external_id, made.facts["payments"], made.facts["native_type"]) == ("201", True, "CURRENT")
    again = uk.target.create_account(uk.door, uk.account, {**spec, "name": "AMAZON clearing"}, request_id="a2")
    assert again.external_id == "201"
    fees = {"name": "Amazon Selling Fees", "type": AccountType.COST_OF_GOODS_SOLD, "number": "3110", "role": "selling_fees"}
    assert uk.target.create_account(uk.door, uk.account, fees, request_id="a3").facts["payments"] is False


@pytest.mark.parametrize(
    ("suggested", "taken", "code"),
    [("2010", set(), "2010"), ("2010", {"2010", "2011"}, "2012"), ("SALES", {"SALES"}, "9000"), ("", set(), "9000")],
)
def test_the_next_free_code(suggested, taken, code):
    assert lists.free_code(suggested, taken) == code


def test_an_account_whose_answer_was_lost_is_taken_over(organisation):
    uk = organisation("uk")
    uk.fault("drop-after-commit", "accounts.write", count=1)
    spec = {"name": "Amazon Reserve", "type": AccountType.OTHER_CURRENT_ASSET, "number": "6112"}
    assert uk.target.create_account(uk.door, uk.account, spec, request_id="a1").external_id == "6112"


def test_a_contact_is_made_once_with_its_address(organisation):
    uk = organisation("uk")
    spec = PartySpec(
        "Amazon.de  sales", "abc@marketplace.example.test", currency="EUR", address=("Dana", "4 Quay St", "", "Leeds")
    )
    made = uk.target.create_party(uk.door, uk.account, spec, request_id="p1")
    assert (made.name, made.facts["email"], made.facts["currency"]) == ("Amazon.de sales", "abc@marketplace.example.test", "EUR")
    assert made.facts["address"] == ["Dana", "4 Quay St", "Leeds"]
    assert uk.target.create_party(uk.door, uk.account, spec, request_id="p2").external_id == made.external_id
    found = uk.target.find_references(uk.door, uk.account, "customer", "email", ["abc@marketplace.example.test", "nobody@x.test"])
    assert [item.external_id for item in found] == [made.external_id]


def test_an_item_is_known_by_its_code_and_a_long_sku_gets_a_check(organisation):
    uk = organisation("uk")
    spec = ItemSpec("Mug, blue", "MUG-BLUE", "200", "Mug, blue, 350 ml")
    made = uk.target.create_item(uk.door, uk.account, spec, request_id="i1")
    assert (made.external_id, made.facts["account"]) == ("MUG-BLUE", "200")
    assert uk.target.create_item(uk.door, uk.account, spec, request_id="i2").external_id == "MUG-BLUE"
    one, other = (lists.item_code("S" * 40 + end) for end in "ab")
    assert len(one) == 30
    assert one != other
    found = uk.target.find_references(uk.door, uk.account, "item", "sku", ["MUG-BLUE", "MUG", 'a"b'])
    assert {item.external_id for item in found} == {"MUG-BLUE", "MUG"}


def test_what_is_refused_is_told_in_xeros_words(organisation):
    uk = organisation("uk")
    with pytest.raises(Failure) as failed:
        uk.target.create_item(uk.door, uk.account, ItemSpec("X", "X", "090"), request_id="i1")
    assert failed.value.kind is FailureKind.BAD_REFERENCE
    assert "Account code '090' is not a valid code" in failed.value.problem.text()


def test_whoever_looks_sees_every_kind_page_by_page(organisation):
    """Contact, invoice, credit note, payment, bill, item, account, bank transaction, journal, tracking: all readable."""
    uk = organisation("uk")
    seen = {kind.key: provider.browser.page(uk.door, uk.account, kind.key) for kind in provider.browser.entities}
    assert set(seen) >= {
        "Contact", "Invoice", "CreditNote", "Payment", "Bill", "Item", "Account", "BankTransaction", "ManualJournal",
        "TrackingCategory",
    }  # fmt: skip
    accounts = seen["Account"]
    behind = provider.browser.page(uk.door, uk.account, "Account", cursor=accounts.next)
    assert (len(accounts.rows), accounts.next, behind.next) == (25, "2", "")
    ids = [row[accounts.identity] for row in (*accounts.rows, *behind.rows)]
    assert len(set(ids)) == len(ids) == len(uk.references("account"))
    for number in range(30):
        uk.target.create_party(uk.door, uk.account, PartySpec(f"Buyer {number:02}"), request_id=f"p{number}")
    contacts = provider.browser.page(uk.door, uk.account, "Contact")
    assert (len(contacts.rows), contacts.next, contacts.rows[0]["Name"]) == (25, "2", "Buyer 29")
