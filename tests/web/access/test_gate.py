"""What is turned away before the application sees it, and what every answer carries on its way out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar, get, post
from litestar.response import Stream
from msgspec.structs import replace

from appliance.config.model import Web
from appliance.errors import ConfigError
from appliance.web.access import sessions, tokens
from appliance.web.access.exchange import DRAIN_BYTES
from appliance.web.access.gate import Gate
from appliance.web.access.guard import guard
from appliance.web.access.headers import SECURITY
from appliance.web.access.keeper import Keeper
from appliance.web.access.marks import csrf
from appliance.web.access.store import FILE, Store
from appliance.web.access.visitor import wall
from appliance.web.problems import HANDLERS
from appliance.web.settings import Settings
from tests.web.access.keys import bearer, token

PEER = "192.168.1.50"
LISTED = "https://voice.example.org"


@get("/", opt={"scope": None})
async def page() -> str:
    return "hello"


@get("/closed", opt={"scope": "read"})
async def closed() -> str:
    return "secret"


@post("/closed", opt={"scope": "control"})
async def change(data: dict[str, Any]) -> int:
    return len(data)


@get("/slow", opt={"scope": None})
async def slow() -> None:
    await asyncio.Event().wait()


@get("/stream", opt={"scope": None})
async def stream() -> Stream:
    async def parts() -> AsyncIterator[bytes]:
        for number in range(3):
            yield b"%d" % number
            await asyncio.sleep(0.2)

    return Stream(parts())


@get("/own-timeout", opt={"scope": None})
async def own_timeout() -> None:
    raise TimeoutError


def app(data: Path, *, tls: bool = False, **web: Any) -> Any:
    settings = Settings(Web(**web), "en", "1.2.3", str(data), ("kitchen.local", "kitchen"))
    routes = [page, closed, change, slow, stream, own_timeout]
    made = Litestar(
        routes, guards=[guard], exception_handlers=HANDLERS, openapi_config=None, logging_config=None,
        request_max_body_size=settings.web.max_body_kb * 1024,
    )  # fmt: skip
    return Gate(made, Keeper(settings, tls=tls))


def client(made: Any, base: str = "http://kitchen.local:8085", peer: str = PEER) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(made, client=(peer, 1234), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=base)


async def test_every_answer_is_secured(tmp_path: Path) -> None:
    async with client(app(tmp_path)) as web:
        for path in ("/", "/closed", "/nowhere"):
            answer = await web.get(path)
            for name, value in SECURITY.items():
                assert answer.headers[name] == value
        refused = await web.get("/", headers={"Host": "evil.example"})
        assert refused.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("name", ["evil.example", "8.8.8.8", "kitchen.local.evil.example", "a b", ""])
async def test_a_name_that_is_not_ours_is_not_answered(tmp_path: Path, name: str) -> None:
    async with client(app(tmp_path)) as web:
        answer = await web.get("/", headers={"Host": name} | bearer(token(tmp_path)))
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"
    assert "allow_origins" in answer.json()["hint"]


async def test_a_listed_name_is_ours(tmp_path: Path) -> None:
    async with client(app(tmp_path, allow_origins=(LISTED,)), LISTED) as web:
        assert (await web.get("/")).status_code == 200


async def test_over_the_network_only_by_tls(tmp_path: Path) -> None:
    made = app(tmp_path, tls=True)
    async with client(made) as web:
        answer = await web.get("/closed?x=%20y", headers=bearer(token(tmp_path)))
        assert answer.status_code == 308
        assert answer.headers["location"] == "https://kitchen.local:8085/closed?x=%20y"
        assert (await web.get("/", headers={"Host": "evil.example"})).status_code == 421
    async with client(made, "https://kitchen.local:8085") as web:
        assert (await web.get("/")).status_code == 200
    async with client(made, "http://localhost:8085", "127.0.0.1") as web:
        assert (await web.get("/")).status_code == 200


async def test_only_with_a_certificate_of_a_known_authority_tls_is_for_ever(tmp_path: Path) -> None:
    async with client(app(tmp_path, tls=True), "https://kitchen.local") as web:
        assert "strict-transport-security" not in (await web.get("/")).headers
    async with client(app(tmp_path, tls=True, certificate="c", key="k"), "https://kitchen.local") as web:
        assert "max-age" in (await web.get("/")).headers["strict-transport-security"]


async def test_sixty_a_minute_for_each(tmp_path: Path) -> None:
    first, second = bearer(token(tmp_path, "read")), bearer(token(tmp_path, "read"))
    async with client(app(tmp_path)) as web:
        for shown in (first, second, {}):
            seen = [(await web.get("/closed", headers=shown)).status_code for _ in range(61)]
            assert 429 not in seen[:60]
            assert seen[60] == 429
        answer = await web.get("/closed", headers=first)
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.json()["hint"]
        assert (await web.get("/")).status_code == 200  # the page is not counted with it


async def test_the_page_has_a_looser_limit(tmp_path: Path) -> None:
    async with client(app(tmp_path, requests_per_minute=2)) as web:
        seen = [(await web.get("/")).status_code for _ in range(21)]
    assert seen == [200] * 20 + [429]


async def test_invented_tokens_do_not_escape_the_limit(tmp_path: Path) -> None:
    async with client(app(tmp_path, requests_per_minute=5)) as web:
        seen = [(await web.get("/closed", headers=bearer(f"appl_{n}"))).status_code for n in range(6)]
    assert seen == [401] * 5 + [429]


async def test_longer_than_any_honest_request(tmp_path: Path) -> None:
    async with client(app(tmp_path)) as web:
        assert (await web.get("/?" + "x" * 9_000)).status_code == 414
        assert (await web.get("/", headers={"X-Long": "x" * 17_000})).status_code == 431
        assert (await web.get("/?" + "x" * 4_000, headers={"X-Long": "x" * 4_000})).status_code == 200


async def test_too_slow_is_said(tmp_path: Path) -> None:
    async with client(app(tmp_path, timeout_seconds=0.05)) as web:
        answer = await web.get("/slow")
        assert answer.status_code == 504
        assert "web.timeout_seconds" in answer.json()["hint"]
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_stream_may_take_longer(tmp_path: Path) -> None:
    async with client(app(tmp_path, timeout_seconds=0.1)) as web:
        answer = await web.get("/stream")
    assert (answer.status_code, answer.text) == (200, "012")


async def test_a_timeout_of_the_handlers_own_is_a_fault_of_ours(tmp_path: Path) -> None:
    async with client(app(tmp_path)) as web:
        assert (await web.get("/own-timeout")).status_code == 500


async def test_a_body_that_does_not_come_to_an_end(tmp_path: Path) -> None:
    async def dripping() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)

    async with client(app(tmp_path, timeout_seconds=0.05)) as web:
        answer = await web.post("/closed", content=dripping(), headers=bearer(token(tmp_path)))
    assert answer.status_code == 408
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("length", [1_025, 5_000_000])
async def test_a_body_that_is_too_long(tmp_path: Path, length: int) -> None:
    shown = bearer(token(tmp_path))
    async with client(app(tmp_path, max_body_kb=1)) as web:
        answer = await web.post("/closed", content=b"x" * length, headers=shown)
        assert answer.status_code == 413
        assert "web.max_body_kb" in answer.json()["hint"]
        assert (answer.headers.get("connection") == "close") == (length > DRAIN_BYTES)

        async def unannounced() -> AsyncIterator[bytes]:
            for _ in range(length // 1_000 + 1):
                yield b"x" * 1_000

        assert (await web.post("/closed", content=unannounced(), headers=shown)).status_code == 413
        fine = await web.post("/closed", json={"a": 1}, headers=shown)
        assert fine.status_code == 201
        assert "connection" not in fine.headers


async def test_pages_of_listed_origins_may_with_a_token(tmp_path: Path) -> None:
    made, shown = app(tmp_path, allow_origins=(LISTED,)), bearer(token(tmp_path))
    async with client(made) as web:
        asked = await web.options(
            "/closed", headers={"Origin": LISTED, "Access-Control-Request-Method": "POST"}
        )
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-origin"] == LISTED
        assert "authorization" in asked.headers["access-control-allow-headers"]
        assert "access-control-allow-credentials" not in asked.headers
        answer = await web.post("/closed", json={}, headers=shown | {"Origin": LISTED})
        assert answer.status_code == 201
        assert answer.headers["access-control-allow-origin"] == LISTED
        assert "origin" in answer.headers["vary"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://kitchen.local:8123", "https://kitchen.local:8085"]
)
async def test_pages_of_others_may_not(tmp_path: Path, origin: str) -> None:
    made, shown = app(tmp_path, allow_origins=(LISTED,)), bearer(token(tmp_path))
    async with client(made) as web:
        asked = await web.options("/closed", headers={"Origin": origin})
        answers = [asked, await web.post("/closed", json={}, headers=shown | {"Origin": origin})]
        assert [each.status_code for each in answers] == [403, 403]
        assert all("access-control-allow-origin" not in each.headers for each in answers)


async def test_a_listed_origin_does_not_get_the_cookies_rights(tmp_path: Path) -> None:
    secret = Store(tmp_path / "web").change(lambda state: sessions.begin(state, "", wall()))
    shown = {"Cookie": f"appliance={secret}", "X-CSRF-Token": csrf(secret)}
    async with client(app(tmp_path, allow_origins=(LISTED,))) as web:
        assert (await web.post("/closed", json={}, headers=shown)).status_code == 201
        assert (await web.post("/closed", json={}, headers=shown | {"Origin": LISTED})).status_code == 403


async def test_behind_a_proxy_that_ends_tls_the_listed_name_is_our_own(tmp_path: Path) -> None:
    secret = Store(tmp_path / "web").change(lambda state: sessions.begin(state, "", wall()))
    shown = {"Cookie": f"appliance={secret}", "X-CSRF-Token": csrf(secret), "Origin": LISTED}
    made = app(tmp_path, allow_origins=(LISTED,))
    async with client(made, "http://voice.example.org", "127.0.0.1") as web:
        assert (await web.post("/closed", json={}, headers=shown)).status_code == 201


async def test_by_tls_only_the_cookie_that_nobody_else_can_set_counts(tmp_path: Path) -> None:
    secret = Store(tmp_path / "web").change(lambda state: sessions.begin(state, "", wall()))
    async with client(app(tmp_path, tls=True), "https://kitchen.local") as web:
        assert (await web.get("/closed", headers={"Cookie": f"appliance={secret}"})).status_code == 401
        assert (await web.get("/closed", headers={"Cookie": f"__Host-appliance={secret}"})).status_code == 200


async def test_a_session_is_kept_up_once_a_day(tmp_path: Path) -> None:
    store = Store(tmp_path / "web")
    secret = store.change(lambda state: sessions.begin(state, "", wall()))
    store.change(
        lambda state: (replace(state, sessions=(replace(state.sessions[0], seen=wall() - 100_000),)), None)
    )
    async with client(app(tmp_path)) as web:
        first = await web.get("/closed", headers={"Cookie": f"appliance={secret}"})
        assert f"appliance={secret}" in first.headers.get_list("set-cookie")[0]
        async with asyncio.timeout(10):
            while wall() - store.read().sessions[0].seen > 1_000:
                await asyncio.sleep(0.01)
        again = await web.get("/closed", headers={"Cookie": f"appliance={secret}"})
        assert "set-cookie" not in again.headers


async def test_a_damaged_file_lets_nobody_in(tmp_path: Path) -> None:
    shown = bearer(token(tmp_path))
    (tmp_path / "web" / FILE).write_text("{")
    async with client(app(tmp_path)) as web:
        answer = await web.get("/closed", headers=shown)
    assert answer.status_code == 503
    assert "damaged" in answer.json()["detail"]


@pytest.mark.parametrize("name", ["Host", "Origin", "Authorization"])
async def test_a_header_that_comes_twice_is_refused(tmp_path: Path, name: str) -> None:
    async with client(app(tmp_path)) as web:
        twice = [("Host", "kitchen.local"), (name, "kitchen.local"), (name, "kitchen.local")]
        assert (await web.get("/", headers=twice)).status_code == 400


@pytest.mark.parametrize("listed", ["*", "voice.example.org", "https://a/b", "null"])
def test_an_origin_that_is_none_is_said_at_the_start(tmp_path: Path, listed: str) -> None:
    with pytest.raises(ConfigError, match="allow_origins"):
        app(tmp_path, allow_origins=(listed,))


class Talking:
    """A WebSocket's two ends, for an application that listens for ever."""

    def __init__(self, data: Path, secret: str) -> None:
        self.sent: list[Any] = []
        self.gone = asyncio.Event()
        self.gate = Gate(self._listen, Keeper(Settings(Web(), "en", "1.2.3", str(data), ("kitchen.local",))))
        self.gate.look_again_seconds = 0.01
        shown = [(b"host", b"kitchen.local"), (b"authorization", f"Bearer {secret}".encode())]
        self.scope = {
            "type": "websocket", "scheme": "ws", "path": "/talk", "query_string": b"", "headers": shown,
            "client": (PEER, 1234),
        }  # fmt: skip

    async def _listen(self, scope: Any, receive: Any, send: Any) -> None:
        del scope
        await send({"type": "websocket.accept"})
        try:
            await receive()
        finally:
            self.gone.set()

    async def run(self) -> None:
        await self.gate(self.scope, asyncio.Event().wait, self._take)

    async def _take(self, message: Any) -> None:
        self.sent.append(message)


async def test_an_open_websocket_ends_when_its_token_is_revoked(tmp_path: Path) -> None:
    secret = token(tmp_path, "chat")
    talking = Talking(tmp_path, secret)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(talking.run())
        while not talking.sent:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        assert [each["type"] for each in talking.sent] == ["websocket.accept"]
        Store(tmp_path / "web").change(lambda state: tokens.revoke(state, state.tokens[0].id))
    assert talking.gone.is_set()
    assert (talking.sent[-1]["type"], talking.sent[-1]["code"]) == ("websocket.close", 4_401)
