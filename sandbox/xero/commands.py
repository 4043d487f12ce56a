"""What is done to the twin from Xero's side: `POST /world/xero/<verb>`. `tenant` is an organisation's id.

organisations {}                                        all of them, with documents, balances, connections
trial         {"tenant", "until"?}                      the trial balance
authorise     {"tenant" | "tenants": [...], "scope"?}   tokens without the consent page
expire        {"tenant"?}                               access tokens end now
revoke        {"tenant"}                                the organisation's user ends the consent: tokens and connections
disconnect    {"tenant"}                                a person takes one organisation away from the app; tokens live on
redirects     {"uris": [...]}                           addresses the app has registered
limits        {"tenant", "day", "minute", "concurrent", "app"}   limits in force as they are; null takes one away
plan          {"tenant", "invoices", "bills", "journals"}        approvals a month; null is no limit
lock          {"tenant", "period": date|null, "year": date|null} lock dates
offline       {"tenant", "status": 412|503|null}        the organisation can't be reached
multicurrency {"tenant", "on": bool}                    part of the subscription or not
archive       {"tenant", "kind": Account|Contact|TrackingCategory, "id" | "name", "active"?: bool}
edit          {"tenant", "kind", "id", "changes": {...}}  a person edits an object
void          {"tenant", "kind", "id"}                  a person voids (or deletes) a document
documents     {"tenant", "kind"}                        all objects of a kind, as answered
stock         {"tenant", "item": code, "quantity"?, "cost"?}     what is there; a quantity brings that many in by a bill
bank_line     {"tenant", "amount", "account"?: code, "date"?, "text"?}  the bank sends a line, positive for money in
bank_lines    {"tenant"}
match         {"tenant", "line", "invoice"|"credit_note"|"account"|"payment"|"transaction"|"transfer", ...}  see feed.py
webhook       {"url", "key"?, "waits"?, "repeat"?, "drop"?}      where news goes; starts the intent to receive
deliver       {}                                        send what waits, now
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from sandbox import jsontext
from sandbox.world import World
from sandbox.xero import feed, invoices, limits, scopes, sign_in, webhooks
from sandbox.xero.books import Books, Stored
from sandbox.xero.dates import read_day
from sandbox.xero.documents import Options
from sandbox.xero.endpoints import BY_KIND
from sandbox.xero.errors import Invalid, NotFound
from sandbox.xero.ledger import totals, trial_balance

if TYPE_CHECKING:
    from sandbox.xero.twin import Twin

Params = dict[str, Any]
_SETTINGS: Final = (webhooks.SETTING, limits.SETTING, sign_in.REDIRECTS)
_ENDED: Final = {"Payment": "DELETED", "BankTransaction": "DELETED", "BankTransfer": "DELETED"}
_STATUS: Final = {"Contact": "ContactStatus"}


def run(twin: Twin, verb: str, params: Params) -> Params:
    """Do it. KeyError: no such verb, organisation or object; ValueError: the books don't allow it."""
    try:
        return _VERBS[verb](twin, params)
    except Invalid as refused:
        raise ValueError(str(refused)) from refused
    except NotFound as missing:
        raise KeyError(str(missing)) from missing


def forget(world: World) -> None:
    """Settings back to what they are at first."""
    with world.db() as conn:
        conn.executemany("DELETE FROM setting WHERE name = ?", [(name,) for name in _SETTINGS])


def state(twin: Twin) -> Params:
    """Organisations with their document counts and balance, consents with their refresh counts, connections, news."""
    with twin.world.db() as conn:
        events = dict(conn.execute("SELECT count(*) AS events, count(delivered) AS delivered FROM xero_event").fetchone())
        connections = [dict(row) for row in conn.execute("SELECT * FROM xero_connection ORDER BY created")]
    return {
        **_organisations(twin, {}), "consents": twin.grants.state(), "connections": connections,
        "webhook": {**twin.webhooks.config, **events},
    }  # fmt: skip


