"""searchCriteria: every condition, groups, sorting, pages past the end, limits, and trimmed answers."""

from __future__ import annotations

from tests.sandbox.magento.conftest import Caller

CONDITIONS = (
    ("entity_id", "eq", 7, {7}), ("entity_id", "in", "4, 5,9", {4, 5, 9}), ("entity_id", "gt", 58, {59, 60}),
    ("entity_id", "gteq", 59, {59, 60}), ("entity_id", "moreq", 59, {59, 60}), ("entity_id", "lt", 3, {1, 2}),
    ("entity_id", "lteq", 2, {1, 2}), ("entity_id", "from", 60, {60}), ("entity_id", "to", 1, {1}),
    ("increment_id", "like", "0%01", {1}), ("increment_id", "eq", "000000001", {1}),
)  # fmt: skip


def test_conditions(main: Caller) -> None:
    for field, condition, value, expected in CONDITIONS:
        found = main.search("orders", (field, condition, value))["items"]
        assert {one["entity_id"] for one in found} == expected, condition


def test_complements(main: Caller) -> None:
    every = main.search("orders", size=1)["total_count"]
    for one, other, value in (("eq", "neq", "complete"), ("in", "nin", "complete,closed"), ("like", "nlike", "c%")):
        counts = [main.search("orders", ("state", condition, value), size=1)["total_count"] for condition in (one, other)]
        assert sum(counts) == every
        assert all(counts)
    with_, without = (main.search("orders", ("coupon_code", one, ""), size=1)["total_count"] for one in ("notnull", "null"))
    assert with_ + without == every
    assert with_
    assert main.search("orders", ("coupon_code", "finset", "AUTUMN10"))["total_count"] == with_
    assert main.search("orders", ("coupon_code", "nfinset", "AUTUMN10"))["total_count"] == without


def test_or_inside_of_a_group_and_between_groups(main: Caller) -> None:
    head = "searchCriteria[filterGroups]"
    criteria = {
        f"{head}[0][filters][0][field]": "entity_id", f"{head}[0][filters][0][value]": "7",
        f"{head}[0][filters][1][field]": "entity_id", f"{head}[0][filters][1][value]": "50",
        f"{head}[0][filters][1][conditionType]": "gteq", f"{head}[1][filters][0][field]": "entity_id",
        f"{head}[1][filters][0][value]": "52", f"{head}[1][filters][0][conditionType]": "lt",
    }  # fmt: skip
    found = main.get("orders", **criteria)
    assert [one["entity_id"] for one in found["items"]] == [7, 50, 51]
    assert found["search_criteria"]["filter_groups"][0]["filters"][1] == {
        "field": "entity_id", "value": "50", "condition_type": "gteq",
    }  # fmt: skip


def test_sorting_by_text_and_number(main: Caller) -> None:
    totals = [one["grand_total"] for one in main.search("orders", sort="grand_total DESC")["items"]]
    assert totals == sorted(totals, reverse=True)
    moments = [one["updated_at"] for one in main.search("orders", sort="updated_at ASC")["items"]]
    assert moments == sorted(moments)


def test_a_day_is_its_midnight(main: Caller) -> None:
    order = main.get("orders/9")
    day = order["created_at"][:10]
    after = main.search("orders", ("created_at", "gteq", day), ("entity_id", "eq", 9))["total_count"]
    before = main.search("orders", ("created_at", "lteq", day), ("entity_id", "eq", 9))["total_count"]
    assert (after, before) == (1, 0)


def test_the_last_page_comes_again_until_the_switch_says_otherwise(main: Caller) -> None:
    pages = [main.search("orders", size=25, page=page)["items"] for page in (1, 2, 3, 4, 9)]
    assert [len(page) for page in pages] == [25, 25, 10, 10, 10]
    assert pages[2] == pages[3] == pages[4]
    assert len({one["entity_id"] for page in pages[:3] for one in page}) == 60
    main.world("set", last_page_repeats=False)
    assert main.search("orders", size=25, page=4)["items"] == []


def test_limits_on_input(main: Caller) -> None:
    main.world("set", input_limits=True)
    assert main.refused("GET", "orders", **{"searchCriteria[pageSize]": 301}) == (400, "Maximum SearchCriteria pageSize is %max")
    assert len(main.get("orders", **{"searchCriteria[currentPage]": 1})["items"]) == 20
    rows = [{"sku": "1E10", "source_code": "default", "quantity": 5, "status": 1}] * 21
    assert main.refused("POST", "inventory/source-items", {"sourceItems": rows}) == (400, 'Maximum items of type "%type" is %max')
    assert main.post("inventory/source-items", {"sourceItems": rows[:20]}) == []


def test_only_what_was_asked_for(main: Caller) -> None:
    found = main.get(
        "orders", **{"searchCriteria[pageSize]": 1, "fields": "items[entity_id,payment[method],items[sku]],total_count"}
    )
    assert found == {"items": [{"entity_id": 1, "payment": found["items"][0]["payment"], "items": found["items"][0]["items"]}],
                     "total_count": 60}  # fmt: skip
    assert set(found["items"][0]["payment"]) == {"method"}
    assert set(found["items"][0]["items"][0]) == {"sku"}


def test_what_cannot_be_searched(main: Caller) -> None:
    assert main.refused("GET", "orders") == (400, '"%fieldName" is required. Enter and try again.')
    head = "searchCriteria[filter_groups][0][filters][0]"
    status, message = main.refused("GET", "orders", **{f"{head}[field]": "no_such", f"{head}[value]": "1"})
    assert status == 500
    assert "Report ID" in message
    assert (
        main.refused("GET", "orders", **{f"{head}[field]": "state", f"{head}[value]": "1", f"{head}[condition_type]": "is"})[0]
        == 400
    )
