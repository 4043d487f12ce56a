"""Two companies, an operator, and the console as a process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.security.world import Company, company
from tests.support.console import Answer, Step, drive, operator


@pytest.fixture
def alder(transactional_db: None) -> Company:
    return company("Alderwood")


@pytest.fixture
def birch(transactional_db: None) -> Company:
    return company("Birchgrove")


@pytest.fixture
def support(transactional_db: None) -> Any:
    return operator()


@pytest.fixture
def console(support: Any, database_urls: dict[str, str]) -> Callable[..., list[Answer]]:
    def driven(*steps: Step) -> list[Answer]:
        return drive(database_urls, support.email, list(steps))

    return driven


REASON = "The customer asked us by telephone, ticket 4711"


def act(page: str, name: str, pk: int, **more: Any) -> Step:
    """An action of the console carried through at once, with a reason."""
    return ("post", f"/console/{page}/", {"action": name, "_selected_action": pk, "reason": REASON, **more})
