"""Holds every exchange between the product and the twins against the vendors' published schemas.

Stands in front of the twins as a WSGI application, so that whatever any test makes the product send,
and whatever the twins answer, is validated; the `twins` fixture fails the test that broke a contract.
Answers broken on purpose (cut, HTML, half a body) hold no JSON and are passed over.
"""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from tests.contracts import amazon_schema, kashflow_schema, magento_schema, quickbooks_schema, xero_schema
from tests.support.requirements import shared_folder

# Not part of the Swagger models: token endpoint, consent pages, the presigned document itself.
_AMAZON_REGIONS = ("na", "eu", "fe")


class Judge:
    """`problems` collects what is against a contract; `seen` counts what was held against one."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.problems: list[str] = []
        self.seen = 0
        self.reset()
        folder = shared_folder()
        self._models = amazon_schema.AmazonModels(folder / "contracts" / "amazon" / "models") if folder else None
        self._quickbooks = quickbooks_schema.Watched(app) if folder else None
        self._kashflow = kashflow_schema.Watched(app) if folder else None
        self._xero = xero_schema.Watched(app) if folder else None
        self._magento = magento_schema.schema(folder / "contracts") if folder else None

    def _watched(self) -> list[Any]:
        named = (self.__dict__.get(name) for name in ("_quickbooks", "_kashflow", "_xero"))
        return [one for one in named if one is not None]

    def reset(self) -> None:
        self.problems.clear()
        for one in self._watched():
            one.problems.clear()

    def found(self) -> list[str]:
        return self.problems + [problem for one in self._watched() for problem in one.problems]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.app, name)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if self._quickbooks is not None and "/v3/company/" in path:
            self.seen += 1
            return self._quickbooks(environ, start_response)
        if self._xero is not None and path.startswith("/xero/") and xero_schema.MARK in path:
            self.seen += 1
            return self._xero(environ, start_response)
        if self._kashflow is not None and path.startswith(("/kashflow/service.asmx", "/kashflow/v2/")):
            self.seen += 1
            return self._kashflow(environ, start_response)
        if self._models is not None and path.startswith("/amazon/"):
            return self._amazon(environ, start_response)
        if self._magento is not None and path.startswith("/magento/") and "/V1/" in path:
            return self._shop(environ, start_response)
        return self.app(environ, start_response)

    def _amazon(self, environ: dict[str, Any], start_response: Any) -> Any:
        region, _slash, rest = environ["PATH_INFO"].removeprefix("/amazon/").partition("/")
        operation = self._models.find(environ["REQUEST_METHOD"], f"/{rest}") if region in _AMAZON_REGIONS else None
        if operation is None:
            return self.app(environ, start_response)
        sent, status, body = self._passed_on(environ, start_response)
        self.problems += operation.request_problems(parse_qs(environ.get("QUERY_STRING", "")), _parsed(sent))
        if status < 500 and (said := _parsed(body)) is not None:
            self.problems += operation.response_problems(status, said)
        return [body]

    def _shop(self, environ: dict[str, Any], start_response: Any) -> Any:
        """One call of a shop's REST API. Its paths stay encoded: a SKU may have a slash."""
        raw = str(environ.get("REQUEST_URI") or environ["PATH_INFO"]).partition("?")[0]
        before, _slash, rest = raw.partition("/V1/")
        operation = None if "/async" in before else self._magento.find(environ["REQUEST_METHOD"], f"/V1/{rest}")
        if operation is None:
            return self.app(environ, start_response)
        sent, status, body = self._passed_on(environ, start_response)
        self.problems += operation.request_problems(_parsed(sent))
        if status < 500 and (said := _parsed(body)) is not None:
            partial = "fields" in parse_qs(environ.get("QUERY_STRING", ""))
            self.problems += operation.response_problems(status, said, partial=partial)
        return [body]

    def _passed_on(self, environ: dict[str, Any], start_response: Any) -> tuple[bytes, int, bytes]:
        """The request's body, and the status and body of the twin's answer."""
        self.seen += 1
        answered: list[int] = []

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            answered.append(int(status.split()[0]))
            return start_response(status, headers, *more)

        sent = environ["wsgi.input"].read() if environ["REQUEST_METHOD"] in ("POST", "PUT", "PATCH") else b""
        body = b"".join(self.app({**environ, "wsgi.input": io.BytesIO(sent)}, start))
        return sent, answered[0], body


def _parsed(content: bytes) -> Any:
    """A JSON body; none where there is none, or none that parses."""
    try:
        return json.loads(content, parse_float=Decimal) if content else None
    except ValueError:
        return None