def _organisations(twin: Twin, params: Params) -> Params:
    with twin.world.db() as conn:
        tenants = [row["tenant"] for row in conn.execute("SELECT tenant FROM xero_organisation ORDER BY rowid")]
        return {"organisations": [_organisation(Books(conn, tenant, twin.world.now())) for tenant in tenants]}


def _organisation(books: Books) -> Params:
    rows = books.conn.execute(
        "SELECT kind, count(*) AS live FROM xero_object WHERE tenant = ? AND status NOT IN ('DELETED', 'VOIDED')"
        " GROUP BY kind ORDER BY kind", (books.tenant,),
    )  # fmt: skip
    debit, credit = totals(trial_balance(books))
    shown = ("period_lock", "year_lock", "plan", "class", "offline", "multicurrency")
    return {
        "tenant": books.tenant, "name": books.name, "country": books.country, "base": books.base,
        "objects": {row["kind"]: row["live"] for row in rows}, "debit": str(debit), "credit": str(credit),
        "in_balance": debit == credit, **{name: books.settings[name] for name in shown},
    }  # fmt: skip


def _in_books(act: Callable[[Books, Params], Params]) -> Callable[[Twin, Params], Params]:
    def do(twin: Twin, params: Params) -> Params:
        with twin.world.db() as conn:
            done = act(Books(conn, str(params["tenant"]), twin.world.now()), params)
        twin.webhooks.wake()
        return done

    return do


def _plainly(shown: Any) -> Any:
    """Decimals as the API writes them: numbers."""
    return jsontext.load(jsontext.dump(shown))


# Consents and limits


def _authorise(twin: Twin, params: Params) -> Params:
    tenants = [str(tenant) for tenant in params.get("tenants") or [params["tenant"]]]
    scope = str(params.get("scope") or " ".join(sorted(name for name in scopes.KNOWN if not name.endswith(".read"))))
    code = twin.grants.code(sign_in.CLIENT_ID, tenants, "by hand", scope)
    return twin.grants.exchange(sign_in.CLIENT_ID, code, "by hand", "", True)


def _expire(twin: Twin, params: Params) -> Params:
    return {"expired": twin.grants.expire(tenant=params.get("tenant"))}


def _revoke(twin: Twin, params: Params) -> Params:
    return {"ended": twin.grants.end_of(str(params["tenant"]), "the user")}


def _disconnect(twin: Twin, params: Params) -> Params:
    return {"removed": twin.grants.disconnect(str(params["tenant"]))}


def _redirects(twin: Twin, params: Params) -> Params:
    twin.world.store.put(sign_in.REDIRECTS, [str(uri) for uri in params["uris"]])
    return {"uris": params["uris"]}


def _limits(twin: Twin, params: Params) -> Params:
    tenant = str(params["tenant"])
    kept = twin.world.store.get(limits.SETTING, {})
    chosen = {name: params[name] for name in limits.NAMES if name in params}
    kept[tenant] = {**kept.get(tenant, {}), **{name: None if value is None else int(value) for name, value in chosen.items()}}
    twin.world.store.put(limits.SETTING, kept)
    twin.meter.clear()
    return dict(kept[tenant])


def _webhook(twin: Twin, params: Params) -> Params:
    return twin.webhooks.configure(params)


def _deliver(twin: Twin, params: Params) -> Params:
    return dict(twin.webhooks.deliver())


# In the books


def _trial(books: Books, params: Params) -> Params:
    rows = trial_balance(books, params.get("until"))
    debit, credit = totals(rows)
    return {
        "accounts": {row.account.body["Name"]: str(row.balance) for row in rows}, "debit": str(debit), "credit": str(credit),
        "sum": str(sum((row.balance for row in rows), Decimal("0.00"))),
    }  # fmt: skip


def _plan(books: Books, params: Params) -> Params:
    names = ("invoices", "bills", "journals")
    books.set(plan={**books.settings["plan"], **{name: params[name] for name in names if name in params}})
    return dict(books.settings["plan"])


def _lock(books: Books, params: Params) -> Params:
    for name, kept in (("period", "period_lock"), ("year", "year_lock")):
        if name in params:
            books.set(**{kept: read_day(params[name]).isoformat() if params[name] else None})
    return {"period": books.settings["period_lock"], "year": books.settings["year_lock"]}


