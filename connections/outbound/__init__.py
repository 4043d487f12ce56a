"""Telling customers' programs what happened: Standard Webhooks out of the event outbox.

    catalogue.py    which events are offered, and the few fields of each that may leave
    endpoints.py    where to: making, changing, switching off, rotating secrets
    signing.py      webhook-id, webhook-timestamp, webhook-signature
    deliveries.py   one row per event and endpoint: queueing, the schedule of tries, what came back
    sending.py      one round for one endpoint, done by a worker
    selectors.py    reading for pages and API

Nothing that belongs to a ledger leaves this way: Intuit forbids handing its data to third parties, and a
webhook's receiver may be one. A payload holds our own ids and states; who wants more asks the API with a key.
"""
