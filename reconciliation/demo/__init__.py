"""The demo: a tenant of its own, connected to the twins by the real consent flows, and the main job run once.

Nothing here knows a twin's insides: it meets them over HTTP, as a customer's browser and the
provider's own console would.
"""
