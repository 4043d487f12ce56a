"""A seventh, made-up ledger: what adding a provider takes, and nothing else.

    provider/   the one folder: the same five names as every other (it calls nobody back, so it has no webhooks.py)
    twin.py     its simulator
    test_*.py   its tests, inherited from the contracts, and a settlement posted and tied through the product's pages
    conftest.py the one line in the registry

Nothing of the product knows that it exists. docs/adding-a-provider.md is held to its word here.
"""
