"""The .qwc file by which a person installs an application in the Web Connector, and what is refused in it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from lxml import etree

from sandbox.quickbooks_desktop.read import document

LOCAL: Final = frozenset({"localhost", "127.0.0.1"})
_GUID: Final = re.compile(r"\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
_EDITIONS: Final = {"pro": 0x2, "premier": 0x4, "enterprise": 0x8}
ALL_EDITIONS: Final = 0xF


@dataclass(frozen=True, slots=True)
class Application:
    """What a .qwc says. `every`: seconds between updates, None where it is run by hand; `flags`: editions let in."""

    name: str
    app_id: str
    url: str
    description: str
    support: str
    user: str
    owner: str
    file_id: str
    flags: int
    read_only: bool
    every: int | None

    def admits(self, edition: str) -> bool:
        return bool(self.flags & _EDITIONS[edition])

    def data(self) -> dict[str, Any]:
        return asdict(self)


def parsed(text: str) -> Application:
    """Read a .qwc. Raises ValueError with the reason as the Web Connector would show it."""
    try:
        root = document(text.strip().encode())
    except ValueError as wrong:
        raise ValueError(f"QWC1001: the file is not plain XML: {wrong}") from wrong
    if root.tag != "QBWCXML":
        raise ValueError("QWC1002: the file is not a QBWCXML document")
    values = {str(child.tag): (child.text or "").strip() for child in root if isinstance(child.tag, str)}
    for name in ("AppName", "AppURL", "AppSupport", "UserName", "OwnerID", "FileID", "QBType"):
        if not values.get(name):
            raise ValueError(f"QWC1003: {name} is missing")
    _check_addresses(values)
    for name in ("OwnerID", "FileID"):
        if not _GUID.fullmatch(values[name]):
            raise ValueError(f"QWC1006: {name} {values[name]} is not a GUID in braces")
    if values["QBType"] != "QBFS":
        raise ValueError(f"QWC1007: QBType is {values['QBType']}; QuickBooks Desktop is QBFS")
    if values.get("Style", "Document") not in ("Document", "DocWrapped", "RPC"):
        raise ValueError(f"QWC1008: Style {values['Style']} is unknown")
    return _application(values, _every(root))


def _check_addresses(values: dict[str, str]) -> None:
    """The service is called by https, or on this computer; its support page stands on the same host."""
    url, support = urlsplit(values["AppURL"]), urlsplit(values["AppSupport"])
    if url.scheme != "https" and not (url.scheme == "http" and url.hostname in LOCAL):
        raise ValueError(f"QWC1004: AppURL {values['AppURL']} must be https unless it is on localhost")
    if support.hostname != url.hostname:
        raise ValueError(f"QWC1005: AppSupport {values['AppSupport']} is not on the host of AppURL")


def _application(values: dict[str, str], every: int | None) -> Application:
    flags = int(values.get("AuthFlags") or "0xF", 0)
    return Application(
        values["AppName"], values.get("AppID", ""), values["AppURL"], values.get("AppDescription", ""), values["AppSupport"],
        values["UserName"], values["OwnerID"], values["FileID"], flags or ALL_EDITIONS,
        values.get("IsReadOnly", "false").lower() == "true", every,
    )  # fmt: skip


def _every(root: etree._Element) -> int | None:
    """Seconds between updates. Raises ValueError for a Scheduler that can't be read."""
    for name, unit in (("RunEveryNMinutes", 60), ("RunEveryNSeconds", 1)):
        text = root.findtext(f"Scheduler/{name}")
        if text is not None:
            if not text.strip().isdigit() or int(text) < 1:
                raise ValueError(f"QWC1009: {name} is {text}")
            return int(text) * unit
    return None
