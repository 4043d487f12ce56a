"""The REST door: `/v2/...`. Finds the operation, the session and the company, and words refusals."""

from __future__ import annotations

import re
from typing import Any, Final

from werkzeug.wrappers import Request, Response

from sandbox.faults import Fault, Kind
from sandbox.jsontext import dump, load
from sandbox.kashflow import problems, rest_bank, rest_books, rest_documents, rest_parties, soap
from sandbox.kashflow.call import Answer, Call, Route
from sandbox.kashflow.company import Company
from sandbox.kashflow.problems import Refused
from sandbox.kashflow.sessions import SCHEME, Sessions
from sandbox.world import World

JSON: Final = "application/json; charset=utf-8"
ROUTES: Final[dict[str, Route]] = rest_parties.ROUTES | rest_documents.ROUTES | rest_bank.ROUTES | rest_books.ROUTES
_SIGN_IN: Final = ("POST /sessiontoken", "PUT /sessiontoken", "DELETE /sessiontoken/{sessionToken}")
_HOLE: Final = re.compile(r"\{(\w+)\}")


def _pattern(route: str) -> re.Pattern[str]:
    return re.compile(_HOLE.sub(r"(?P<\1>[^/]+)", route.partition(" ")[2]), re.IGNORECASE)


# Paths with fewer holes first: /purchases/{number} must not hide behind /{objectType}/{objectNumber}.
_TABLE: Final = [(name, _pattern(name)) for name in sorted([*ROUTES, *_SIGN_IN], key=lambda name: name.count("{"))]


def handle(world: World, request: Request) -> Response:
    method, path = request.method, request.path.rstrip("/").removeprefix("/v2")
    found = [(name, match) for name, pattern in _TABLE if (match := pattern.fullmatch(path))]
    name, match = next(((one, match) for one, match in found if one.startswith(f"{method} ")), ("", None))
    if match is None:
        text = f"{method} is not supported here." if found else f"There is nothing at {path}."
        return _refused(Refused("NotSupported", text, 405 if found else 404))
    return world.act(
        soap.PROVIDER, name, request,
        commit=lambda: _serve(world, request, name, match.groupdict()), refuse=lambda fault: _misbehave(world, request, fault),
    )  # fmt: skip


def _serve(world: World, request: Request, name: str, holes: dict[str, str]) -> Response:
    """One request is one transaction: all of it is kept or nothing."""
    try:
        body = _body(request)
        if name in _SIGN_IN:
            return _sign_in(Sessions(world), name, body, holes)
        with world.db() as conn:
            company_id = Sessions(world).company(conn, request.headers.get("Authorization", ""))
            company = Company(conn, company_id, world.now(), soap.root(request))
            return _answered(ROUTES[name](Call(company, holes, body, request.args.to_dict(), request.base_url)))
    except Refused as refused:
        return _refused(refused)


def _sign_in(sessions: Sessions, name: str, body: Any, holes: dict[str, str]) -> Response:
    if name.startswith("DELETE"):
        sessions.end(holes["sessionToken"])
        return Response(status=200)
    if not isinstance(body, dict):
        raise problems.invalid("A JSON object is expected.")
    return _json(sessions.begin(body), 201) if name.startswith("POST") else _json(sessions.finish(body), 200)


def _body(request: Request) -> Any:
    raw = request.get_data()
    if not raw:
        return None
    try:
        return load(raw)
    except (ValueError, RecursionError) as error:
        raise problems.invalid("The request body is not valid JSON.") from error


def _answered(answer: Answer) -> Response:
    return Response(status=answer.status) if answer.data is None else _json(answer.data, answer.status)


def _json(data: Any, status: int) -> Response:
    return Response(dump(data), status=status, content_type=JSON)


def _refused(refused: Refused) -> Response:
    return _json(refused.data(), refused.status)


def _misbehave(world: World, request: Request, fault: Fault) -> Response:
    """`expire` ends the session; `revoke` means that the owner changed the password, which ends all of them."""
    if fault.kind is Kind.THROTTLE:
        return _refused(Refused("TooManyRequests", "Too many requests.", 429))
    if fault.kind is Kind.ERROR_500:
        return _refused(Refused("InternalServerError", "An error has occurred.", 500))
    sessions = Sessions(world)
    token = request.headers.get("Authorization", "").removeprefix(SCHEME)
    if fault.kind is Kind.REVOKE:
        with world.db() as conn:
            row = conn.execute(
                "SELECT username FROM kf_session JOIN kf_company ON kf_company.id = company WHERE token = ?", (token,)
            )
            found = row.fetchone()
        soap.change_password(world, found["username"] if found else str((_body(request) or {}).get("UserName", "")))
    sessions.end(token)
    return _refused(problems.invalid_session())
