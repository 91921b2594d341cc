"""A real HTTP server on loopback that speaks, or abuses, the protocols."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        status = self.server.probe_status
        self.send_response(status)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def do_POST(self) -> None:
        self.server.paths.append(self.path)
        self.body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(self.body)
        self.server.keys.append(self.headers.get("Authorization", ""))
        try:
            self.server.behaviour(self)
        except OSError:
            self.server.hung_up.set()

    def begin(self, status: int = 200, *, chunked: bool = True, **headers: str) -> None:
        self.close_connection = True
        self.send_response(status)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def event(self, **fields: Any) -> None:
        self.chunk(b"data: " + json.dumps(fields).encode() + b"\n\n")

    def say(self, text: str) -> None:
        self.event(choices=[{"index": 0, "delta": {"content": text}, "finish_reason": None}])

    def conclude(self, reason: str = "stop", cached: int = 30) -> None:
        self.event(choices=[{"index": 0, "delta": {}, "finish_reason": reason}])
        usage = {
            "prompt_tokens": 40,
            "completion_tokens": 7,
            "prompt_tokens_details": {"cached_tokens": cached},
        }
        self.event(choices=[], usage=usage)
        self.chunk(b"data: [DONE]\n\n")
        self.chunk(b"")

    def hang(self) -> None:
        """Until the other side or the test is over."""
        self.server.over.wait(20)

    def log_message(self, *args: Any) -> None:
        del args


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.scheme = "http"
        if context is not None:
            self.scheme = "https"
            # Shaking hands belongs into the thread of each connection.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.behaviour: Behaviour = friendly
        self.probe_status = 200
        self.paths: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.over = threading.Event()
        self.hung_up = threading.Event()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def handle_error(self, *about: object) -> None:
        """A client that does not trust us, or hangs up, is part of the tests."""
        del about


def friendly(handler: Handler) -> None:
    handler.begin(Content_Type="text/event-stream")
    handler.chunk(b": a comment\n\n")
    handler.event(choices=[{"index": 0, "delta": {"role": "assistant", "content": ""}}])
    for piece in ("It is", " warm", ", 21 °C."):
        handler.say(piece)
    handler.conclude()


def ollama(handler: Handler) -> None:
    handler.begin(Content_Type="application/x-ndjson")
    for piece in ("It is", " warm."):
        handler.chunk(
            json.dumps({"message": {"role": "assistant", "content": piece}, "done": False}).encode() + b"\n"
        )
    last = {
        "message": {"content": ""},
        "done": True,
        "done_reason": "length",
        "prompt_eval_count": 12,
        "eval_count": 5,
    }
    handler.chunk(json.dumps(last).encode() + b"\n")
    handler.chunk(b"")


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
