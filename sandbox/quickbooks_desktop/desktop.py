"""The computers the company files stand on: what QuickBooks has open there, and whether it lets an application in.

Each file has a computer of its own, with its own Web Connector. A person may open another file there, or close
QuickBooks: an application that asks for "whichever is open" is then given the wrong books.
"""

from __future__ import annotations

from typing import Any

from sandbox.quickbooks_desktop import trouble
from sandbox.quickbooks_desktop.applications import Installed
from sandbox.quickbooks_desktop.company import Company, files
from sandbox.quickbooks_desktop.status import ACCESS_DENIED, CANNOT_START, NAME_NEEDED, OTHER_COMPANY, Failure
from sandbox.world import World


def info(world: World, file: str) -> dict[str, Any]:
    with world.db() as conn:
        return Company(conn, file, world.now()).info


def open_file(world: World, of: Installed, path: str) -> str:
    """Begin a session at the computer of an application's file; "" takes the file that is open. Raises Failure."""
    with world.db() as conn:
        struck = trouble.strike(conn, of.file, (*trouble.HRESULTS, "wrong-file"))
        own = Company(conn, of.file, world.now())
        asked = _at(world, path) if path else None
    if struck and struck[0] != "wrong-file":
        raise Failure(trouble.HRESULTS[struck[0]])
    if path and asked is None:
        raise Failure(CANNOT_START, f"Could not start QuickBooks: there is no file {path}.")
    open_now = own.info["opened"] if own.info["running"] else None
    if asked is None and open_now is None:
        raise Failure(NAME_NEEDED)
    if asked and open_now and asked != open_now:
        raise Failure(OTHER_COMPANY)
    found: str = str(struck[1]["instead"]) if struck else (asked or open_now or of.file)
    edition = info(world, found)["edition"]
    if not of.app.admits(edition):
        raise Failure(ACCESS_DENIED, f"The application is not let into QuickBooks {edition.capitalize()} by its AuthFlags.")
    return found


def _at(world: World, path: str) -> str | None:
    with world.db() as conn:
        found = [file for file in files(conn) if Company(conn, file, world.now()).info["path"].casefold() == path.casefold()]
    return found[0] if found else None
