"""Logs hold ids, never tokens: neither by name nor by shape."""

from __future__ import annotations

import logging

import pytest

from config.logs import Redaction, redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("got Atza|IwEBIAbc-123 for seller", "got [hidden] for seller"),
        ("refresh Atzr|IwEBIAxyz, again", "refresh [hidden], again"),
        ("Authorization: Bearer eyJlbmMiOiJBMTI4.abc.def", "Authorization: Bearer [hidden]"),
        (
            "GET /callback?code=AB11732&state=Xyz9Xyz9Xyz&realmId=46208",
            "GET /callback?code=[hidden]&state=[hidden]&realmId=46208",
        ),
        ("intuit_tid=1-65a settlement 11223344556", "intuit_tid=1-65a settlement 11223344556"),
        ("ended with code=404, state=posted", "ended with code=404, state=posted"),
        ("Basic dXNlcjpwYXNz", "Basic [hidden]"),
    ],
)
def test_secrets_are_known_by_their_shape(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_secrets_are_known_by_their_name_however_deep() -> None:
    given = {"tenant": 7, "grant": {"access_token": "abc", "scopes": ["a"]}, "calls": [{"client_secret": "s", "status": 200}]}
    assert redact(given) == {
        "tenant": 7,
        "grant": {"access_token": "[hidden]", "scopes": ["a"]},
        "calls": [{"client_secret": "[hidden]", "status": 200}],
    }


def test_records_of_libraries_are_redacted_with_their_arguments() -> None:
    record = logging.LogRecord("lib", logging.INFO, __file__, 1, "sent %s to %s", ("Atza|secret", "host"), None)
    assert Redaction().filter(record)
    assert record.getMessage() == "sent [hidden] to host"


def test_tracebacks_are_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    from django.conf import settings

    config = settings.LOGGING
    formatter = config["formatters"]["line"]
    line = formatter["()"](processor=formatter["processor"], foreign_pre_chain=formatter["foreign_pre_chain"])
    try:
        raise ValueError("refused: token=abcdef")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", (), (type(error), error, error.__traceback__))
    written = line.format(record)
    assert "abcdef" not in written
    assert "ValueError: refused: token=[hidden]" in written
