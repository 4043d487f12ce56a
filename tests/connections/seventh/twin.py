"""Paperbooks, made up: journals over JSON, a key for each company, no memory for retries."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.faults import Fault, Kind
from sandbox.world import World

Body = dict[str, Any]
COMPANY, KEY, OTHER_KEY = "pb-1", "key-of-quill-and-daughters", "key-of-inkwell"
KEYS = {KEY: (COMPANY, "Quill & Daughters"), OTHER_KEY: ("pb-2", "Inkwell")}
KINDS = ("bank", "asset", "liability", "income", "cost")


class Refused(Exception):
    """An error of the interface: HTTP status and their word for it."""

    def __init__(self, status: int, word: str, text: str = "") -> None:
        super().__init__(word)
        self.status, self.word, self.text = status, word, text or word


class Twin:
    """Everything in memory: the process that tests it is the only one."""

    name, title = "paperbooks", "Paperbooks"

    def __init__(self, world: World) -> None:
        self.world = world
        self.seed()

    def seed(self) -> None:
        bank = {"id": "1", "name": "Current Account", "kind": "bank", "active": True}
        self.accounts: dict[str, list[Body]] = {company: [dict(bank)] for company, _name in KEYS.values()}
        self.parties: dict[str, list[Body]] = {company: [] for company, _name in KEYS.values()}
        self.entries: dict[str, list[Body]] = {company: [] for company, _name in KEYS.values()}
        self.keys = dict(KEYS)
        self.closed = ""

    reset = seed

    def state(self) -> Body:
        return {"entries": sum(len(found) for found in self.entries.values())}

    def seeded(self) -> Body:
        return {"keys": list(KEYS)}

    def links(self) -> list[tuple[str, str]]:
        return []

    def command(self, verb: str, params: Body) -> Body:
        match verb:
            case "trial":
                return {"accounts": self._trial()}
            case "close":
                self.closed = params["through"]
            case "retire":
                self._account(COMPANY, params["account"])["active"] = False
            case "revoke":
                self.keys.pop(KEY)
            case _:
                raise KeyError(verb)
        return {}

    def _trial(self) -> dict[str, str]:
        names = {account["id"]: account["name"] for account in self.accounts[COMPANY]}
        sums = dict.fromkeys(names.values(), Decimal(0))
        for entry in self.entries[COMPANY]:
            for line in entry["lines"]:
                sums[names[line["account"]]] += Decimal(line.get("debit", 0)) - Decimal(line.get("credit", 0))
        return {name: f"{amount:f}" for name, amount in sums.items()}

    # ------------------------------------------------------------ the interface

    def handle(self, request: Request) -> Response:
        parts = request.path.strip("/").split("/")
        operation = f"{request.method} {parts[1] if len(parts) > 1 else ''}"

        def refuse(fault: Fault) -> Response:
            status = {Kind.THROTTLE: 429, Kind.REVOKE: 401, Kind.EXPIRE: 401}.get(fault.kind, 500)
            return _json({"error": fault.kind.value}, status)

        try:
            return self.world.act(self.name, operation, request, commit=lambda: self._answer(request, parts), refuse=refuse)
        except Refused as refused:
            return _json({"error": refused.word, "text": refused.text}, refused.status)

    def _answer(self, request: Request, parts: list[str]) -> Response:
        if request.headers.get("x-key") not in self.keys:
            raise Refused(401, "no_such_key")
        company, name = self.keys[request.headers["x-key"]]
        routes: dict[tuple[str, str], Callable[[], Any]] = {
            ("GET", "company"): lambda: {"id": company, "name": name, "currency": "EUR", "closed": self.closed},
            ("GET", "accounts"): lambda: self._page(self.accounts[company], request),
            ("POST", "accounts"): lambda: self._add(self.accounts[company], {"active": True, **_body(request)}),
            ("GET", "parties"): lambda: self._page(self.parties[company], request),
            ("POST", "parties"): lambda: self._add(self.parties[company], {"active": True, **_body(request)}),
            ("GET", "entries"): lambda: self._found(company, request, parts[2:]),
            ("POST", "entries"): lambda: self._write(company, _body(request)),
            ("DELETE", "entries"): lambda: self._delete(company, parts[2]),
        }
        if len(parts) < 2 or (request.method, parts[1]) not in routes:
            raise Refused(404, "no_such_thing")
        return _json(routes[request.method, parts[1]](), 201 if request.method == "POST" else 200)

    def _page(self, rows: list[Body], request: Request) -> Body:
        start = int(request.args.get("from", 0))
        return {"rows": rows[start : start + 5], "next": start + 5 if len(rows) > start + 5 else None}

    def _add(self, rows: list[Body], body: Body) -> Body:
        if any(row["name"] == body["name"] for row in rows):
            raise Refused(409, "name_taken")
        rows.append({"id": str(len(rows) + 1), **body})
        return rows[-1]

    def _found(self, company: str, request: Request, rest: list[str]) -> Any:
        if rest:
            return self._entry(company, rest[0])
        marks = request.args.get("marks", "").split(",")
        return {"rows": [entry for entry in self.entries[company] if entry["mark"] in marks]}

    def _write(self, company: str, body: Body) -> Body:
        total = sum(Decimal(line.get("debit", 0)) - Decimal(line.get("credit", 0)) for line in body["lines"])
        if total:
            raise Refused(422, "unbalanced", f"The two sides differ by {total}")
        if self.closed and body["on"] <= self.closed:
            raise Refused(422, "closed", f"Everything until {self.closed} is closed")
        for line in body["lines"]:
            if not self._account(company, line["account"])["active"]:
                raise Refused(422, "account_inactive", f"{line['account']} is not in use")
        entry = {"id": f"E{len(self.entries[company]) + 1}", "version": "1", **body}
        self.entries[company].append(entry)
        return entry

    def _delete(self, company: str, entry_id: str) -> Body:
        self.entries[company].remove(self._entry(company, entry_id))
        return {}

    def _entry(self, company: str, entry_id: str) -> Body:
        found = [entry for entry in self.entries[company] if entry["id"] == entry_id]
        if not found:
            raise Refused(404, "no_such_entry")
        return found[0]

    def _account(self, company: str, key: str) -> Body:
        found = [account for account in self.accounts[company] if account["id"] == key]
        if not found:
            raise Refused(422, "no_such_account", f"There is no account {key}")
        return found[0]


def _body(request: Request) -> Body:
    return dict(json.loads(request.get_data()))


def _json(data: Any, status: int = 200) -> Response:
    return Response(json.dumps(data), status=status, content_type="application/json")
