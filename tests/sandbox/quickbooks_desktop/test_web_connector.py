"""The Web Connector: what it installs, the order of its calls, and how an update ends."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from sandbox.app import App
from tests.sandbox.quickbooks_desktop.conftest import FILE_ID, OWNER, File, Service, journal, message


@pytest.fixture
def installed(file: File, service: Service) -> File:
    file.world("install", qwc=service.qwc(), password="pässword")
    return file


def test_an_update_in_the_order_of_the_guide(installed: File, service: Service) -> None:
    service.work = [message(journal(), newMessageSetID="set-1"), message("<AccountQueryRq/>")]
    run = installed.world("poll")
    assert (run["outcome"], run["status"]) == ("done", "Good bye")
    exchange = ["sendRequestXML", "receiveResponseXML"] * 2
    assert service.names == ["serverVersion", "clientVersion", "authenticate", *exchange, "closeConnection"]
    assert service.told("authenticate") == [{"strUserName": "shop-1", "strPassword": "pässword"}]
    first, second = service.told("sendRequestXML")
    hcp = etree.fromstring(first["strHCPResponse"])
    assert hcp.findtext(".//CompanyName") == "Larkspur Trading Co"
    extensions = {e.findtext("DataExtName"): e.findtext("DataExtValue") for e in hcp.iter("DataExtRet")}
    assert extensions["FileID"] == FILE_ID
    assert [part.tag for part in hcp[0]] == ["HostQueryRs", "CompanyQueryRs", "PreferencesQueryRs"]
    assert second["strHCPResponse"] == ""
    assert first["strCompanyFileName"].endswith("Larkspur Trading Co.qbw")
    assert (first["qbXMLCountry"], first["ticket"]) == ("US", "ticket-1")
    assert 'messageSetStatusCode="0"' in service.told("receiveResponseXML")[0]["response"]
    assert {h["SOAPAction"] for h in service.headers} == {f'"http://developer.intuit.com/{n}"' for n in set(service.names)}
    assert {h["Content-Type"] for h in service.headers} == {"text/xml; charset=utf-8"}
    assert "pässword" not in str(run) + str(installed.world("applications")) + str(installed.world("sessions", application=1))


@pytest.mark.parametrize(
    ("authenticate", "outcome", "says"),
    [
        (["t", "none"], "none", "No data exchange required."),
        (["", "nvu"], "refused", "Authentication failed"),
        (["t", "", "0"], "error", "Index out of range"),
        (["t"], "error", "Index out of range"),
        (["t", "", "0", "0", "0"], "error", "Index out of range"),
    ],
)
def test_how_a_sign_in_ends_an_update(
    installed: File, service: Service, authenticate: list[str], outcome: str, says: str
) -> None:
    service.answers["authenticate"] = authenticate
    run = installed.world("poll")
    assert run["outcome"] == outcome
    assert says in run["status"]
    assert service.names == ["serverVersion", "clientVersion", "authenticate"]


def test_nothing_to_do_asks_why_and_closes(installed: File, service: Service) -> None:
    service.answers["getLastError"] = "All is up to date"
    run = installed.world("poll")
    assert (run["outcome"], run["status"]) == ("told", "All is up to date")
    assert service.names[-3:] == ["sendRequestXML", "getLastError", "closeConnection"]
    service.answers["sendRequestXML"] = "NoOp"
    service.calls.clear()
    installed.world("poll")
    assert service.names.count("sendRequestXML") == 4  # it may pause for a while, then the update ends
    assert service.names[-1] == "closeConnection"


def test_a_negative_answer_asks_for_the_error(installed: File, service: Service) -> None:
    service.work = [message(journal())]
    service.answers |= {"receiveResponseXML": -101, "getLastError": "The company changed"}
    run = installed.world("poll")
    assert (run["outcome"], run["status"]) == ("error", "The company changed")
    assert service.names[-3:] == ["receiveResponseXML", "getLastError", "closeConnection"]


def test_a_refused_version_ends_before_the_sign_in(installed: File, service: Service) -> None:
    service.answers["clientVersion"] = "E:Please update"
    assert "Please update" in installed.world("poll")["status"]
    assert service.names == ["serverVersion", "clientVersion"]
    service.answers["clientVersion"] = "W:Please update soon"
    assert installed.world("poll")["outcome"] == "done"


def test_a_service_without_server_version_is_an_old_one_and_other_faults_end_the_update(
    installed: File, service: Service
) -> None:
    service.answers["serverVersion"] = RuntimeError("no such call")
    assert installed.world("poll")["outcome"] == "done"
    service.answers["sendRequestXML"] = RuntimeError("out of order")
    run = installed.world("poll")
    assert (run["outcome"], service.names[-1]) == ("lost", "sendRequestXML")
    assert "out of order" in run["status"]


def test_a_message_that_quickbooks_cannot_read_comes_back_as_an_hresult(installed: File, service: Service) -> None:
    service.work = ["<QBXML><Nonsense/></QBXML>"]
    installed.world("poll")
    told = service.told("receiveResponseXML")[0]
    assert (told["response"], told["hresult"]) == ("", "0x80040400")
    assert "parsing" in told["message"]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"AppURL": "http://books.example.com/qbwc", "AppSupport": "http://books.example.com/"}, "must be https"),
        ({"AppURL": "https://books.example.com/qbwc", "AppSupport": "https://help.example.com/"}, "not on the host"),
        ({"OwnerID": "57F3B9B6-0000-4FCD-B1EF-166DE1813D21"}, "GUID"),
        ({"FileID": ""}, "FileID is missing"),
        ({"QBType": "QBPOS"}, "QBFS"),
    ],
)
def test_what_the_web_connector_does_not_install(file: File, service: Service, other: dict[str, str], reason: str) -> None:
    assert reason in file.world("install", status=400, qwc=service.qwc(**other), password="p")["error"]
    assert file.world("applications")["applications"] == []


def test_a_hostile_qwc_is_refused(file: File, service: Service) -> None:
    hostile = service.qwc().replace("<QBWCXML>", '<!DOCTYPE QBWCXML [<!ENTITY a SYSTEM "file:///etc/passwd">]><QBWCXML>')
    assert "document type" in file.world("install", status=400, qwc=hostile, password="p")["error"]


def test_the_same_file_id_replaces_and_a_qwc_is_fetched_by_address(installed: File, service: Service) -> None:
    installed.world("install", qwc=service.qwc(), password="new")
    assert len(installed.world("applications")["applications"]) == 1
    installed.world("poll")
    assert service.told("authenticate")[0]["strPassword"] == "new"
    assert installed.world("install", status=400, url="http://example.com/a.qwc", password="p")["error"]


def test_an_application_for_enterprise_is_not_let_into_pro(app: App, service: Service) -> None:
    kettle = File(app, "kettle")
    kettle.world("install", qwc=service.qwc(), password="p")
    assert "0x80040420" in kettle.world("poll")["status"]
    assert service.told("connectionError")[0]["hresult"] == "0x80040420"
    assert "sendRequestXML" not in service.names


def test_another_file_may_be_open(installed: File, service: Service) -> None:
    path = service_path(installed, "larkspur")
    installed.world("open", instead="brindle")
    service.work = [message("<CompanyQueryRq/>")]
    installed.world("poll")
    assert "Brindle &amp; Fen" in service.told("sendRequestXML")[0]["strHCPResponse"]  # "" takes whatever is open
    service.answers["authenticate"] = ["t", path]
    assert "0x8004040A" in installed.world("poll")["status"]
    installed.world("open", running=False)
    service.work = [message("<CompanyQueryRq/>")]
    assert installed.world("poll")["outcome"] == "done"  # a path starts QuickBooks
    service.answers["authenticate"] = ["t", ""]
    assert "0x80040416" in installed.world("poll")["status"]


def test_connection_error_may_name_another_file(installed: File, service: Service) -> None:
    service.answers |= {"authenticate": ["t", r"C:\nowhere.qbw"], "connectionError": service_path(installed, "larkspur")}
    service.work = [message("<CompanyQueryRq/>")]
    assert installed.world("poll")["outcome"] == "done"
    assert service.names.count("connectionError") == 1


def service_path(file: File, name: str) -> str:
    return str(file.world("files")[name]["path"])


def test_polling_in_the_background_keeps_two_files_apart(app: App, service: Service, until: Any) -> None:
    one, two = File(app, "larkspur"), File(app, "brindle")
    one.world("install", qwc=service.qwc(UserName="one"), password="p")
    two.world("install", qwc=service.qwc(UserName="two", FileID=FILE_ID.replace("9", "8")), password="p")
    service.answers |= {
        "authenticate": lambda sent: [sent["strUserName"], ""], "sendRequestXML": message("<CompanyQueryRq/>" + journal()),
    }  # fmt: skip
    app.twins["quickbooks_desktop"].command("autopoll", {"seconds": 0.05})
    until(lambda: len(service.told("closeConnection")) >= 6)
    one.world("autopoll", stop=True)
    assert {sent["strUserName"] for sent in service.told("authenticate")} == {"one", "two"}
    assert one.world("applications")["autopoll"] is None
    companies = {(told["ticket"], "Brindle &amp; Fen" in told["response"]) for told in service.told("receiveResponseXML")}
    assert companies == {("one", False), ("two", True)}


def test_the_service_sets_the_pace(installed: File, service: Service, app: App, until: Any) -> None:
    service.answers["authenticate"] = ["t", "none", "0", "3600"]
    installed.world("autopoll", seconds=0.05)
    until(lambda: service.names.count("authenticate") >= 1)
    for _ in range(3):
        installed.world("applications")
    app.world.clock.shift(3601)
    until(lambda: service.names.count("authenticate") >= 2)
    installed.world("autopoll", stop=True)
    assert service.names.count("authenticate") == 2
    assert installed.world("applications")["applications"][0]["owner"] == OWNER
