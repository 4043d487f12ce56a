"""A small threaded HTTP/1.1 server in front of a WSGI application, with keep-alive.

werkzeug's own server closes every connection, which hides a client's mistakes with reused ones, and
can't cut a connection on purpose. Here `Cut` resets the socket, which is what a client sees when a
provider's front end dies.
"""

from __future__ import annotations

import io
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote_to_bytes

from sandbox.world import Cut

WSGIApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
IDLE_SECONDS = 60
BODY_LIMIT = 64 * 1024 * 1024


class Server(ThreadingHTTPServer):
    """Serves `app` on a loopback port. `port` 0 takes a free one; `url` says which."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, app: WSGIApp, port: int = 0, host: str = "127.0.0.1") -> None:
        self.app = app
        super().__init__((host, port), Handler)

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Bind without the reverse name look-up of the standard library, which may hang offline."""
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news; anything else is told on stderr."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def start(self) -> Server:
        """Serve in a thread of its own; `stop` ends it."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """One connection: reads requests, runs the application, writes framed answers."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Server

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline:
            self.close_connection = True
            return
        if not self.parse_request():
            return
        try:
            self._run()
        except Cut:
            self._reset_socket()
        self._flush()

    def _run(self) -> None:
        status: list[Any] = []

        def start_response(line: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
            status[:] = [line, headers]

        chunks = self.server.app(self._environ(self._body()), start_response)
        try:
            if "content-length" in {name.lower() for name, _ in status[1]}:
                self._stream(status[0], status[1], chunks)
            else:
                body = b"".join(chunks)
                self._stream(status[0], [*status[1], ("Content-Length", str(len(body)))], [body])
        finally:
            getattr(chunks, "close", lambda: None)()

    def _stream(self, line: str, headers: list[tuple[str, str]], chunks: Iterable[bytes]) -> None:
        code, _, reason = line.partition(" ")
        self.send_response_only(int(code), reason)
        self.send_header("Date", self.date_time_string())
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        for chunk in chunks:
            if self.command != "HEAD":
                self.wfile.write(chunk)

    def _body(self) -> bytes:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
            self._flush()
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(iter(self._chunk, b""))
        return self.rfile.read(min(int(self.headers.get("Content-Length") or 0), BODY_LIMIT))

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0], 16)
        data = self.rfile.read(min(size, BODY_LIMIT))
        self.rfile.readline()
        return data

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "REQUEST_URI": self.path,
            "SERVER_NAME": self.server.server_name,
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name in set(self.headers) - {"Transfer-Encoding", "transfer-encoding"}:  # the body is whole by now
            key = name.upper().replace("-", "_")
            value = ", ".join(self.headers.get_all(name) or ())
            environ["CONTENT_TYPE" if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        return environ

    def _reset_socket(self) -> None:
        """Send what was written, then end the connection with a reset instead of a goodbye."""
        self._flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def _flush(self) -> None:
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Silence: the world's journal says what was asked."""
