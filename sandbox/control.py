"""`/world/`: what a test or a demo does to the twins from outside of any provider.

GET /world/                      clock, faults, scale, anchor, and what every twin holds
GET /world/seeded                what was seeded on purpose, the deliberate trouble and its reason
GET /world/journal?after=ID      every operation asked for, with its status and the fault that struck
GET|POST /world/clock            {"shift": seconds} | {"set": iso} | {"freeze": iso or true} | {"resume": true}
GET|POST|DELETE /world/faults    {"provider", "operation", "kind", "count", "probability", "seconds", "cut_at"}
GET|POST /world/scale            {"scale": number}; 0 takes all limits away
GET /world/bank.csv|ofx|camt053  ?seller=ID&currency=USD[&since=DATE][&until=DATE][&alone=1]: a bank statement
POST /world/reset                {"provider": name}, or everything
POST /world/<provider>/<verb>    something done from the provider's side; the twin says which verbs it has
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from sandbox.world import PaysOut

if TYPE_CHECKING:
    from sandbox.app import App
    from sandbox.world import World


def handle(app: App, request: Request, path: str) -> Response:
    """Answer one request below `/world/`; 400 with the reason for one that can't be done."""
    try:
        body = _body(request)
        match path.strip("/").split("/"):
            case [""]:
                return _json({**app.world.state(), "twins": {name: twin.state() for name, twin in app.twins.items()}})
            case ["seeded"]:
                return _json({name: twin.seeded() for name, twin in app.twins.items()})
            case ["journal"]:
                return _json(app.world.journal(int(request.args.get("after", 0))))
            case ["clock"]:
                return _json(_clock(app.world, body))
            case ["faults"]:
                return _json(_faults(app.world, request, body))
            case ["scale"]:
                return _json(_scale(app.world, body))
            case ["reset"]:
                app.reset(body.get("provider"))
                return _json({"reset": body.get("provider") or "everything"})
            case [file] if file.startswith("bank."):
                return _bank(app).bank(file.removeprefix("bank."), request.args)
            case [name, verb] if name in app.twins and request.method == "POST":
                return _json(app.twins[name].command(verb, body))
    except (KeyError, TypeError, ValueError) as error:
        return _json({"error": f"{type(error).__name__}: {error}"}, 400)
    return _json({"error": f"nothing at /world/{path}"}, 404)


def _bank(app: App) -> PaysOut:
    return next(twin for twin in app.twins.values() if isinstance(twin, PaysOut))


def _body(request: Request) -> dict[str, Any]:
    """A JSON object, whatever type the caller claims for it, or a form."""
    raw = request.get_data(parse_form_data=False)
    return dict(json.loads(raw)) if raw.lstrip()[:1] == b"{" else dict(request.form)


def _json(data: Any, status: int = 200) -> Response:
    text = json.dumps(data, indent=1, ensure_ascii=False, default=str)
    return Response(text, status=status, content_type="application/json")


def _clock(world: World, body: dict[str, Any]) -> dict[str, object]:
    if "shift" in body:
        world.clock.shift(float(body["shift"]))
    if "set" in body:
        world.clock.set(_instant(body["set"]))
    if body.get("freeze"):
        world.clock.freeze(None if body["freeze"] is True else _instant(body["freeze"]))
    if body.get("resume"):
        world.clock.resume()
    return world.clock.state()


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _faults(world: World, request: Request, body: dict[str, Any]) -> list[dict[str, Any]]:
    if request.method == "DELETE" or "clear" in body:
        chosen = body.get("id") or request.args.get("id")
        world.faults.clear(int(chosen) if chosen else None)
    elif request.method == "POST":
        body = {"provider": "*", "operation": "*", **body}
        world.faults.add(body.pop("provider"), body.pop("operation"), str(body.pop("kind")), **body)
    return [fault.data() for fault in world.faults.list()]


def _scale(world: World, body: dict[str, Any]) -> dict[str, float]:
    if "scale" in body:
        world.scale = float(body["scale"] or 0)
    return {"scale": world.scale}
