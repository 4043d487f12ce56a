"""The orders' pages on a shop that posts order by order: the list, an order with its steps, clearing; in four forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from reconciliation.demo import people, shapes
from reconciliation.models import Order
from reconciliation.orders import clearing, pages
from syncs.models import Integration
from tenants.scope import tenant_scope
from tests.browser.pages import enter, look

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def base(twins: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Orders placed, changed, sent and refunded, not settled yet: their money lies on clearing."""
    for name, count in (("ORDERS_PLACED", 16), ("ON_ACCOUNT", 4), ("CHANGED", 4), ("CANCELLED", 1), ("REFUNDED", 4)):
        monkeypatch.setattr(shapes, name, count)
    monkeypatch.setattr(shapes._Trade, "close", lambda trade: None)
    tenant = people.tenant()
    people.logins(tenant)
    shapes.run(lambda _line: None)
    return f"/app/{tenant.public_id}/"


def test_what_the_pages_say_is_what_the_books_say(open_page: Callable[..., Any], site: str, base: str) -> None:
    with tenant_scope(people.tenant()):
        each = Integration.objects.get(name=shapes.WAYS[-1].pair.name)
        rest = clearing.residuals(each)
        (lying,) = pages.clearing()
        assert lying.left == sum(one.left for one in rest)
        assert [abs(one.residual.left) for one in lying.open] == sorted((abs(one.left) for one in rest if one.left), reverse=True)
        order = Order.objects.get(source=each.source, order_id=lying.open[0].residual.order_id)
        sheet = pages.sheet(order)
        assert (sheet.residual.left, sheet.settlements) == (lying.open[0].residual.left, [])
        assert {row.document.source_kind for row in sheet.documents} >= {"order"}
        assert {step.what for step in sheet.steps} >= {"Order came", "Create: Done"}
        sku = sheet.said.lines[0].sku
        addresses = [
            "orders/",
            "orders/?state=posted",
            f"orders/?q={sku}",
            f"orders/{order.public_id}/",
            "clearing/",
            f"integrations/{each.public_id}/orders/",
        ]
    page = open_page()
    enter(page, site)
    assert look(page, f"{site}{base}", addresses) == []
    page.goto(f"{site}{base}orders/?q={sku}")
    assert order.order_id in page.content()
    page.goto(f"{site}{base}orders/?q={order.order_id}")
    page.click(f"a:has-text('{order.order_id}')")
    page.wait_for_selector("text=Left on clearing")
