"""The .qwc file: how the Web Connector learns where to come to, for which company file, and how often. Pure.

Source: ledgers research, section 4. The password is not in it; the person types it into the Web Connector.
"""

from __future__ import annotations

from typing import Final

from .qbxml import text

ENTERPRISE: Final = "0x8"  # AuthFlags: the edition that is let in


def written(*, user: str, file_id: str, owner_id: str, address: str, support: str, every: str, company: str) -> bytes:
    """The file for one company file. `support` is a page on the same host as `address`; `every` is in minutes."""
    values = {
        "AppName": f"Tieout ({company})"[:60] if company else "Tieout",
        "AppID": "",
        "AppURL": address,
        "AppDescription": "Writes your settlements, orders and payments into QuickBooks and reads them back.",
        "AppSupport": support,
        "UserName": user,
        "OwnerID": f"{{{owner_id}}}",
        "FileID": f"{{{file_id}}}",
        "QBType": "QBFS",
        "Style": "Document",
        "AuthFlags": ENTERPRISE,
    }
    inside = "".join(f"<{name}>{text(value)}</{name}>" for name, value in values.items())
    scheduler = f"<Scheduler><RunEveryNMinutes>{text(every)}</RunEveryNMinutes></Scheduler>"
    whole = f'<?xml version="1.0"?><QBWCXML>{inside}{scheduler}<IsReadOnly>false</IsReadOnly></QBWCXML>'
    return whole.encode("ascii")
