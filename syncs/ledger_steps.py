"""The steps that only look at a ledger: its accounts, tax codes, classes and preferences, kept as we last saw them."""

from __future__ import annotations

from collections.abc import Iterator

from connections import services as connection_services
from syncs.pipeline import Context
from syncs.runs import REFERENCE
from syncs.steps import Lister, Page, register


def refresh_reference(ctx: Context, cursor: str) -> Iterator[Page]:
    """All of it on the first day, what changed afterwards. Finds no work by itself."""
    connection_services.refresh_reference(connection=ctx.integration.ledger)
    yield Page(found=[])


def register_all() -> None:
    register(
        Lister(
            name="ledger.refresh_reference@1",
            title="Refresh accounts and tax codes",
            makes="reference_data",
            stream=REFERENCE,
            pages=refresh_reference,
        )
    )
