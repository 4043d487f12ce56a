"""KashFlow, as a twin: the SOAP interface, the REST interface with its sessions, and the pages inside KashFlow.

Read `twin.py` for the paths, `soap.py` and `rest.py` for the two doors, `documents.py`, `payments.py`, `bank.py` and
`journals.py` for what a transaction does to the books. KashFlow keeps no idempotency keys and tells no changes: asked twice,
it books twice. What is not documented for sure is a rule (`company.py`), so that the product is tried against every reading.
"""

from __future__ import annotations

from sandbox.kashflow.twin import Twin

__all__ = ["Twin"]