def _offline(books: Books, params: Params) -> Params:
    if params["status"] not in (None, 412, 503):
        raise ValueError("status is 412, 503 or null")
    books.set(offline=params["status"])
    return {"status": params["status"]}


def _multicurrency(books: Books, params: Params) -> Params:
    books.set(multicurrency=bool(params["on"]))
    return {"on": books.settings["multicurrency"]}


def _archive(books: Books, params: Params) -> Params:
    kind, status = params["kind"], "ACTIVE" if params.get("active") else "ARCHIVED"
    stored = _need(books, params)
    return _show(books, BY_KIND[kind].write(books, {_STATUS.get(kind, "Status"): status}, stored, Options("POST")))


def _edit(books: Books, params: Params) -> Params:
    stored = _need(books, params)
    return _show(books, BY_KIND[stored.kind].write(books, dict(params["changes"]), stored, Options("POST")))


def _void(books: Books, params: Params) -> Params:
    stored = _need(books, params)
    booked = stored.status in (*invoices.BOOKED, "POSTED")
    status = _ENDED.get(stored.kind, "VOIDED" if booked else "DELETED")
    sent = {"Status": status, "_feed": True}  # a person may undo what is reconciled
    return _show(books, BY_KIND[stored.kind].write(books, sent, stored, Options("POST")))


def _documents(books: Books, params: Params) -> Params:
    return {"documents": [_show(books, stored) for stored in books.all(BY_KIND[params["kind"]].kind)]}


def _stock(books: Books, params: Params) -> Params:
    item = books.labelled("Item", str(params["item"]))
    if item is None:
        raise KeyError(str(params["item"]))
    if params.get("quantity"):
        line = {"ItemCode": item.body["Code"], "Quantity": params["quantity"], "UnitAmount": str(params.get("cost", "0"))}
        bill = {
            "Type": invoices.BILL, "Status": "AUTHORISED", "Contact": {"Name": "Opening stock"}, "LineAmountTypes": "NoTax",
            "Date": books.today.isoformat(), "DueDate": books.today.isoformat(), "LineItems": [line],
        }  # fmt: skip
        invoices.write(books, bill, None, Options())
    quantity, pool = books.on_hand(item.id)
    return {"item": item.body["Code"], "quantity": str(quantity), "cost": str(pool)}


def _bank_line(books: Books, params: Params) -> Params:
    return feed.add(books, params)


def _bank_lines(books: Books, params: Params) -> Params:
    return {"lines": feed.lines(books)}


def _match(books: Books, params: Params) -> Params:
    return feed.match(books, params)


def _need(books: Books, params: Params) -> Stored:
    """By id, or by the code, number or name under which the kind is found."""
    kind = BY_KIND[params["kind"]].kind
    found = books.find(kind, str(params["id"])) if params.get("id") else None
    name = str(params.get("name") or params.get("id"))
    found = found or books.labelled(kind, name) or books.second(kind, name)
    if found is None:
        raise KeyError(f"{kind} {name}")
    return found


def _show(books: Books, stored: Stored) -> Params:
    return dict(_plainly(BY_KIND[stored.kind].show(books, books.need(stored.kind, stored.id), True, Options())))


_VERBS: Final[dict[str, Callable[[Any, Params], Params]]] = {
    "organisations": _organisations,
    "authorise": _authorise,
    "expire": _expire,
    "revoke": _revoke,
    "disconnect": _disconnect,
    "redirects": _redirects,
    "limits": _limits,
    "webhook": _webhook,
    "deliver": _deliver,
    "trial": _in_books(_trial),
    "plan": _in_books(_plan),
    "lock": _in_books(_lock),
    "offline": _in_books(_offline),
    "multicurrency": _in_books(_multicurrency),
    "archive": _in_books(_archive),
    "edit": _in_books(_edit),
    "void": _in_books(_void),
    "documents": _in_books(_documents),
    "stock": _in_books(_stock),
    "bank_line": _in_books(_bank_line),
    "bank_lines": _in_books(_bank_lines),
    "match": _in_books(_match),
}
