"""Bank transactions: money in or out of one bank account, coded to a nominal, with VAT where it bears any.

Coded to another bank account it is a transfer, which both accounts show; see the rule `transfer` in `company.py`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from sandbox.kashflow import chart, nominals, problems, rules
from sandbox.kashflow.company import Body, Company, Effects, Posting, Stored
from sandbox.kashflow.money import ZERO

KIND: Final = "BankTransaction"


def save(company: Company, sent: Body, old: Stored | None = None) -> Stored:
    """Create, or replace `old` and its twin in the other account of a transfer."""
    account = _account(company, sent.get("accid") or 0)
    against = _against(company, sent.get("TransactionType") or 0)
    body = _body(company, sent)
    other = nominals.bank_of(company, against.id)
    if other and (company.settings["transfer"] == "journal" or other.id == account.id or body["VatAmount"]):
        raise problems.invalid(f"A bank transaction can't be coded to the bank account {other.body['AccountName']}.")
    when = body["TransactionDate"][:10]
    rules.open_on(company, when, vat=bool(body["Vatable"]))
    if old:
        withdraw(company, old)
    body |= {"accid": account.id, "TransactionType": against.id}
    if old:
        made = company.replace(old, body, day=when, parent=account.id)
    else:
        made = company.insert(KIND, body, day=when, parent=account.id)
    company.apply(made, _effects(company, account, against, body))
    return _mirrored(company, made, account, other) if other else made


def _account(company: Company, key: int) -> Stored:
    """A bank account by the key the company's rule accepts."""
    reading = company.settings["bank_keys"]
    by_code = company.coded("Bank", key) if reading != "id" else None
    if by_code and not by_code.archived:
        return by_code
    if reading == "code":
        raise problems.unknown("bank account of code", key)
    return company.need("Bank", key, "bank account")


def _against(company: Company, key: int) -> Stored:
    """The nominal a transaction is coded to, by the key the company's rule accepts. Refused for a control account."""
    reading = company.settings["bank_keys"]
    found = company.coded("Nominal", key) if reading != "id" else None
    if found is None and reading == "code":
        raise problems.unknown("nominal code", key)
    nominal = company.need("Nominal", found.id if found else key, "transaction type")
    if nominal.body["Code"] in chart.CONTROL:
        raise problems.invalid(f"Nominal {nominal.body['Name']} can't be used here.")
    return nominal


def _body(company: Company, sent: Body) -> Body:
    money_in = rules.amount(Decimal(sent.get("moneyin") or 0), "moneyin")
    money_out = rules.amount(Decimal(sent.get("moneyout") or 0), "moneyout")
    if money_in < 0 or money_out < 0 or bool(money_in) == bool(money_out):
        raise problems.invalid("Either moneyin or moneyout is needed, and above zero.")
    vatable = int(bool(sent.get("Vatable")))
    vat = rules.amount(Decimal(sent.get("VatAmount") or 0), "VatAmount") if vatable else ZERO
    rules.vat_allowed(company, vat)
    if not 0 <= vat < money_in + money_out:
        raise problems.invalid("VatAmount is not valid.")
    return {
        "TransactionDate": f"{rules.day(sent.get('TransactionDate'), 'TransactionDate')}T00:00:00", "moneyin": money_in,
        "moneyout": money_out, "Vatable": vatable, "VatRate": Decimal(sent.get("VatRate") or 0), "VatAmount": vat,
        "Comment": rules.text(sent.get("Comment"), "Comment"), "ProjectID": sent.get("ProjectID") or 0,
        "CustomerId": sent.get("CustomerId") or 0, "SupplierId": sent.get("SupplierId") or 0,
    }  # fmt: skip


def _effects(company: Company, account: Stored, against: Stored, body: Body) -> Effects:
    amount = body["moneyin"] - body["moneyout"]
    vat = body["VatAmount"] if body["moneyin"] else -body["VatAmount"]
    postings = [Posting(account.parent, amount, body["Comment"][:80]), Posting(against.id, vat - amount, body["Comment"][:80])]
    if vat:
        control = chart.SALES_VAT if vat > 0 else chart.PURCHASE_VAT
        postings.append(Posting(company.nominal(control).id, -vat))
    return Effects(postings)


def _mirrored(company: Company, made: Stored, account: Stored, other: Stored) -> Stored:
    """The other account's view of a transfer; the books hold the movement once."""
    flipped = {
        **made.body, "accid": other.id, "TransactionType": account.parent, "moneyin": made.body["moneyout"],
        "moneyout": made.body["moneyin"], "Mirror": made.id, "IsMirror": True,
    }  # fmt: skip
    mirror = company.insert(KIND, flipped, day=made.day, parent=other.id)
    return company.replace(made, {**made.body, "Mirror": mirror.id})


def withdraw(company: Company, stored: Stored) -> None:
    """Before a change: refused in a closed period; a transfer's other view goes."""
    rules.open_on(company, stored.day, vat=bool(stored.body["Vatable"]))
    if stored.body.get("IsMirror"):
        raise problems.invalid("The other side of a transfer can't be changed; change the transfer itself.")
    mirror = company.find(KIND, stored.body.get("Mirror", 0))
    if mirror:
        company.remove(mirror)


def remove(company: Company, transaction_id: int) -> None:
    stored = company.find(KIND, transaction_id)
    if stored is None:
        raise problems.unknown("bank transaction", transaction_id)
    if stored.body.get("IsMirror"):
        stored = company.need(KIND, stored.body["Mirror"], "bank transaction")
    withdraw(company, stored)
    company.remove(stored)


def shown(company: Company, stored: Stored) -> Body:
    """As the SOAP types show it; under the rule `bank_keys` = code with codes."""
    body = {**stored.body, "ID": stored.id}
    if company.settings["bank_keys"] == "code":
        account, nominal = company.find("Bank", body["accid"]), company.find("Nominal", body["TransactionType"])
        body["accid"] = account.body["Code"] if account else 0
        body["TransactionType"] = nominal.body["Code"] if nominal else 0
    return body
