"""Xero, as a twin: the sign-in with its organisation picker, the Accounting API 2.0, and the pages inside Xero.

Read `twin.py` for the paths, `service.py` for what happens to a request, `books.py` for what an organisation
holds, and the module of each document for what it does to the books. Texts of refusals are Xero's own where a
public source shows them; where none does, the twin says the same in its own words.
"""

from __future__ import annotations

from sandbox.xero.twin import Twin

__all__ = ["Twin"]
