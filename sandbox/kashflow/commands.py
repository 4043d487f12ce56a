"""What is done to the twin from KashFlow's side: `POST /world/kashflow/<verb>`. All but `companies` take {"company"}.

companies     {}                                          their ids, names and settings (credentials are in `/world/seeded`)
trial         {"company"}                                 the trial balance
vat           {"company", "since"?, "until"?}             the VAT return's boxes
documents     {"company", "kind"}                         all objects of a kind, as kept (Invoice, Receipt, Journal, ...)
lock          {"company", "until"?, "vat_until"?}         close a period, file a VAT return; "" opens again
archive       {"company", "kind", "code" or "id", "archived"?}  Customer, Supplier, Nominal, Bank or Product
edit          {"company", "kind", "number" or "id", "changes"}  a person edits an object, as it is kept
delete        {"company", "kind", "number" or "id"}       a person deletes a document, its payments first
stock         {"company", "on"}                           stock control; "code" and "quantity" set a product's stock
soap          {"company", "enabled"?, "addresses"?}       the API settings
password      {"company", "password"?, "api_password"?}   new ones; api_password null: the login password is used
memorable     {"company", "word"}                         at least three letters
journal_sign  {"company", "positive"}                     debit or credit: what a positive JournalLine.Amount is
rules         {"company", name: reading}                  the other readings of what isn't published (company.py)
expire        {"company"}                                 all REST sessions end
unlock        {"company"}                                 after too many bad logins
modified      {"company", "kind", "code", "at"}           when a customer was last changed
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from sandbox.jsontext import load
from sandbox.kashflow import bank, documents, journals, ledger, nominals, payments
from sandbox.kashflow.company import RULES, Company, Stored
from sandbox.kashflow.documents import SIDES
from sandbox.kashflow.money import ZERO
from sandbox.kashflow.problems import Refused
from sandbox.world import World

Params = dict[str, Any]
_SHOWN: Final = ("soap", "addresses", "vat_registered", "stock", "closed_until", "vat_until", "locked", "home", *RULES)


def run(world: World, verb: str, params: Params) -> Params:
    """Do it. KeyError: no such verb or a missing parameter; ValueError: the books don't allow it."""
    act = _VERBS[verb]
    try:
        with world.db() as conn:
            return act(Company(conn, str(params["company"]), world.now()), params) if act else _companies(world)
    except Refused as refused:
        raise ValueError(refused.text) from refused


def state(world: World) -> Params:
    """Companies with their counts and whether they balance."""
    with world.db() as conn:
        found = [row["id"] for row in conn.execute("SELECT id FROM kf_company ORDER BY id")]
        return {"companies": [_standing(Company(conn, one, world.now())) for one in found]}


def _standing(company: Company) -> Params:
    rows = company.conn.execute(
        "SELECT kind, count(*) AS held FROM kf_object WHERE company = ? GROUP BY kind ORDER BY kind", (company.id,)
    )
    balances = [row.balance for row in ledger.trial_balance(company)]
    debit = sum((balance for balance in balances if balance > 0), ZERO)
    return {
        "company": company.id, "name": company.name, "username": company.username,
        "objects": {row["kind"]: row["held"] for row in rows}, "debit": str(debit), "credit": str(debit - sum(balances, ZERO)),
        "in_balance": sum(balances, ZERO) == 0,
    }  # fmt: skip


def _companies(world: World) -> Params:
    with world.db() as conn:
        found = [
            Company(conn, row["id"], world.now()) for row in conn.execute("SELECT id FROM kf_company ORDER BY id").fetchall()
        ]
    shown = [{"company": one.id, "name": one.name, "username": one.username, **_settings(one)} for one in found]
    return {"companies": shown}


def _settings(company: Company) -> Params:
    return {name: company.settings[name] for name in _SHOWN}


def _trial(company: Company, _params: Params) -> Params:
    rows = ledger.trial_balance(company)
    debit = sum((row.balance for row in rows if row.balance > 0), ZERO)
    total = sum((row.balance for row in rows), ZERO)
    return {
        "accounts": {row.nominal.body["Name"]: str(row.balance) for row in rows}, "debit": str(debit),
        "credit": str(debit - total), "sum": str(total),
    }  # fmt: skip


def _vat(company: Company, params: Params) -> Params:
    boxes = ledger.vat_return(company, params.get("since", ""), params.get("until", "9999"))
    return {name: str(value) for name, value in boxes.items()}


def _documents(company: Company, params: Params) -> Params:
    shown = [{"id": one.id, "number": one.number, "code": one.code, "day": one.day, "parent": one.parent, **one.body}
             for one in company.all(str(params["kind"]))]  # fmt: skip
    return {"documents": load(_text(shown))}


