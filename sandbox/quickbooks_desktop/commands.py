"""What is done to the twin from the desktop's side: `POST /world/quickbooks_desktop/<verb>`.

files         {}                                          the company files, what is open, what waits to go wrong
open          {"file", "instead"?, "running"?}            at this file's computer another file is open, or QuickBooks is closed
install       {"file", "qwc" | "url", "password"}         a person adds an application to the file's Web Connector
uninstall     {"application"}                             and takes it out again
applications  {"file"?}                                   what is installed, with the last status
sessions      {"application"}                             its last updates, call by call
poll          {"application" | "file"}                    one update now; answers its transcript
autopoll      {"seconds", "files"?} | {"stop": true}      updates in the background, every application on its own
qbxml         {"file", "xml", "application"?}             a message straight to QuickBooks: {"response"} or {"hresult", "message"}
trouble       {"file", "kind", "request"?, "count"?, ...} see trouble.py; {"file"} alone tells what waits
close         {"file", "date", "password"?}               the closing date; null opens the books again
features      {"file", "<feature>": bool}                 multicurrency, inventory, classes, sales_tax, account_numbers
stock         {"file", "item", "quantity" | "difference"} a person counts an inventory item
edit          {"file", "kind", "id" | "name", "changes", "password"?}  a person changes an object (IsActive, Name, lines ...)
delete        {"file", "kind", "id" | "name", "password"?}             a person deletes an object
trial         {"file"}                                    the trial balance
documents     {"file", "kind"}                            all live objects of a kind, as kept
"""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from sandbox.quickbooks_desktop import applications, qwc, service, trouble
from sandbox.quickbooks_desktop.company import Company, Stored, files, reference
from sandbox.quickbooks_desktop.kinds import LISTS, TXNS
from sandbox.quickbooks_desktop.ledger import totals, trial_balance
from sandbox.quickbooks_desktop.processor import Session
from sandbox.quickbooks_desktop.status import Failure, Refusal
from sandbox.world import World

if TYPE_CHECKING:
    from sandbox.quickbooks_desktop.twin import Twin

Params = dict[str, Any]
BY_HAND: Final = "by hand"


def run(twin: Twin, verb: str, params: Params) -> Params:
    """Do it. KeyError: no such verb, file or object, or a missing parameter; ValueError: the books don't allow it."""
    try:
        return _VERBS[verb](twin, params)
    except Refusal as refusal:
        raise ValueError(str(refusal)) from refusal


def state(world: World, poller_seconds: float | None) -> Params:
    """Files with their document counts and trial balance, and what is installed."""
    with world.db() as conn:
        books = {file: Company(conn, file, world.now()) for file in files(conn)}
        return {
            "files": {
                file: {
                    "name": company.info["name"],
                    "documents": {kind: len(list(company.all(kind))) for kind in TXNS},
                    "trial": _trial(company, {}),
                }
                for file, company in books.items()
            },
            "applications": [one.shown() for one in applications.of_file(conn)],
            "autopoll": poller_seconds,
        }


def _in_file(work: Callable[[Company, Params], Params]) -> Callable[[Twin, Params], Params]:
    """A verb that works on one file's books, as one transaction."""

    def verb(twin: Twin, params: Params) -> Params:
        with twin.world.db() as conn:
            return work(Company(conn, str(params["file"]), twin.world.now()), params)

    return verb


# The computers and their Web Connectors


def _files(twin: Twin, params: Params) -> Params:
    with twin.world.db() as conn:
        return {file: _file(Company(conn, file, twin.world.now())) for file in files(conn)}


def _file(company: Company) -> Params:
    info = company.info
    return {
        **{name: info[name] for name in ("name", "path", "product", "edition", "features", "opened", "running")},
        "closing_date": info.get("closing_date"), "trouble": trouble.waiting(company.conn, company.file),
    }  # fmt: skip


def _open(company: Company, params: Params) -> Params:
    opened = str(params.get("instead") or company.file)
    Company(company.conn, opened, company.now)
    company.keep(opened=opened, running=bool(params.get("running", True)))
    return _file(company)


def _install(twin: Twin, params: Params) -> Params:
    text = params.get("qwc") or _downloaded(str(params["url"]))
    return applications.install(twin.world, str(params["file"]), text, str(params["password"])).shown()


