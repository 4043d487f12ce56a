"""A shop's order to cash, from the twin of Magento into the twin of QuickBooks: booked once, paid, refunded, tied."""

from __future__ import annotations

import pytest

from reconciliation.demo import people, shops
from reconciliation.models import Order
from tenants.scope import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_history_of_a_shop_is_booked_once_and_ties(twins):
    people.logins(people.tenant())
    told: list[str] = []
    found = shops.run(told.append)
    with tenant_scope(people.tenant()):
        wrong = [(o.shown, o.state, o.problem_code, o.problem_params) for o in Order.objects.filter(state="held")]
    assert wrong == []
    assert found.ties, "\n".join(told)
