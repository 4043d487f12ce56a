"""What opens a shop, in one of three ways, and how it lies in the vault: as one text in place of an access token.

Pure. Magento's integration has four parts that are signed with; its access token alone opens only shops that
switched that on; shops in Adobe's cloud take a token of Adobe's identity service, renewed with a client's id and secret.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from connections.contracts import TokenSet


class Way(StrEnum):
    SIGNED = "signed"
    BEARER = "bearer"
    IMS = "ims"


@dataclass(frozen=True, slots=True)
class Credentials:
    """`key` and `secret` are the consumer's, or the client's at Adobe; `token_secret` only signs."""

    way: Way
    token: str = field(repr=False)
    token_secret: str = field(default="", repr=False)
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)


def sealed(credentials: Credentials) -> str:
    """The text that is kept."""
    return json.dumps(asdict(credentials), separators=(",", ":"))


def opened(tokens: TokenSet) -> Credentials:
    """Raises ValueError for what `sealed` did not write."""
    kept = json.loads(tokens.access_token)
    return Credentials(**{**kept, "way": Way(kept["way"])})
