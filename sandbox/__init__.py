"""The twins: simulators of the providers that Tieout is plugged into, with a store of their own.

A twin answers as the provider's published contract says, keeps what was written to it, and can be
told to misbehave. It shares no code with the product, so that both can't share a misunderstanding:
this package imports the standard library, werkzeug, and defusedxml to read XML, nothing else.

`world.py` is what the twins have in common (store, clock, faults, rates), `app.py` the WSGI
application, `server.py` the socket in front of it, and each sub-package one provider.
"""
