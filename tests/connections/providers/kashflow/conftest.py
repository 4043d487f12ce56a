"""The VAT-registered company of the twin, behind a plain door."""

from __future__ import annotations

from typing import Any

import pytest

from .twin import Apart


@pytest.fixture
def books(twins: Any) -> Apart:
    return Apart(twins)
