"""Who may do what: every route × everybody who should not, from the application's own list of routes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar, get
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from appliance.config.model import Web
from appliance.errors import ControlError
from appliance.web.access import sessions, tokens
from appliance.web.access.guard import check_routes, guard, handlers
from appliance.web.access.marks import csrf
from appliance.web.access.scopes import SCOPES
from appliance.web.access.store import Store
from appliance.web.access.visitor import wall
from appliance.web.app import make
from appliance.web.context import Context
from appliance.web.routes.tokens import Made
from appliance.web.settings import Settings
from tests.web.access.keys import bearer, token
from tests.web.access.served import Served, served

DAY = 86_400
FOREIGN = "http://evil.example"
PARAMETERS = {"int": "1", "float": "1.5", "uuid": "00000000-0000-0000-0000-000000000000"}
SAFE = {"GET", "HEAD"}


def routes() -> list[tuple[str, str, str | None]]:
    """Method (or "WS"), a path that fits, and the scope."""
    settings = Settings(Web(), "en", "1.2.3", "/nonexistent")
    found = {
        (str(getattr(method, "value", method)), fitting(path), handler.opt["scope"])
        for path, handler in handlers(make(Context(settings)))
        for method in getattr(handler, "http_methods", {"WS"}) - {"OPTIONS"}
    }
    return sorted(found, key=str)


def fitting(path: str) -> str:
    return re.sub(r"\{\w+:(\w+)\}", lambda match: PARAMETERS.get(match[1], "x"), path)


ROUTES = routes()
CLOSED = [each for each in ROUTES if each[2] is not None]
every_route = pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
every_closed_route = pytest.mark.parametrize(("method", "path", "scope"), CLOSED)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("guard"), timeout_seconds=5.0) as running:
        yield running


@pytest.fixture(scope="module")
def keys(server: Served) -> dict[str, str]:
    """Tokens by what they may do; "not X" may do all but X."""
    made = {scope: token(server.data, scope) for scope in SCOPES}
    for scope in SCOPES:
        made[f"not {scope}"] = token(server.data, *(each for each in SCOPES if each != scope))
    made["expired"] = token(server.data, days=1, now=wall() - 2 * DAY)
    made["revoked"] = token(server.data)
    store = Store(server.data / "web")
    store.change(lambda state: tokens.revoke(state, state.tokens[-1].id))
    return made


@pytest.fixture
def session(server: Served) -> str:
    """A new one each: some routes end them."""
    return Store(server.data / "web").change(lambda state: sessions.begin(state, "a browser", wall()))


def ask(server: Served, method: str, path: str, headers: dict[str, str]) -> tuple[int, str]:
    """Status and what a problem says; of a stream only its beginning."""
    if method == "WS":
        return asyncio.run(upgrade(server, path, headers))
    with server.client() as client, client.stream(method, path, headers=headers) as answer:
        if answer.headers.get("content-type") != "application/problem+json":
            return answer.status_code, ""
        answer.read()
        return answer.status_code, answer.json()["detail"]


async def upgrade(server: Served, path: str, headers: dict[str, str]) -> tuple[int, str]:
    try:
        async with connect(server.url(path, "ws"), additional_headers=headers, proxy=None):
            return 101, ""
    except InvalidStatus as refused:
        return refused.response.status_code, refused.response.body.decode()


def own(server: Served) -> dict[str, str]:
    return {"Origin": server.url()}


def is_let_in(status: int, detail: str) -> bool:
    """Whatever the handler says then, it is not the guard."""
    refused = ("who is asking", "not valid", "lacks the scope", "own page")
    return status not in {401, 429, 421} and not any(each in detail for each in refused)


def test_there_are_routes_of_every_kind() -> None:
    assert len(CLOSED) > 5
    assert {scope for _, _, scope in ROUTES} <= {None, *SCOPES}


@every_closed_route
def test_nobody_gets_in_without_a_token(server: Served, method: str, path: str, scope: str) -> None:
    del scope
    status, detail = ask(server, method, path, own(server))
    assert status == 401
    assert "who is asking?" in detail


@every_closed_route
def test_another_scope_is_not_enough(
    server: Served, keys: dict[str, str], method: str, path: str, scope: str
) -> None:
    status, detail = ask(server, method, path, own(server) | bearer(keys[f"not {scope}"]))
    assert status == 403
    assert f"lacks the scope '{scope}'" in detail


@every_closed_route
def test_the_right_scope_is(server: Served, keys: dict[str, str], method: str, path: str, scope: str) -> None:
    assert is_let_in(*ask(server, method, path, bearer(keys[scope])))


@pytest.mark.parametrize("key", ["expired", "revoked"])
@every_closed_route
def test_a_token_of_the_past_is_none(
    server: Served, keys: dict[str, str], key: str, method: str, path: str, scope: str
) -> None:
    del scope
    status, detail = ask(server, method, path, bearer(keys[key]))
    assert status == 401
    assert "not valid" in detail


@every_closed_route
def test_a_page_of_others_gets_nowhere(
    server: Served, keys: dict[str, str], session: str, method: str, path: str, scope: str
) -> None:
    by_token = bearer(keys[scope])
    by_cookie = {"Cookie": f"appliance={session}", "X-CSRF-Token": csrf(session)}
    for shown in (by_token, by_cookie):
        status, detail = ask(server, method, path, shown | {"Origin": FOREIGN})
        assert status == 403
        assert "own page" in detail


@every_route
def test_the_page_of_a_session_gets_in(
    server: Served, session: str, method: str, path: str, scope: str | None
) -> None:
    del scope
    shown = {"Cookie": f"appliance={session}", "X-CSRF-Token": csrf(session)} | own(server)
    assert is_let_in(*ask(server, method, path, shown))


@pytest.mark.parametrize(
    ("method", "path", "scope"), [each for each in CLOSED if each[0] not in {*SAFE, "WS"}]
)
def test_a_session_without_the_pages_proof_changes_nothing(
    server: Served, session: str, method: str, path: str, scope: str
) -> None:
    del scope
    shown = {"Cookie": f"appliance={session}"} | own(server)
    for proof in ({}, {"X-CSRF-Token": csrf("another")}):
        status, detail = ask(server, method, path, shown | proof)
        assert status == 403
        assert "own page" in detail


@pytest.mark.parametrize(("method", "path"), [each[:2] for each in ROUTES if each[2] is None])
def test_what_is_public_asks_for_nothing(server: Served, method: str, path: str) -> None:
    assert is_let_in(*ask(server, method, path, own(server)))


def test_revoked_at_once(server: Served) -> None:
    key = token(server.data, "admin")
    store = Store(server.data / "web")
    with server.client(headers=bearer(key)) as client:
        assert client.get("/api/tokens").status_code == 200
        store.change(lambda state: tokens.revoke(state, tokens.find(state, key, wall()).id))  # type: ignore[union-attr]
        assert client.get("/api/tokens").status_code == 401


def test_tokens_by_the_api_itself(server: Served, keys: dict[str, str]) -> None:
    with server.client(headers=bearer(keys["admin"])) as client:
        made = client.post("/api/tokens", json={"scopes": ["read"], "name": "door", "days": 3})
        assert made.status_code == 201
        assert msgspec.json.decode(made.content, type=Made).scopes == ("read",)
        listed = {each["id"]: each for each in client.get("/api/tokens").json()}
        assert made.json()["token"] not in str(listed)
        assert listed[made.json()["id"]]["scopes"] == ["read"]
        assert client.delete(f"/api/tokens/{made.json()['id']}").status_code == 204
        assert client.delete(f"/api/tokens/{made.json()['id']}").status_code == 409
        assert client.post("/api/tokens", json={"scopes": ["everything"]}).status_code == 400


def test_a_websocket_by_cookie_comes_from_our_page(server: Served, session: str) -> None:
    path = next(path for method, path, _ in CLOSED if method == "WS")
    assert ask(server, "WS", path, {"Cookie": f"appliance={session}"})[0] == 403


def test_a_route_that_says_nothing_stops_the_start() -> None:
    @get("/open")
    async def forgotten() -> None: ...

    @get("/odd", opt={"scope": "evreything"})
    async def mistyped() -> None: ...

    @get("/fine", opt={"scope": None})
    async def public() -> None: ...

    check_routes(Litestar([public], openapi_config=None))
    with pytest.raises(ControlError, match="/odd, /open"):
        check_routes(Litestar([forgotten, mistyped, public], openapi_config=None))


async def test_without_the_gate_nobody_gets_in() -> None:
    @get("/closed", opt={"scope": "read"})
    async def closed() -> str:
        return "secret"

    @get("/forgotten")
    async def forgotten() -> str:
        return "secret"

    app: Any = Litestar([closed, forgotten], guards=[guard], openapi_config=None, logging_config=None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        assert (await client.get("/closed")).status_code == 401
        assert (await client.get("/forgotten")).status_code == 401


def test_the_document_tells_of_tokens(server: Served) -> None:
    with server.client() as client:
        document = client.get("/schema/openapi.json").json()
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert document["security"] == [{"token": []}, {"session": []}]


def test_data_is_left_alone(tmp_path: Path) -> None:
    make(Context(Settings(Web(), "en", "1.2.3", str(tmp_path))))
    assert list(tmp_path.iterdir()) == []
