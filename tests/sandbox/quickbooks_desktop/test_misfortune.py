"""Lines that drop, programs that die, wrong files: what reaches the service and what is in the books afterwards."""

from __future__ import annotations

import pytest

from tests.sandbox.quickbooks_desktop.conftest import File, Service, journal, message

WORK = message(journal(), newMessageSetID="set-1")


@pytest.fixture
def polled(file: File, service: Service) -> File:
    file.world("install", qwc=service.qwc(), password="p")
    service.work = [WORK]
    return file


def fault(file: File, operation: str, kind: str, **more: object) -> None:
    body = {"provider": "quickbooks_desktop", "operation": operation, "kind": kind, **more}
    assert file.http.post("/world/faults", json=body).status_code == 200


@pytest.mark.parametrize(
    ("operation", "kind", "last", "told", "checking"),
    [
        ("authenticate", "drop-before-commit", "clientVersion", 0, 0),
        ("sendRequestXML", "drop-after-commit", "sendRequestXML", 0, 0),  # our work was handed out and never arrived
        ("qbxml", "drop-before-commit", "sendRequestXML", 0, 0),
        ("qbxml", "drop-after-commit", "sendRequestXML", 0, 100),  # done, and nobody knows
        ("receiveResponseXML", "drop-before-commit", "sendRequestXML", 0, 100),
        ("receiveResponseXML", "drop-after-commit", "receiveResponseXML", 1, 100),
        ("closeConnection", "drop-before-commit", "receiveResponseXML", 1, 100),
    ],
)
def test_a_line_that_drops(
    polled: File, service: Service, operation: str, kind: str, last: str, told: int, checking: int
) -> None:
    fault(polled, operation, kind)
    run = polled.world("poll")
    assert run["outcome"] == "lost"
    assert service.names[-1] == last
    assert len(service.told("receiveResponseXML")) == told
    assert polled.trial().get("Checking", 0) == checking
    kept = polled.world("qbxml", application=1, xml=message("", newMessageSetID="set-1", oldMessageSetID="set-1"))
    assert f'messageSetStatusCode="{0 if checking else 600}"' in kept["response"]


def test_half_an_answer(polled: File, service: Service) -> None:
    fault(polled, "qbxml", "malformed")
    polled.world("poll")
    response = service.told("receiveResponseXML")[0]["response"]
    assert response.startswith("<?xml")
    assert not response.rstrip().endswith("</QBXML>")
    assert polled.trial()["Checking"] == 100


@pytest.mark.parametrize(
    ("kind", "hresult"),
    [("not-running", "0x80040408"), ("other-company", "0x8004040A"), ("modal", "0x80040414"), ("denied", "0x80040420")],
)
def test_quickbooks_cannot_be_opened(polled: File, service: Service, kind: str, hresult: str) -> None:
    polled.world("trouble", kind=kind)
    assert hresult in polled.world("poll")["status"]
    assert service.told("connectionError")[0]["hresult"] == hresult
    assert service.names[-1] == "connectionError"
    assert polled.world("poll")["outcome"] == "done"
    assert polled.trial()["Checking"] == 100


def test_the_wrong_file_is_opened_without_a_word(polled: File, service: Service) -> None:
    assert polled.world("trouble", 400, kind="wrong-file", instead="nowhere")
    polled.world("trouble", kind="wrong-file", instead="brindle")
    polled.world("poll")
    assert "Brindle &amp; Fen" in service.told("sendRequestXML")[0]["strHCPResponse"]
    assert "Checking" not in polled.trial()
    assert File(polled.app, "brindle").trial()["Checking"] == 100


def test_an_iterator_ends_with_its_session(polled: File, service: Service) -> None:
    start = '<AccountQueryRq/><CustomerQueryRq iterator="Start"><MaxReturned>1</MaxReturned></CustomerQueryRq>'
    service.work = [message(start), message("<HostQueryRq/>")]
    polled.world("trouble", kind="kill")
    assert polled.world("poll")["outcome"] == "lost"
    assert service.names[-1] == "receiveResponseXML"
    assert service.work == [message("<HostQueryRq/>")]


def test_a_crash_tells_the_service_an_hresult(polled: File, service: Service) -> None:
    polled.world("trouble", kind="crash")
    polled.world("poll")
    told = service.told("receiveResponseXML")[0]
    assert (told["response"], told["hresult"]) == ("", "0x80040408")
    assert polled.trial()["Checking"] == 100


def test_the_service_is_away_or_talks_nonsense(polled: File, service: Service) -> None:
    service.answers["receiveResponseXML"] = "fine"
    assert "instead of a number" in polled.world("poll")["status"]
    polled.world("uninstall", application=1)
    polled.world("install", qwc=service.qwc(AppURL="http://127.0.0.1:9/", AppSupport="http://127.0.0.1:9/"), password="p")
    run = polled.world("poll")
    assert run["outcome"] == "lost"
    assert "refused" in run["status"]


def test_slowness_and_unknown_trouble(polled: File) -> None:
    fault(polled, "qbxml", "slow", seconds=0.05)
    assert polled.world("poll")["outcome"] == "done"
    assert polled.world("trouble", 400, kind="earthquake")
    assert polled.world("poll", 400, application=77)
