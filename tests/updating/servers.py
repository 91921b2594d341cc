"""A server of channel files and bundles, on loopback, that can stumble; and keys."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from appliance.updating import channel
from appliance.updating.channel import Latest


class Key:
    """A key of channel files."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()

    @property
    def private_pem(self) -> bytes:
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    @property
    def public_pem(self) -> bytes:
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def public(self) -> bytes:
        return self._key.public_key().public_bytes_raw()


class Server:
    """Files by path; `cut_at` ends one answer too early."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str]] = []
        self.cut_at = 0
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def publish(self, key: Key, content: bytes = b"bundle", **changed: object) -> Latest:
        """A bundle and the channel file for it."""
        latest = Latest(
            format=1, channel="stable", board="n100", serial=7, version="2.0.0", epoch=1, url="new.raucb",
            size=len(content), sha256=hashlib.sha256(content).hexdigest(), notes="Better.",
        )  # fmt: skip
        latest = msgspec.structs.replace(latest, **changed)
        self.files["/new.raucb"] = content
        self.files[f"/{latest.channel}-{latest.board}.json"] = channel.seal(latest, key.private_pem)
        return latest

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments: object) -> None:
                """Nothing."""

            def do_GET(self) -> None:
                server.answer(self)

        return Handler

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        span = request.headers.get("Range", "")
        self.asked.append((request.path, span))
        content = self.files.get(request.path)
        if content is None:
            request.send_error(404)
            return
        start = int(span.removeprefix("bytes=").removesuffix("-")) if span else 0
        request.send_response(206 if span else 200)
        if span:
            request.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        request.send_header("Content-Length", str(len(content) - start))
        request.send_header("ETag", '"one"')
        request.end_headers()
        end = self.cut_at or len(content)
        self.cut_at = 0
        request.wfile.write(content[start:end])
        if end < len(content):
            request.close_connection = True


@contextlib.contextmanager
def serving() -> Iterator[Server]:
    server = Server()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def trust(root: Path, *keys: Key) -> None:
    """Put public keys into the image."""
    folder = root / "etc/rauc"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "channel.pem").write_bytes(b"".join(key.public_pem for key in keys))
