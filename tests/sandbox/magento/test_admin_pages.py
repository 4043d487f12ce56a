"""The pages a person sees: orders with their documents, stock, integrations, and links from the index."""

from __future__ import annotations

from tests.sandbox.magento.conftest import Caller


def _page(caller: Caller, path: str, status: int = 200) -> str:
    response = caller.http.get(f"/magento/{caller.shop}/admin/{path}")
    assert response.status_code == status
    return response.get_data(as_text=True)


def test_orders_and_what_became_of_one(main: Caller) -> None:
    order = main.place(lines=[['PLATE-6"-BLUE', 1]])
    main.world("ship", order=order["entity_id"])
    main.world("refund", order=order["entity_id"])
    main.post(f"orders/{order['entity_id']}/comments", {"statusHistory": {"comment": "Posted <b>", "is_customer_notified": 0}})
    listed = _page(main, "")
    link = f"/magento/main/admin/sales/order/view/order_id/{order['entity_id']}"
    assert f'<a href="{link}">{order["increment_id"]}</a>' in listed
    shown = _page(main, link.removeprefix("/magento/main/admin/"))
    for text in ("DHL JD", "Credit memo", "Posted &lt;b&gt;", "PLATE-6&quot;-BLUE", f"{order['grand_total']:.2f} USD"):
        assert text in shown
    assert "There is no such order" in _page(main, "sales/order/view/order_id/9999", 404)


def test_stock_and_integrations(main: Caller, uk: Caller) -> None:
    main.world("stock", sku="1E10", quantity=4321)
    assert "4321" in _page(main, "products")
    assert main.keys["consumer_key"] in _page(main, "integrations")
    assert "BEGIN PUBLIC KEY" not in _page(main, "integrations")
    assert "BEGIN PUBLIC KEY" in _page(uk, "integrations")
    assert "no callback URL" in main.http.post("/magento/main/admin/integrations/1/activate").get_data(as_text=True)


def test_the_index_leads_there(main: Caller) -> None:
    index = main.http.get("/").get_data(as_text=True)
    for shop in ("main", "uk", "tokyo", "kuwait", "cloud"):
        assert f'href="/magento/{shop}/admin/"' in index
        assert main.http.get(f"/magento/{shop}/admin/").status_code == 200
