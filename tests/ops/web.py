"""A real HTTP server on loopback that behaves well or badly, as each test wants."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Web(ThreadingHTTPServer):
    """Serves `files`; the switches make it misbehave. `requests` holds (path, Range, If-Range) of each."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.requests: list[tuple[str, str, str]] = []
        self.etag = '"one"'
        self.ranges = True
        self.cut_after: list[int] = []
        """Bytes after which each of the next answers is cut."""
        self.statuses: list[int] = []
        """Statuses of the next answers."""
        self.redirects: dict[str, str] = {}
        self.announced: int | None = None
        """A Content-Length that is not true."""
        self.endless = False
        self.shifted = 0
        """How far a partial answer begins from where it was asked to."""
        self.hang: Callable[[], object] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what these tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Web
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        web = self.server
        self.close_connection = True
        web.requests.append((self.path, self.headers.get("Range", ""), self.headers.get("If-Range", "")))
        if web.statuses:
            self.send_response(web.statuses.pop(0))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path in web.redirects:
            self.send_response(302)
            self.send_header("Location", web.redirects[self.path])
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path not in web.files:
            self.send_error(404)
        else:
            self._send(web.files[self.path])

    def _send(self, content: bytes) -> None:
        web = self.server
        start = self._start()
        if start >= len(content) > 0 and start:
            self.send_response(416)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = content[start:]
        self.send_response(206 if start else 200)
        if start:
            first = start + web.shifted
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        if web.etag:
            self.send_header("ETag", web.etag)
        if not web.endless:
            self.send_header("Content-Length", str(len(body) if web.announced is None else web.announced))
        self.end_headers()
        if web.hang is not None:
            web.hang()
        if web.cut_after:
            body = body[: web.cut_after.pop(0)]
        self.wfile.write(body)
        while web.endless:
            self.wfile.write(body)

    def _start(self) -> int:
        wanted = self.headers.get("Range", "")
        condition = self.headers.get("If-Range", "")
        if not self.server.ranges or not wanted or (condition and condition != self.server.etag):
            return 0
        return int(wanted.removeprefix("bytes=").rstrip("-"))


@contextmanager
def serving() -> Iterator[Web]:
    web = Web()
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield web
    finally:
        web.shutdown()
        thread.join()
        web.server_close()
