"""A shop's address as a customer gives it: checked, put into one spelling, and turned into the account's name.

https only, no user name in it, on the public internet; the guard looks again at every call, because a name may lead
elsewhere by then. The simulator's shops lie below an address that the settings name, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from canonical.problems import N_, Problem, Refused, declare
from connections import guard
from connections.contracts import Endpoints, Environment

from .addresses import SHOPS

NOT_THE_TWIN = declare(
    "magento.not_the_twin",
    N_("In the simulator only its own shops can be connected, below %(address)s."),
    N_("Choose Production for a real shop, or give the address of one of the simulator's shops."),
)
ODD = declare(
    "magento.odd_address",
    N_("%(address)s is not the address of a shop: %(detail)s."),
    N_("Give it as https://www.shop.example, as the shop's start page has it."),
)
_LONGEST = 100


def checked(endpoints: Endpoints, given: str) -> str:
    """The address in our spelling. Raises Refused with what is wrong with it."""
    base = _plain(given.strip())
    if endpoints.environment is Environment.TWIN:
        shops = endpoints.urls[SHOPS]
        if not base.startswith(f"{shops}/") or not base.removeprefix(f"{shops}/").isalnum():
            raise Refused(Problem(NOT_THE_TWIN, {"address": shops}))
        return base
    guard.check_url(base)
    return base


def _plain(given: str) -> str:
    parts = urlsplit(given)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(Problem(ODD, {"address": given[:100] or "?", "detail": "it does not begin with https://"}))
    if parts.username is not None or parts.password is not None:
        raise Refused(Problem(guard.CREDENTIALS))
    if parts.query or parts.fragment or ".." in parts.path.split("/") or len(given) > _LONGEST:
        raise Refused(Problem(ODD, {"address": given[:100], "detail": "it has more than host and path"}))
    path = parts.path.rstrip("/").removesuffix("/index.php").removesuffix("/rest")
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def name_of(endpoints: Endpoints, base: str) -> str:
    """What the account is called for good: the address without https, in the simulator without where it runs."""
    before = f"{endpoints.urls[SHOPS]}/" if endpoints.environment is Environment.TWIN else "https://"
    return base.removeprefix(before)


def form(content: bytes) -> Mapping[str, str]:
    """A form's fields, the last of each name."""
    return dict(parse_qsl(content.decode("utf-8", "replace")))
