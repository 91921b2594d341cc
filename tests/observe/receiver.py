"""A small receiver of OTLP over HTTP that decodes what it gets."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

SECONDS = 20.0


class Receiver:
    """`spans` as they came, `raw` the bodies; `answer` is the status of all answers."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.raw: list[bytes] = []
        self.paths: list[str] = []
        self.resource: dict[str, str] = {}
        self.answer = 200
        self.hold = threading.Event()
        self.hold.set()
        self.url = ""

    def take(self, path: str, body: bytes) -> None:
        self.paths.append(path)
        self.raw.append(body)
        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            self.resource = {each.key: each.value.string_value for each in group.resource.attributes}
            for scope in group.scope_spans:
                self.spans += scope.spans

    def until(self, wanted: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SECONDS
        while not wanted():
            assert time.monotonic() < deadline, [span.name for span in self.spans]
            time.sleep(0.02)


@contextlib.contextmanager
def receiving() -> Iterator[Receiver]:
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.hold.wait(SECONDS)
            if made.answer == 200:
                made.take(self.path, body)
            self.send_response(made.answer)
            self.send_header("content-type", "application/x-protobuf")
            self.end_headers()
            with contextlib.suppress(OSError):  # who waited too long has hung up
                self.wfile.write(ExportTraceServiceResponse().SerializeToString())

        def log_message(self, *_arguments: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield made
    finally:
        made.hold.set()
        server.shutdown()
        thread.join()
        server.server_close()
