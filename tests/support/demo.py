"""The demo's main job as tests run it: on the pairs that need nobody to serve them."""

from __future__ import annotations

from reconciliation.demo import job, pairs

TWO_SHOPS = (pairs.US_SHOP, pairs.UK_SHOP)


def two_shops_booked() -> job.Verdict:
    """The main job of one seller in dollars and one in pounds, told to nobody."""
    return job.run(lambda _line: None, TWO_SHOPS)
