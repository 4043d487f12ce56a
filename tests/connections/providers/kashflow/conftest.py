"""The VAT-registered company of the twin, connected."""

from __future__ import annotations

from typing import Any

import pytest

from connections import budgets

from .twin import KashFlow


@pytest.fixture
def books(twins: Any, tenant: Any) -> KashFlow:
    budgets.forget_leases()
    return KashFlow(twins)