def _downloaded(url: str) -> str:
    """A .qwc as a browser would fetch it. ValueError: not http(s), or not here for a plain connection."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in qwc.LOCAL):
        raise ValueError(f"{url} is neither https nor on this computer")
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310
        return str(answer.read(65536).decode())


def _uninstall(twin: Twin, params: Params) -> Params:
    with twin.world.db() as conn:
        gone = applications.get(conn, int(params["application"])).shown()
        applications.remove(conn, int(params["application"]))
    return gone


def _applications(twin: Twin, params: Params) -> Params:
    with twin.world.db() as conn:
        found = applications.of_file(conn, params.get("file"))
    return {"applications": [one.shown() for one in found], "autopoll": twin.poller.seconds}


def _sessions(twin: Twin, params: Params) -> Params:
    with twin.world.db() as conn:
        return {"sessions": applications.sessions(conn, int(params["application"]))}


def _poll(twin: Twin, params: Params) -> Params:
    if "application" in params:
        return twin.poller.poll(int(params["application"]))
    with twin.world.db() as conn:
        found = applications.of_file(conn, str(params["file"]))
    if len(found) != 1:
        raise KeyError(f"{len(found)} applications are installed for {params['file']}: name one")
    return twin.poller.poll(found[0].id)


def _autopoll(twin: Twin, params: Params) -> Params:
    if params.get("stop"):
        twin.poller.stop()
    else:
        twin.poller.start(float(params["seconds"]), set(params["files"]) if params.get("files") else None)
    return _applications(twin, {})


def _qbxml(twin: Twin, params: Params) -> Params:
    app = BY_HAND
    with twin.world.db() as conn:
        Company(conn, str(params["file"]), twin.world.now())
        if params.get("application"):
            app = applications.get(conn, int(params["application"])).app.owner
    try:
        return {"response": Session(twin.world, str(params["file"]), app).process(str(params["xml"]))}
    except Failure as failure:
        return {"hresult": failure.hresult, "message": failure.message}


# The books


def _trouble(company: Company, params: Params) -> Params:
    if "kind" in params:
        more = {name: value for name, value in params.items() if name not in ("file", "kind", "request", "count")}
        if params["kind"] == "wrong-file":
            Company(company.conn, str(more["instead"]), company.now)
        request, count = str(params.get("request", "*")), int(params.get("count", 1))
        trouble.lay(company.conn, company.file, str(params["kind"]), request, count, **more)
    return {"trouble": trouble.waiting(company.conn, company.file)}


def _close(company: Company, params: Params) -> Params:
    company.keep(closing_date=params["date"], closing_password=params.get("password", ""))
    return {"closing_date": params["date"]}


def _features(company: Company, params: Params) -> Params:
    known = company.info["features"]
    chosen = {name: bool(value) for name, value in params.items() if name != "file"}
    if set(chosen) - set(known):
        raise KeyError(f"{sorted(set(chosen) - set(known))}: the features are {sorted(known)}")
    company.keep(features={**known, **chosen})
    return dict(company.info["features"])


def _stock(company: Company, params: Params) -> Params:
    item = company.named(("ItemInventory",), str(params["item"]))
    if item is None:
        raise KeyError(params["item"])
    count = (
        {"NewQuantity": str(params["quantity"])} if "quantity" in params else {"QuantityDifference": str(params["difference"])}
    )
    line = {"tag": "InventoryAdjustmentLine", "ItemRef": reference(item), "QuantityAdjustment": count}
    body = {"AccountRef": {"FullName": "Inventory Adjustments"}, "Memo": "Counted", "lines": [line]}
    made = service.add(company, "InventoryAdjustment", body)
    return {"TxnID": made.id, "item": item.name, "quantity": str(company.stock(item.id)[0])}


def _edit(company: Company, params: Params) -> Params:
    _unlocked(company, params)
    return _shown(service.change(company, _need(company, params), dict(params["changes"])))


def _delete(company: Company, params: Params) -> Params:
    _unlocked(company, params)
    stored = _need(company, params)
    return _shown(service.delete(company, stored.kind, stored.id))


def _unlocked(company: Company, params: Params) -> None:
    """A person who knows the closing password gets past the closing date, this once."""
    given = params.get("password")
    if given is not None and given == company.info.get("closing_password"):
        company.info = {**company.info, "closing_date": None}


def _trial(company: Company, params: Params) -> Params:
    rows = trial_balance(company)
    debit, credit = totals(rows)
    return {
        "accounts": {row.name: str(row.balance) for row in rows}, "debit": str(debit), "credit": str(credit),
        "sum": str(sum((row.balance for row in rows), Decimal("0.00"))),
    }  # fmt: skip


def _documents(company: Company, params: Params) -> Params:
    if params["kind"] not in (*TXNS, *LISTS):
        raise KeyError(params["kind"])
    return {"documents": [_shown(stored) for stored in company.all(str(params["kind"]))]}


def _shown(stored: Stored) -> Params:
    return {"id": stored.id, "EditSequence": stored.edit, "active": stored.active, **stored.body}


def _need(company: Company, params: Params) -> Stored:
    kind = str(params["kind"])
    found = company.find(str(params["id"]), kind) if "id" in params else company.named((kind,), str(params["name"]))
    if found is None or found.deleted:
        raise KeyError(f"{kind} {params.get('id') or params.get('name')}")
    return found


_VERBS: Final[dict[str, Callable[[Any, Params], Params]]] = {
    "files": _files,
    "open": _in_file(_open),
    "install": _install,
    "uninstall": _uninstall,
    "applications": _applications,
    "sessions": _sessions,
    "poll": _poll,
    "autopoll": _autopoll,
    "qbxml": _qbxml,
    "trouble": _in_file(_trouble),
    "close": _in_file(_close),
    "features": _in_file(_features),
    "stock": _in_file(_stock),
    "edit": _in_file(_edit),
    "delete": _in_file(_delete),
    "trial": _in_file(_trial),
    "documents": _in_file(_documents),
}
