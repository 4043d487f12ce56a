"""QuickBooks Desktop Enterprise, as a twin: company files that speak qbXML, and a Web Connector that polls a service.

Read `connector.py` for the order of calls, `processor.py` for what happens to a message and how a lost one is asked
after, `requests.py` for one request, `service.py` for an object, `entry.py` and its neighbours for the books.
`shapes.py` says which elements a request takes, `answers.py` which an answer has. Steer it by `commands.py`.
"""

from __future__ import annotations

from sandbox.quickbooks_desktop.twin import Twin

__all__ = ["Twin"]