def _text(data: Any) -> str:
    """Decimals as texts: the control interface speaks plain JSON."""
    return json.dumps(data, default=str)


def _need(company: Company, params: Params) -> Stored:
    kind = str(params["kind"])
    if "number" in params:
        found = company.numbered(kind, int(params["number"]))
    elif "code" in params:
        found = company.coded(kind, params["code"])
    else:
        found = company.find(kind, int(params["id"]))
    if found is None:
        raise KeyError(f"{kind} {params}")
    return found


def _lock(company: Company, params: Params) -> Params:
    changes = {name: params[key] or "" for key, name in (("until", "closed_until"), ("vat_until", "vat_until")) if key in params}
    company.set(**changes)
    return _settings(company)


def _archive(company: Company, params: Params) -> Params:
    stored = _need(company, params)
    company.archive(stored, bool(params.get("archived", True)))
    return {"id": stored.id, "archived": bool(params.get("archived", True))}


def _edit(company: Company, params: Params) -> Params:
    stored = _need(company, params)
    body = {**stored.body, **load(_text(params["changes"]))}
    if stored.kind in SIDES:
        documents.save(company, SIDES[stored.kind], body, stored)
    elif stored.kind == journals.KIND:
        journals.save(company, body, stored)
    elif stored.kind == bank.KIND:
        bank.save(company, body, stored)
    else:
        company.replace(stored, body, code=str(body.get("Code") or stored.code).casefold() or None)
    return {"id": stored.id, "number": stored.number}


def _delete(company: Company, params: Params) -> Params:
    stored = _need(company, params)
    if stored.kind in SIDES:
        for payment in payments.of(company, stored):
            payments.unpay(company, SIDES[stored.kind], payment["PayID"])
        documents.remove(company, stored)
    elif stored.kind == bank.KIND:
        bank.remove(company, stored.id)
    else:
        company.remove(stored)
    return {"deleted": stored.id}


def _stock(company: Company, params: Params) -> Params:
    if "on" in params:
        company.set(stock=bool(params["on"]))
    if "code" in params and "quantity" in params:
        product = _need(company, {**params, "kind": "Product"})
        company.replace(product, {**product.body, "Stock": Decimal(str(params["quantity"])) - company.moved(product.id)})
    held = {one.body["Code"]: str(nominals.in_stock(company, one)) for one in company.all("Product")}
    return {"on": company.settings["stock"], "products": held}


def _soap(company: Company, params: Params) -> Params:
    company.set(**{name: params[key] for key, name in (("enabled", "soap"), ("addresses", "addresses")) if key in params})
    return _settings(company)


def _password(company: Company, params: Params) -> Params:
    """A new login password ends all sessions."""
    company.set(**{name: params[name] for name in ("password", "api_password") if name in params})
    return {"ended": _end_sessions(company)}


def _end_sessions(company: Company) -> int:
    return company.conn.execute("DELETE FROM kf_session WHERE company = ?", (company.id,)).rowcount


def _memorable(company: Company, params: Params) -> Params:
    word = str(params["word"])
    if len(word) < 3:
        raise ValueError("a memorable word has at least three letters")
    company.set(memorable=word)
    return {"letters": len(word)}


def _journal_sign(company: Company, params: Params) -> Params:
    return _rules(company, {"journal_sign": params["positive"]})


def _rules(company: Company, params: Params) -> Params:
    chosen = {name: params[name] for name in RULES if name in params}
    for name, reading in chosen.items():
        if reading not in RULES[name]:
            raise ValueError(f"{name} is one of {RULES[name]}")
    company.set(**chosen)
    return {name: company.settings[name] for name in RULES}


def _expire(company: Company, _params: Params) -> Params:
    return {"ended": _end_sessions(company)}


def _unlock(company: Company, _params: Params) -> Params:
    company.set(locked=False, bad_logins=0)
    return _settings(company)


def _modified(company: Company, params: Params) -> Params:
    stored = _need(company, {"kind": "Customer", **params})
    company.touch(stored, str(params["at"])[:19])
    return {"id": stored.id, "updated": str(params["at"])[:19]}


_VERBS: Final[dict[str, Callable[[Company, Params], Params] | None]] = {
    "companies": None,
    "trial": _trial,
    "vat": _vat,
    "documents": _documents,
    "lock": _lock,
    "archive": _archive,
    "edit": _edit,
    "delete": _delete,
    "stock": _stock,
    "soap": _soap,
    "password": _password,
    "memorable": _memorable,
    "journal_sign": _journal_sign,
    "rules": _rules,
    "expire": _expire,
    "unlock": _unlock,
    "modified": _modified,
}
