"""Who may call a shop: signatures, nonces, bearer tokens, people's tokens, rights, and tokens taken back."""

from __future__ import annotations

import time
from urllib.parse import quote

import pytest

from sandbox.app import App
from tests.sandbox.magento.conftest import Caller

ORDERS = "/magento/main/rest/all/V1/orders?searchCriteria[pageSize]=1"
INVALID = "The signature is invalid. Verify and try again."


def test_a_signature_covers_address_query_and_method(main: Caller) -> None:
    signed = main.signed(ORDERS)
    assert main.send("GET", ORDERS, headers=signed).status_code == 200
    for where in (ORDERS.replace("=1", "=2"), ORDERS.replace("/all/", "/default/"), ORDERS + "&fields=total_count"):
        fresh = main.signed(ORDERS)
        answer = main.send("GET", where, headers=fresh)
        assert (answer.status_code, answer.json) == (401, {"message": INVALID})
    hold = "/magento/main/rest/V1/orders/1/hold"
    assert main.send("POST", hold, headers=main.signed(hold, "GET")).json == {"message": INVALID}


@pytest.mark.parametrize("query", [
    "searchCriteria[filter_groups][0][filters][0][field]=sku&searchCriteria[filter_groups][0][filters][0][value]=MUG/ENAMEL 2",
    "searchCriteria%5BfilterGroups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5Bfield%5D=sku"
    "&searchCriteria%5BfilterGroups%5D%5B0%5D%5Bfilters%5D%5B0%5D%5Bvalue%5D=MUG%2FENAMEL+2",
])  # fmt: skip
def test_brackets_may_be_encoded_or_not(main: Caller, query: str) -> None:
    where = f"/magento/main/rest/V1/products?{query}"
    signed = main.signed(where.replace("MUG/ENAMEL 2", "MUG%2FENAMEL%202"))
    answer = main.send("GET", where.replace("ENAMEL 2", "ENAMEL%202"), headers=signed)
    assert [one["sku"] for one in answer.json["items"]] == ["MUG/ENAMEL 2"]


def test_a_slash_inside_of_a_sku_stays_encoded_in_the_signature(main: Caller) -> None:
    for sku in ("MUG/ENAMEL 2", "OIL+WAX & CLOTH #1", "LÄUFER-GRÜN", 'PLATE-6"-BLUE'):
        answer = main.send("GET", f"/magento/main/rest/V1/products/{quote(sku, safe='')}")
        assert answer.json["sku"] == sku
    assert main.send("GET", "/magento/main/rest/V1/products/MUG/ENAMEL%202").status_code == 404


@pytest.mark.parametrize(("changed", "status", "message"), [
    ({"signature_method": "HMAC-SHA1"}, 400, "Signature method %1 is not supported"),
    ({"signature_method": "PLAINTEXT"}, 400, "Signature method %1 is not supported"),
    ({"client_secret": "x" * 32}, 401, INVALID),
    ({"resource_owner_secret": "x" * 32}, 401, INVALID),
    ({"client_key": "x" * 32}, 401, "A consumer having the specified key does not exist"),
    ({"resource_owner_key": "x" * 32}, 401, "Specified token does not exist"),
    ({"resource_owner_key": None}, 400, '"%fieldName" is required. Enter and try again.'),
])  # fmt: skip
def test_what_is_wrong_is_said(main: Caller, changed: dict[str, str], status: int, message: str) -> None:
    answer = main.send("GET", ORDERS, **changed)
    assert (answer.status_code, answer.json["message"]) == (status, message)


def test_the_realm_is_no_part_of_the_signature(main: Caller) -> None:
    assert main.send("GET", ORDERS, realm="Harbour").status_code == 200


def test_a_nonce_is_good_once_even_for_a_wrong_signature(main: Caller) -> None:
    signed = main.signed(ORDERS, nonce="once")
    assert main.send("GET", ORDERS, headers=signed).status_code == 200
    again = main.send("GET", ORDERS, headers=signed)
    assert (again.status_code, again.json["message"]) == (401, "The nonce is already being used by the consumer with ID %1.")
    assert main.send("GET", ORDERS, nonce="wasted", client_secret="x").json["message"] == INVALID
    assert "already being used" in main.send("GET", ORDERS, nonce="wasted").json["message"]


def test_a_clock_may_be_ten_minutes_fast(main: Caller) -> None:
    fast = int(max(time.time(), main.app.world.now().timestamp()))
    assert main.send("GET", ORDERS, timestamp=str(fast + 500)).status_code == 200
    late = main.send("GET", ORDERS, timestamp=str(fast + 700))
    assert (late.status_code, late.json["message"]) == (401, "Incorrect timestamp value in the oauth_timestamp parameter")


