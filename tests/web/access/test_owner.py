"""Becoming the owner, signing in and out, the passphrase: at a real server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from appliance.control import ControlServer, socket_path
from appliance.errors import ControlError
from appliance.web.access import sessions
from appliance.web.access.codes import make_code
from appliance.web.access.failures import FREE
from appliance.web.access.store import FILE, Store
from appliance.web.access.visitor import wall
from appliance.web.routes.login import Signed
from tests.web.access.served import PASSPHRASE, Served, served, served_with

OTHER = "another sea full of lanterns"


def console_code(data: Path) -> str:
    return Store(data / "web").change(lambda state: make_code(state, wall()))


def claim(client: httpx.Client, code: str, passphrase: str = PASSPHRASE) -> httpx.Response:
    return client.post("/api/setup/claim", json={"code": code, "passphrase": passphrase})


def login(client: httpx.Client, passphrase: str = PASSPHRASE) -> httpx.Response:
    return client.post("/api/login", json={"passphrase": passphrase})


def proof(client: httpx.Client) -> dict[str, str]:
    return {"X-CSRF-Token": client.get("/api/session").json()["csrf"]}


def test_from_the_console_to_the_page_and_out_again(tmp_path: Path) -> None:
    with served(tmp_path) as server, server.client() as client:
        nobody = msgspec.json.decode(client.get("/api/session").content, type=Signed)
        assert nobody == Signed(signed_in=False, owner=False, csrf="", scopes=(), language="en")
        assert login(client).status_code == 403
        made = claim(client, console_code(tmp_path))
        assert (made.status_code, made.json()["signed_in"]) == (200, True)
        assert client.cookies["appliance-csrf"] == made.json()["csrf"]
        assert client.get("/api/tokens").status_code == 200
        assert client.get("/api/session").json()["owner"] is True
        for each in (client.cookies["appliance"], PASSPHRASE):
            assert each not in (tmp_path / "web" / FILE).read_text()

        assert client.post("/api/logout").status_code == 403
        assert client.post("/api/logout", headers=proof(client)).json()["signed_in"] is False
        assert not client.cookies
        assert client.get("/api/tokens").status_code == 401
        assert login(client).status_code == 200
        assert client.get("/api/tokens").status_code == 200


def test_a_code_works_once_and_an_owner_stays_the_owner(tmp_path: Path) -> None:
    with served(tmp_path) as server, server.client() as client, server.client() as stranger:
        code = console_code(tmp_path)
        assert claim(client, code).status_code == 200
        again = claim(stranger, code, OTHER)
        assert again.status_code == 409
        assert "token claim" in again.json()["hint"]
        assert client.get("/api/tokens").status_code == 200
        # With the console one can always become the owner again; whoever was signed in is not any more.
        assert claim(stranger, console_code(tmp_path), OTHER).status_code == 200
        assert client.get("/api/tokens").status_code == 401
        assert login(client).status_code == 403
        assert login(client, OTHER).status_code == 200


def test_a_weak_passphrase_does_not_use_up_the_code(tmp_path: Path) -> None:
    with served(tmp_path) as server, server.client() as client:
        code = console_code(tmp_path)
        weak = claim(client, code, "password12")
        assert weak.status_code == 422
        assert "words" in weak.json()["hint"]
        assert claim(client, code).status_code == 200


class FirstBoot:
    """The control request of the first boot: one code, once."""

    def __init__(self, data: Path) -> None:
        self.code = "123456"
        handlers = {"claim_verify": self._verify, "status": self._verify}
        self.server = ControlServer(socket_path(data), handlers, lambda _: lambda: None)

    async def _verify(self, request: dict[str, Any]) -> dict[str, Any]:
        if request.get("code") != self.code:
            raise ControlError("that is not the claim code", "it is shown on the screen and spoken")
        self.code = "used up"
        return {"owner": True}


async def test_with_the_code_of_the_first_boot(tmp_path: Path) -> None:
    async with served_with(tmp_path, {}) as server:
        await firstboot_claim(server, tmp_path)


async def firstboot_claim(server: Served, data: Path) -> None:
    boot = FirstBoot(data)
    await boot.server.start()  # in place of the one without a first boot
    try:
        async with httpx.AsyncClient(base_url=server.url(), trust_env=False, timeout=30) as client:
            body = {"code": "654321", "passphrase": PASSPHRASE}
            wrong = await client.post("/api/setup/claim", json=body)
            assert (wrong.status_code, wrong.json()["detail"]) == (403, "that is not the claim code")
            right = await client.post("/api/setup/claim", json=body | {"code": "123456"})
            assert right.status_code == 200
            assert (await client.post("/api/setup/claim", json=body)).status_code == 409
    finally:
        await boot.server.stop()


async def test_without_a_first_boot_the_console_is_named(tmp_path: Path) -> None:
    async with (
        served_with(tmp_path, {}) as server,
        httpx.AsyncClient(base_url=server.url(), trust_env=False, timeout=30) as client,
    ):
        answer = await client.post("/api/setup/claim", json={"code": "1", "passphrase": PASSPHRASE})
    assert answer.status_code == 403
    assert "appliance token claim" in answer.json()["hint"]


def test_wrong_ones_wait_longer_and_longer(tmp_path: Path) -> None:
    with served(tmp_path) as server, server.client() as client, server.client() as signed_in:
        claim(signed_in, console_code(tmp_path))
        seen = [login(client, f"not the passphrase {n}").status_code for n in range(FREE + 2)]
        assert seen == [403] * (FREE + 1) + [429]
        answer = login(client)
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) >= 1
        assert signed_in.get("/api/tokens").status_code == 200


def test_another_passphrase_ends_the_other_sessions(tmp_path: Path) -> None:
    with served(tmp_path) as server, server.client() as client, server.client() as other:
        claim(client, console_code(tmp_path))
        assert login(other).status_code == 200
        body = {"current": "not the passphrase", "passphrase": OTHER}
        assert client.post("/api/passphrase", json=body, headers=proof(client)).status_code == 403
        body["current"] = PASSPHRASE
        assert client.post("/api/passphrase", json=body, headers=proof(client)).status_code == 204
        assert client.get("/api/tokens").status_code == 200
        assert other.get("/api/tokens").status_code == 401
        assert login(other).status_code == 403
        assert login(other, OTHER).status_code == 200


def test_sessions_are_listed_and_ended_from_elsewhere(tmp_path: Path) -> None:
    with (
        served(tmp_path) as server,
        server.client() as client,
        server.client(headers={"User-Agent": "TV"}) as tv,
    ):
        claim(client, console_code(tmp_path))
        login(tv)
        listed = client.get("/api/sessions").json()
        assert {each["agent"] for each in listed if not each["this"]} == {"TV"}
        (there,) = [each["id"] for each in listed if not each["this"]]
        assert client.delete(f"/api/sessions/{there}", headers=proof(client)).status_code == 204
        assert tv.get("/api/sessions").status_code == 401
        assert client.delete(f"/api/sessions/{there}", headers=proof(client)).status_code == 409


def test_twenty_sessions_at_most(tmp_path: Path) -> None:
    with served(tmp_path) as server, server.client() as client:
        claim(client, console_code(tmp_path))
        store = Store(tmp_path / "web")
        for _ in range(25):
            store.change(lambda state: sessions.begin(state, "", wall()))
        login(client)
        assert len(client.get("/api/sessions").json()) == 20


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'{"passphrase": 5}', b'{"passphrase": ""}', b'{"passphrase": "x", "more": 1}',
     b'{"passphrase": "' + b"x" * 500 + b'"}', b'{"passphrase": "\\ud800"}', b"\xff"],
)  # fmt: skip
def test_nonsense_is_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, nonsense: Served, body: bytes
) -> None:
    del tmp_path_factory
    with nonsense.client(headers={"Content-Type": "application/json"}) as client:
        answer = client.post("/api/login", content=body)
    assert answer.status_code in {400, 403, 429}
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Traceback" not in nonsense.log.read_text()


@pytest.fixture(scope="module")
def nonsense(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with served(tmp_path_factory.mktemp("nonsense")) as running:
        yield running
