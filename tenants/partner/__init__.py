"""What every door of the partner API shares. The doors themselves stand in each room's `api.py`.

scopes.py       what a key may do
keys.py         making, rolling and revoking keys; finding one by its text
door.py         the view every door derives from, and `operation`, which describes one
meter.py        how often a key may ask, and the RateLimit fields
once.py         Idempotency-Key: the same answer for the same request
match.py        ETag and If-Match
listing.py      filters, sorting and cursors of lists
fields.py       strict request fields; money, moments and ids as answers give them
trouble.py      RFC 9457 problems with our own codes
schema.py       how all of this is written into the OpenAPI document
"""
