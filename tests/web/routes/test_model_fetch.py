"""A model brought over the API from a real server: progress, cancel, resume, checksum, and why it failed."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.ops.manifest import CHECKOUT_MANIFEST, MANIFEST_VARIABLE
from tests.ops.web import Handler, Web, serving
from tests.web.routes.served import SECONDS, Served, refused

PIECE = 256 * 1024
CONTENT = bytes(range(256)) * (16 * 1024)  # 4 MiB


class Paced(Handler):
    """Sends piece by piece, and stops at `web.stop_after` bytes of the file until `web.go` is set."""

    server: Any

    def _send(self, content: bytes) -> None:
        start = self._start()
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("ETag", self.server.etag)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        for at in range(start, len(content), PIECE):
            if at >= self.server.stop_after:
                self.server.go.wait(SECONDS)
            self.wfile.write(content[at : at + PIECE])


@pytest.fixture(scope="module")
def store() -> Iterator[Any]:
    with serving() as web:
        store: Any = web
        store.RequestHandlerClass = Paced
        store.stop_after, store.go = len(CONTENT), threading.Event()
        for name in ("whole", "slow", "wrong"):
            web.files[f"/{name}"] = CONTENT
        yield store
        store.go.set()


def entry(web: Web, name: str, content: bytes) -> str:
    return (
        f'\n[[model]]\nname = "{name}"\nkind = "tts"\nengine = "piper"\nlicence = "MIT"\nlanguages = ["en"]\n'
        f'files = [{{ name = "{name}.onnx", url = "{web.url}/{name}", size = {len(CONTENT)}, '
        f'sha256 = "{hashlib.sha256(content).hexdigest()}" }}]\n'
    )


@pytest.fixture(scope="module")
def shop(store: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An appliance that knows the models of that server, beside its own."""
    folder = tmp_path_factory.mktemp("shop")
    manifest = folder / "models.toml"
    extra = "".join(entry(store, name, CONTENT) for name in ("whole", "slow", "gone"))
    manifest.write_text(CHECKOUT_MANIFEST.read_text() + extra + entry(store, "wrong", b"something else"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MANIFEST_VARIABLE, str(manifest))
        patch.delenv("APPLIANCE_MODEL_CACHE", raising=False)  # what is in there is not fetched
        made = Served(folder)
        try:
            made.until_up()
            yield made
        finally:
            made.close()


def fetch(shop: Served, name: str) -> None:
    answer = shop.http.post(f"/api/models/{name}/fetch", json={})
    assert answer.status_code == 202, answer.text


def now(shop: Served, name: str) -> dict[str, Any]:
    """The newest fetch of this model."""
    found: list[dict[str, Any]] = shop.http.get("/api/models").json()["fetches"]
    return [each for each in found if each["name"] == name][-1]


def until(shop: Served, name: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    deadline = time.monotonic() + SECONDS
    while True:
        found = now(shop, name)
        if wanted(found):
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def known(shop: Served, name: str) -> dict[str, Any]:
    models = shop.http.get("/api/models").json()["models"]
    return next(each for each in models if each["name"] == name)


def file_of(shop: Served, name: str) -> Path:
    (found,) = (shop.data / "models").rglob(f"{name}.onnx")
    return found


def test_it_arrives_verified_and_can_be_taken_away(shop: Served) -> None:
    assert known(shop, "whole")["state"] == "missing"
    fetch(shop, "whole")
    last = until(shop, "whole", lambda each: each["state"] == "done")
    assert (last["done_bytes"], last["total_bytes"]) == (len(CONTENT), len(CONTENT))
    assert known(shop, "whole")["state"] in {"verified", "present"}
    assert file_of(shop, "whole").read_bytes() == CONTENT
    told = shop.http.delete("/api/models/whole").json()
    assert told["removed"] == "whole"
    assert told["freed_bytes"] >= len(CONTENT)
    assert known(shop, "whole")["state"] == "missing"


def test_progress_is_seen_a_cancelled_one_is_kept_and_goes_on_where_it_stopped(
    shop: Served, store: Any
) -> None:
    store.stop_after = len(CONTENT) // 2
    fetch(shop, "slow")
    # A fast disc has the half before it is told again, and then there is nothing new to tell.
    seen = events(shop, lambda each: each["done_bytes"] > 0)
    assert seen[-1]["state"] == "running"
    assert seen[-1]["total_bytes"] == len(CONTENT)
    assert shop.http.delete("/api/models/slow/fetch").json()["state"] == "cancelled"
    refused(shop.http.delete("/api/models/slow/fetch"), 409, "slow")
    assert known(shop, "slow")["state"] == "missing"
    store.go.set()
    store.stop_after = len(CONTENT)
    store.requests.clear()
    fetch(shop, "slow")
    until(shop, "slow", lambda each: each["state"] == "done")
    (asked,) = store.requests
    assert asked[1].startswith("bytes=")
    assert int(asked[1].removeprefix("bytes=").rstrip("-")) > 0
    assert file_of(shop, "slow").read_bytes() == CONTENT


def events(shop: Served, enough: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """What the stream of events says of the newest fetch, until that is enough."""
    seen: list[dict[str, Any]] = []
    with shop.http.stream("GET", "/api/models/events") as answer:
        for line in answer.iter_lines():
            if line.startswith("data: "):
                seen.append(json.loads(line.removeprefix("data: "))[-1])
                if enough(seen[-1]):
                    return seen
    raise AssertionError(seen)


@pytest.mark.parametrize(("name", "words"), [("wrong", "not the file it should be"), ("gone", "404")])
def test_why_it_failed(shop: Served, name: str, words: str) -> None:
    fetch(shop, name)
    last = until(shop, name, lambda each: each["state"] == "failed")
    assert words in last["error"].lower() + last["hint"].lower()
    assert last["hint"]
    assert known(shop, name)["state"] == "missing"
    assert list((shop.data / "models").rglob(f"{name}.onnx")) == []