def test_a_shop_of_another_merchant_knows_nothing_of_the_key(main: Caller) -> None:
    where = ORDERS.replace("main", "uk")
    assert main.send("GET", where).json["message"] == "A consumer having the specified key does not exist"


def test_bearer_only_where_the_shop_allows_it(main: Caller, uk: Caller) -> None:
    for caller, shop, status in ((main, "main", 401), (uk, "uk", 200)):
        token = {"Authorization": f"Bearer {caller.keys['access_token']}"}
        assert caller.send("GET", ORDERS.replace("main", shop), headers=token).status_code == status
    main.world("set", bearer=True)
    assert main.send("GET", ORDERS, headers={"Authorization": f"Bearer {main.keys['access_token']}"}).status_code == 200
    assert main.send("GET", ORDERS, headers={}).json == {
        "message": "The consumer isn't authorized to access %resources.", "parameters": {"resources": "Magento_Sales::actions_view"},
    }  # fmt: skip


def test_rights_are_the_integrations(app: App) -> None:
    narrow = Caller(app, name="Orders only")
    assert narrow.search("orders", size=1)["total_count"] == 60
    for method, path, right in (("GET", "invoices/1", "Magento_Sales::sales_invoice"), ("POST", "orders/1/cancel", "Magento_Sales::cancel"),
                                ("GET", "products/1E10", "Magento_Catalog::products")):  # fmt: skip
        status, answer = narrow.call(method, path)
        assert (status, answer["parameters"]) == (401, {"resources": right})


def test_a_person_needs_the_second_factor(main: Caller) -> None:
    where = "/magento/main/rest/V1/integration/admin/token"
    login = main.about["admin"]
    password = {"username": login["username"], "password": login["password"]}
    refused = main.send("POST", where, password, headers={})
    assert (refused.status_code, refused.json["parameters"]) == (401, {"active_providers": ["google"]})
    assert "incorrect" in main.send("POST", where, {**password, "password": "x"}, headers={}).json["message"]
    second = {**password, "otp": login["otp"]}
    token = main.send("POST", "/magento/main/rest/V1/tfa/provider/google/authenticate", second, headers={}).json
    asked = {"Authorization": f"Bearer {token}"}
    assert main.send("GET", ORDERS, headers=asked).status_code == 200
    main.app.world.clock.shift(4 * 3600 + 1)
    assert main.send("GET", ORDERS, headers=asked).status_code == 401


def test_revoked(main: Caller) -> None:
    assert main.world("revoke", integration="Tieout") == {"revoked": 1}
    answer = main.send("GET", ORDERS)
    assert (answer.status_code, answer.json["message"]) == (401, "Access token has been revoked")


def test_the_cloud_takes_adobes_token_and_has_no_rest_in_its_path(app: App) -> None:
    cloud = Caller(app, "cloud")
    ims = cloud.about["ims"]
    form = {"grant_type": "client_credentials", "client_id": ims["client_id"], "client_secret": ims["client_secret"]}
    assert cloud.http.post("/magento/ims/token/v3", data=form).json == {"error": "invalid_scope"}
    token = cloud.http.post("/magento/ims/token/v3", data={**form, "scope": "openid,commerce.accs"}).json["access_token"]
    asked = {"Authorization": f"Bearer {token}", "Store": "default"}
    where = "/magento/cloud/V1/orders?searchCriteria=all"
    assert cloud.send("GET", where, headers=asked).json["total_count"] == 8
    assert cloud.send("GET", where, headers={**asked, "Store": "elsewhere"}).status_code == 404
    assert cloud.send("GET", where.replace("/V1", "/rest/V1"), headers=asked).status_code == 404
    rows = [{"sourceItems": [{"sku": "1E10", "source_code": "default", "quantity": 2, "status": 1}]}]
    accepted = cloud.send("POST", "/magento/cloud/V1/async/bulk/inventory/source-items", rows, headers=asked)
    assert accepted.status_code == 202
    found = cloud.send("GET", f"/magento/cloud/V1/bulk/{accepted.json['bulk_uuid']}/status", headers=asked).json
    assert [one["status"] for one in found["operations_list"]] == [4]
    new = {"customer": {"email": "n@example.test", "firstname": "N", "lastname": "W"}}
    assert cloud.send("POST", "/magento/cloud/V1/customers", new, headers=asked).status_code == 404, (
        "the cloud has no such operation"
    )
    app.world.clock.shift(24 * 3600 + 1)
    assert cloud.send("GET", where, headers=asked).status_code == 401
