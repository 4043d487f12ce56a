"""The overview's totals over all integrations, in four forms, and the way from a sum to its settlements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.pages import enter, findings_in_four_forms
from tests.reconciliation.pages.test_totals import alder
from tests.security.world import Company

__all__ = ["alder"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_totals_are_seen_on_desk_and_phone(open_page: Callable[..., Any], site: str, alder: Company) -> None:
    page = open_page()
    enter(page, site, "owner@alderwood.test")
    page.wait_for_selector("text=All integrations together")
    assert findings_in_four_forms(page) == []
    page.click(".sum-row:has-text('GBP') [data-label=Held] a")
    page.wait_for_url("**state=held**")
    assert page.locator("tbody [data-label=Status]").count() == 2
