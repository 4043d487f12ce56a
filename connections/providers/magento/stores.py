"""The shop as it describes itself: its store views, each with website, currency and time zone.

A store view is what a marketplace is elsewhere: what an order was bought in, what an integration may be limited to, and
what taxes are decided for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connections.contracts import Door, ExternalAccount
from connections.errors import Failure, FailureKind

from . import client, fields
from .fields import Body

NAME_MOST = 80  # what an order keeps as its marketplace
Sign = Callable[[str, str], Mapping[str, str]]


def describe(door: Door, account: ExternalAccount, sign: Sign | None) -> ExternalAccount:
    """The account with `facts.marketplaces`: the store views. `sign` signs where the door does not yet."""
    configs, views = _list(door, account, "storeConfigs", sign), _list(door, account, "storeViews", sign)
    sites = _list(door, account, "websites", sign)
    found = client.read(lambda: _views(configs, views, sites))
    if not found:
        raise client.malformed("a shop without store view")
    first = found[0]
    return ExternalAccount(
        external_id=account.external_id,
        name=_name(sites) or account.external_id,
        country=first["country"],
        currency=first["base_currency"],
        facts={**account.facts, "marketplaces": found, "edition": edition(door, account, sign)},
    )


def edition(door: Door, account: ExternalAccount, sign: Sign | None) -> str:
    """commerce, open_source, or "" where the integration may not see the modules."""
    if account.facts.get("flavour") == client.SAAS:
        return "cloud"
    try:
        modules = _read(door, account, "modules", sign)
    except Failure as failure:
        if failure.kind not in (FailureKind.REJECTED, FailureKind.NOT_FOUND):
            raise
        return ""
    return "commerce" if isinstance(modules, list) and "Magento_CustomerBalance" in modules else "open_source"


def _views(configs: Sequence[Body], views: Sequence[Body], sites: Sequence[Body]) -> list[dict[str, Any]]:
    """Store views in use, without the admin's own; one that shares its name bears its website's too.

    Orders keep the name as their marketplace and scopes compare it, so it is made to fit and to differ here.
    """
    named = {fields.key(view, "id"): fields.text(view, "name") for view in views}
    site = {fields.key(one, "id"): fields.text(one, "name") for one in sites}
    often = Counter(named.get(fields.key(config, "id"), "") for config in configs)
    found = []
    for config in sorted(configs, key=lambda one: fields.number(one, "id")):
        number, website = fields.key(config, "id"), site.get(fields.text(config, "website_id"), "")
        name = named.get(number) or fields.text(config, "code")
        base = fields.text(config, "base_currency_code")
        found.append(
            {
                "id": fields.text(config, "code"),
                "code": fields.text(config, "code"),
                "store_id": number,
                "name": f"{website}, {name}" if often[name] > 1 else name,
                "website": website,
                "currency": base,
                "base_currency": base,
                "shown_currency": fields.text(config, "default_display_currency_code"),
                "timezone": fields.text(config, "timezone"),
                "country": fields.text(config, "locale")[-2:].upper(),
            }
        )
    shared = Counter(view["name"].casefold() for view in found)
    return [{**view, "name": _fitting(view["name"], view["code"], shared[view["name"].casefold()] > 1)} for view in found]


def _fitting(name: str, code: str, shared: bool) -> str:
    """A name that is too long, or still another view's too, ends with the view's code, which no other view has."""
    if len(name) <= NAME_MOST and not shared:
        return name
    tail = f" ({code})"
    room = NAME_MOST - len(tail)
    return (name if len(name) <= room else f"{name[: room - 1].rstrip()}…") + tail


def _name(sites: Sequence[Body]) -> str:
    """The first website that is not the admin's."""
    return next((fields.text(one, "name") for one in sites if fields.text(one, "code") != "admin"), "")


def _list(door: Door, account: ExternalAccount, name: str, sign: Sign | None) -> Sequence[Body]:
    found = _read(door, account, name, sign)
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise client.malformed(f"{name} is not a list of objects")
    return found


def _read(door: Door, account: ExternalAccount, name: str, sign: Sign | None) -> Any:
    call = client.call_of(account, name if name == "modules" else f"store/{name}")
    by_hand = sign("GET", call.url) if sign else {}
    answer = door.call(name, "GET", call.url, headers={**call.headers, **by_hand}, signed=sign is None, expects="json")
    return fields.loads(answer.content)
