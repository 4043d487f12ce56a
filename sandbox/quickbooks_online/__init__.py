"""QuickBooks Online, as a twin: Intuit's sign-in, the accounting service v3, and the pages inside QuickBooks.

Read `twin.py` for the paths, `rest.py` for the service, `service.py` for what happens to an object,
`entry.py` and its neighbours for what a transaction does to the books. What is not documented for sure
is a setting (`commands.py`), so that the product is tried against both readings.
"""

from __future__ import annotations

from sandbox.quickbooks_online.twin import Twin

__all__ = ["Twin"]
