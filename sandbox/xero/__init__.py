"""Xero, as a twin: the sign-in with its organisation picker, the Accounting API 2.0, and the pages inside Xero.

Read `twin.py` for the paths, `service.py` for what happens to a request, `books.py` for what an organisation
holds, and the module of each document for what it does to the books.

Texts of refusals are Xero's own where a public source shows them; where none does, the twin says the same in its own
words, so that a caller can rely on there being a ValidationError but not on how it reads. What no source settles is
read like this, until a live organisation says otherwise:

- CurrencyRate is units of the document's currency for one of base currency; each line is converted by itself.
- An approved document of 0.00 is PAID at once, and may still be voided.
- The number of a voided or deleted sales invoice is free again.
- A journal's tax is computed from its lines; a TaxAmount that is sent with one is ignored, on other documents it stands.
- A lock date holds for everybody who comes through the API; drafts may be dated before it.
- An approval counts against the plan in the month it is given, and goes on counting when the document is voided.
- A listing with If-Modified-Since answers 200 with what changed, also when that is nothing.
"""

from __future__ import annotations

from sandbox.xero.twin import Twin

__all__ = ["Twin"]
