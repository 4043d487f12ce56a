"""zeep, an honest SOAP client, reads our description of the service and speaks with it as the Web Connector does."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import zeep
from lxml import etree

from connections import polling, registry, services
from connections.models import PolledCall
from tenants.models import Tenant
from tenants.scope import tenant_scope

HCP = (
    "<QBXML><QBXMLMsgsRs><HostQueryRs><HostRet><ProductName>Enterprise</ProductName></HostRet></HostQueryRs><CompanyQueryRs>"
    "<CompanyRet><CompanyName>Larkspur Trading Co</CompanyName></CompanyRet></CompanyQueryRs></QBXMLMsgsRs></QBXML>"
)


@pytest.fixture
def service(transactional_db: None, live_server: Any, settings: Any, twins: Any) -> Any:
    settings.PUBLIC_URL = live_server.url
    address = f"{live_server.url}/connections/quickbooks_desktop/poll/"
    client = zeep.Client(f"{address}?wsdl")
    assert client.service._binding_options["address"] == address
    return client.service


def test_a_visit_by_zeep(service: Any) -> None:
    tenant = Tenant.objects.create(name="Kestrel Mugs", home_currency="USD")
    with tenant_scope(tenant):
        row = services.adopt(provider="quickbooks_desktop", environment="twin", answers={})
        password = polling.issue(connection=row)
    poller = registry.provider("quickbooks_desktop").poller
    assert poller is not None
    assert service.serverVersion("") == "Tieout 1"
    assert service.clientVersion("2.3.0.215") in ("", None)
    assert service.clientVersion("1.5").startswith("E:")
    assert service.authenticate(poller.user_name(row.account()), "wrong") == [None, "nvu"]
    ticket, what = service.authenticate(poller.user_name(row.account()), password)
    assert what is None
    request = service.sendRequestXML(ticket, HCP, "C:\\larkspur.qbw", "US", 16, 0)
    root = etree.fromstring(request.encode())
    assert [element.tag for element in root[0]][:3] == ["HostQueryRq", "CompanyQueryRq", "PreferencesQueryRq"]
    assert root[0].get("newMessageSetID") is None  # nothing is written by reading
    assert service.receiveResponseXML(ticket, "", "0x80040414", "A modal dialog box is showing") == -1
    assert "A window is open in QuickBooks" in service.getLastError(ticket)
    assert service.closeConnection(ticket)
    with tenant_scope(tenant):
        assert set(PolledCall.objects.values_list("state", flat=True)) <= {"queued", "sent"}


def test_what_no_client_would_send_is_a_fault(service: Any, live_server: Any) -> None:
    address = f"{live_server.url}/connections/quickbooks_desktop/poll/"
    answer = httpx.post(address, content=b"<a/>", trust_env=False)
    assert (answer.status_code, b"soap:Fault" in answer.content) == (400, True)
    assert httpx.post(f"{live_server.url}/connections/amazon/poll/", content=b"<a/>", trust_env=False).status_code == 404
