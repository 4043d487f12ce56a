"""Activating an integration: the shop hands out the consumer's key, and the app comes back for its tokens.

A person enters a callback URL and an identity link in the admin pages and presses Activate. Magento POSTs key,
secret, verifier and its own address to the callback, then opens the identity link; the app asks
`/oauth/token/request` and `/oauth/token/access`, both signed, answered as forms (ledgers.md 5).
"""

from __future__ import annotations

import secrets
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.faults import Fault, Kind
from sandbox.magento import oauth
from sandbox.magento.errors import Refusal
from sandbox.magento.integrations import Integrations
from sandbox.magento.shops import Shop
from sandbox.world import World

_TIMEOUT = 5
FORM = "application/x-www-form-urlencoded"


class Handshake:
    def __init__(self, world: World, integrations: Integrations) -> None:
        self._world, self._integrations = world, integrations

    def activate(self, shop: Shop, number: int, base_url: str) -> dict[str, Any]:
        """Hand out the credentials: {"delivered", "identity"}. KeyError: no such integration; ValueError: nothing to call."""
        found = self._integrations.get(shop, number)
        if not found["callback"]:
            raise ValueError("the integration has no callback URL")
        verifier = secrets.token_hex(16)
        self._integrations.change(number, stage="verifier", verifier=verifier)
        form = {"oauth_consumer_key": found["consumer_key"], "oauth_consumer_secret": found["consumer_secret"],
                "oauth_verifier": verifier, "store_base_url": base_url}  # fmt: skip
        return {
            "delivered": _posted(found["callback"], form),
            "consumer_key": found["consumer_key"],
            "identity": self._identity(found, base_url),
        }

    @staticmethod
    def _identity(found: dict[str, Any], base_url: str) -> str:
        """Where the browser goes next, empty when the integration has no identity link."""
        if not found["identity"]:
            return ""
        back = urllib.parse.urlencode(
            {"oauth_consumer_key": found["consumer_key"], "success_call_back": f"{base_url}admin/integrations"}
        )
        return f"{found['identity']}{'&' if '?' in found['identity'] else '?'}{back}"

    def token(self, request: Request, shop: Shop, what: str) -> Response:
        """`/oauth/token/{request,access}` under the world's faults."""

        def refuse(fault: Fault) -> Response:
            status = {Kind.THROTTLE: 429, Kind.ERROR_500: 500}.get(fault.kind, 401)
            return Response("oauth_problem=internal_error", status=status, content_type=FORM)

        return self._world.act("magento", f"{what}Token", request, commit=lambda: self._token(request, shop, what), refuse=refuse)

    def _token(self, request: Request, shop: Shop, what: str) -> Response:
        try:
            token, secret = self._exchanged(request, shop, what)
        except Refusal as refusal:
            return Response(urllib.parse.urlencode({"oauth_problem": refusal.text}), status=refusal.status, content_type=FORM)
        return Response(urllib.parse.urlencode({"oauth_token": token, "oauth_token_secret": secret}), content_type=FORM)

    def _exchanged(self, request: Request, shop: Shop, what: str) -> tuple[str, str]:
        """A new pair; the one before is worth nothing from then on. Raises Refusal."""
        given = oauth.protocol(request) or {}
        oauth.check_shape(given, () if what == "request" else ("oauth_token", "oauth_verifier"))
        found = self._integrations.consumer(shop, given)
        if what == "request":
            if found["stage"] != "verifier":
                raise oauth.denied("Cannot create request token because consumer token is not a verifier token")
            oauth.check_signature(request, given, found["consumer_secret"])
        else:
            if found["stage"] != "request":
                raise oauth.denied("Cannot get access token because consumer token is not a request token")
            if given["oauth_token"] != found["token"]:
                raise oauth.denied("Request token is not associated with the specified consumer")
            if given["oauth_verifier"] != found["verifier"]:
                raise oauth.denied("Token verifier and verifier token do not match")
            oauth.check_signature(request, given, found["consumer_secret"], found["token_secret"])
        token, secret = secrets.token_hex(16), secrets.token_hex(16)
        self._integrations.change(found["id"], stage=what, token=token, token_secret=secret)
        return token, secret


def _posted(url: str, form: dict[str, str]) -> bool:
    """Whether the app took it. Nothing is kept open meanwhile: the app may call back before it answers."""
    data = urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url, data, {"Content-Type": FORM}, method="POST")  # noqa: S310 - entered by a person
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False
