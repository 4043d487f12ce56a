"""The fake provider's other side: a loopback server that counts, rotates tokens, and misbehaves on request."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Reply = tuple[int, dict[str, str], bytes]


class FakeServer:
    """`replies` are given first, in order, to API calls; `seen` is every request as (method, path, headers, body)."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.replies: deque[Reply | Callable[[], Reply]] = deque()
        self.refreshes = 0
        self.generation = 0
        self.valid_access = ""
        self.valid_refresh: set[str] = {"refresh-0"}
        self.company = "77"
        self.token_delay = 0.0
        self.token_reply: Reply | None = None
        self.accounts: list[dict[str, Any]] = []
        self.revoked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def calls(self, path: str) -> int:
        return sum(1 for _method, seen, _headers, _body in self.seen if urlsplit(seen).path == path)

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply | None:
        with self.lock:
            self.seen.append((method, path, headers, body))
        where = urlsplit(path).path
        if where == "/token":
            return self._token(parse_qs(body.decode()))
        if where == "/revoke":
            self.revoked.append(parse_qs(body.decode())["token"][0])
            return 200, {}, b""
        with self.lock:
            reply = self.replies.popleft() if self.replies else None
        if reply is not None:
            return reply() if callable(reply) else reply
        if where == "/file":
            return 200, {"content-type": "text/plain"}, b"a\tb\n"
        if headers.get("authorization") != f"Bearer {self.valid_access}":
            return ok({"error": "token"}, 401)
        if where == "/accounts":
            return ok({"accounts": self.accounts})
        return ok({"company": self.company, "amount": 0.1})

    def _token(self, form: dict[str, list[str]]) -> Reply:
        time.sleep(self.token_delay)
        if self.token_reply is not None:
            return self.token_reply
        with self.lock:
            if form["grant_type"] == ["refresh_token"]:
                self.refreshes += 1
                if form["refresh_token"][0] not in self.valid_refresh:
                    return ok({"error": "invalid_grant"}, 400)
            self.generation += 1
            self.valid_access = f"access-{self.generation}"
            self.valid_refresh = {f"refresh-{self.generation}"}
            body = {"access_token": self.valid_access, "refresh_token": f"refresh-{self.generation}", "expires_in": 3600}
            return ok(body)

    def _handler(fake) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536  # headers and body in one packet, as real servers send them

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = fake.answer(self.command, self.path, headers, body)
                if reply is None or reply[0] == 0:  # cut the line
                    self.close_connection = True
                    self.connection.close()
                    return
                status, answer_headers, content = reply
                self.send_response(status)
                for name, value in {**answer_headers, "content-length": str(len(content)), "x-fake-trace": "trace-1"}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _any

            def log_message(self, *_args: object) -> None:
                pass

        return Handler


def ok(body: object, status: int = 200, **headers: str) -> Reply:
    return status, {"content-type": "application/json", **headers}, json.dumps(body).encode()


CUT: Reply = (0, {}, b"")
