"""The port itself: TLS and plain HTTP on one, many at once, strangers, and who never finishes a sentence."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from websockets.asyncio.client import connect

from appliance.errors import ControlError
from appliance.web.access import doors, tls
from appliance.web.access.patience import PatientProtocol
from appliance.web.serving import Server, configuration
from tests.web.access.keys import bearer, token
from tests.web.access.served import NAMES, SECONDS, Served, free_port, home_address, served, served_with
from tests.web.access.test_tls import made

HOME = home_address()
needs_home = pytest.mark.skipif(HOME is None, reason="this machine has no address in a private network")
HEAD = b"GET /api/session HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def lan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    names = (*NAMES, *([HOME.strip("[]")] if HOME else []))
    with served(tmp_path_factory.mktemp("lan"), names, listen="lan") as running:
        yield running


def trusting(server: Served) -> ssl.SSLContext:
    """As a browser that knows the appliance's authority."""
    return ssl.create_default_context(cafile=str(server.data / "web" / "tls" / "ca.pem"))


def test_tls_with_our_own_authority(lan: Served) -> None:
    with lan.client("https", "localhost", verify=trusting(lan)) as client:
        answer = client.get("/api/session")
        assert answer.status_code == 200
        assert answer.http_version == "HTTP/1.1"
        for _ in range(5):
            assert client.get("/api/session").status_code == 200
    with (
        pytest.raises(httpx.ConnectError, match=r"(?i)certificate"),
        lan.client("https", verify=True) as stranger,
    ):
        stranger.get("/api/session")


def test_plain_http_for_this_machine_on_the_same_port(lan: Served) -> None:
    with lan.client() as client:
        assert client.get("/api/session").status_code == 200


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
def test_ipv6_too(lan: Served) -> None:
    for scheme in ("http", "https"):
        with lan.client(scheme, "[::1]") as client:
            assert client.get("/api/session").status_code == 200


@needs_home
def test_from_the_network_only_encrypted(lan: Served) -> None:
    assert HOME is not None
    with lan.client("http", HOME) as client:
        answer = client.get("/api/session?a=b")
        assert answer.status_code == 308
        assert answer.headers["location"] == lan.url("/api/session?a=b", "https", HOME)
    with lan.client("https", HOME, verify=trusting(lan)) as client:
        assert client.get("/api/session").status_code == 200


@needs_home
def test_loopback_is_not_the_network(tmp_path: Path) -> None:
    assert HOME is not None
    with (
        served(tmp_path, listen="loopback") as server,
        server.client("http", HOME) as client,
        pytest.raises(httpx.TransportError),
    ):
        client.get("/healthz")


async def test_a_websocket_by_tls_on_the_same_port(tmp_path: Path) -> None:
    async with served_with(tmp_path, {"listen": "lan"}) as server:
        headers = bearer(token(tmp_path, "read"))
        context = trusting(server)
        url = server.url("/api/notes", "wss", "localhost")
        async with connect(url, ssl=context, additional_headers=headers, proxy=None):
            pass


async def test_a_hundred_at_once(lan: Served) -> None:
    async def one(client: httpx.AsyncClient, number: int) -> int:
        return (await client.get("/api/session", headers={"X-Number": str(number)})).status_code

    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    for scheme in ("http", "https"):
        made = httpx.AsyncClient(
            base_url=lan.url(scheme=scheme), verify=False, limits=limits, timeout=SECONDS, trust_env=False
        )
        async with made as client:
            seen = await asyncio.gather(*(one(client, number) for number in range(100)))
        assert seen == [200] * 100


def test_one_address_cannot_take_all_places(tmp_path: Path) -> None:
    with served(tmp_path) as server, contextlib.ExitStack() as stack:
        held = [stack.enter_context(server.connect()) for _ in range(doors.MAX_PER_ADDRESS + 40)]
        for each in held:
            with contextlib.suppress(OSError):
                each.sendall(HEAD + b"\r\n")
        answered = sum(answer(each).startswith(b"HTTP/1.1 200") for each in held)
        assert 100 <= answered <= doors.MAX_PER_ADDRESS
        stack.close()
        with server.client() as client:
            assert client.get("/api/session").status_code == 200


def answer(sock: socket.socket) -> bytes:
    """What comes first; b"" when they hang up."""
    with contextlib.suppress(ConnectionError):
        return sock.recv(4_096)
    return b""


def until_closed(sock: socket.socket) -> bytes:
    said = b""
    with contextlib.suppress(ConnectionError):
        while more := sock.recv(65_536):
            said += more
    return said


def posted(*headers: bytes, body: bytes = b"") -> bytes:
    return b"\r\n".join([b"POST /api/login HTTP/1.1", b"Host: localhost", *headers, b"", body])


def got(target: bytes, method: bytes = b"GET") -> bytes:
    return method + b" " + target + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


HOSTILE = {
    "nothing of HTTP": b"\x00\x01\x02\x03\r\n\r\n",
    "half a client hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"A" * 600,
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "HTTP/1.0 without host": b"GET / HTTP/1.0\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    "long line": got(b"/" + b"a" * 70_000),
    "long header": HEAD + b"X: " + b"a" * 70_000 + b"\r\n\r\n",
    "many headers": HEAD + b"".join(b"X-%d: y\r\n" % number for number in range(5_000)) + b"\r\n",
    "two lengths": posted(b"Content-Length: 5", b"Content-Length: 6", body=b"hello"),
    "both framings": posted(
        b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + got(b"/api/tokens")
    ),
    "negative length": posted(b"Content-Length: -1"),
    "endless length": posted(b"Content-Length: 99999999999999999999"),
    "bad chunk": posted(b"Transfer-Encoding: chunked", body=b"zz\r\n"),
    "obsolete folding": HEAD + b"Host: a\r\n b\r\n\r\n",
    "newline in target": got(b"/a\nb"),
    "absolute target": got(b"http://evil.example/"),
    "connect": got(b"evil.example:80", b"CONNECT"),
    "trace": got(b"/", b"TRACE"),
    "out of the folder": got(b"/static/../../../../etc/passwd"),
    "out by escapes": got(b"/static/%2e%2e%2f%2e%2e%2f%2e%2e%2f%2e%2e%2fetc/passwd"),
    "zero in the path": got(b"/static/a%00b"),
    "http/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "websocket of version 0": HEAD
    + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 0\r\n\r\n",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_beginnings_are_refused_and_the_next_is_served(lan: Served, what: str) -> None:
    with lan.connect() as sock:
        with contextlib.suppress(ConnectionError):
            sock.sendall(HOSTILE[what])
            sock.shutdown(socket.SHUT_WR)
        said = until_closed(sock)
    assert b"HTTP/1.1 2" not in said
    assert b"root:" not in said
    assert b"Traceback" not in said
    with lan.client() as client:
        assert client.get("/api/session").status_code == 200
    assert "Traceback" not in lan.log.read_text()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.binary(min_size=1, max_size=400), some.sampled_from([b"", HEAD, b"GET ", b"\x16\x03\x01"]))
def test_whatever_comes_the_server_lives(lan: Served, rest: bytes, start: bytes) -> None:
    with lan.connect() as sock:
        with contextlib.suppress(ConnectionError):
            sock.sendall(start + rest)
            sock.shutdown(socket.SHUT_WR)
        until_closed(sock)
    assert lan.process.poll() is None
    assert "Traceback" not in lan.log.read_text()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Doors with little patience."""
    monkeypatch.setattr(PatientProtocol, "ask_seconds", 0.3)
    monkeypatch.setattr(doors, "FIRST_BYTE_SECONDS", 0.3)
    monkeypatch.setattr(doors, "HANDSHAKE_SECONDS", 0.3)


async def fine(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"fine"})


BEGUN = {
    "nothing": b"",
    "a letter": b"G",
    "half the headers": HEAD,
    "a byte of TLS": b"\x16",
    "half a second request": HEAD + b"\r\n" + b"GET / HT",
    "a body that nobody wants": posted(b"Content-Length: 9", body=b"x"),
}


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("what", BEGUN)
async def test_who_does_not_finish_a_sentence_is_sent_away(tmp_path: Path, what: str) -> None:
    identity = tls.Identity(*(Path(each) for each in made(tmp_path / "own")))
    port = free_port()
    server = Server(configuration(fine), doors.bind("loopback", port), "loopback", identity)
    task = asyncio.create_task(server.serve())
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(BEGUN[what])
        async with asyncio.timeout(SECONDS):
            with contextlib.suppress(ConnectionError):
                while await reader.read(4_096):
                    pass
            while server.inside():
                await asyncio.sleep(0.01)
    finally:
        writer.close()
        server.should_exit = True
        await task


async def endless(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await fine(scope, receive, send)
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while (await asyncio.sleep(0)) is None:
        await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
        if not scope["state"]["here"]():
            return


async def test_who_takes_nothing_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doors, "UNREAD_MS", 300)
    port = free_port()
    server = Server(configuration(endless), doors.bind("loopback", port), "loopback", None)
    task = asyncio.create_task(server.serve())
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as sock:
        while not server.started:
            await asyncio.sleep(0.01)
        server.lifespan.state["here"] = server.inside
        sock.sendall(HEAD + b"\r\n")
        async with asyncio.timeout(SECONDS):
            while not server.inside():
                await asyncio.sleep(0.01)
            while server.inside():
                await asyncio.sleep(0.05)
    server.should_exit = True
    await task


def test_the_port_that_is_taken_is_said() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        with pytest.raises(ControlError, match=r"\(web\.port\) is taken") as caught:
            doors.bind("loopback", holder.getsockname()[1])
    assert caught.value.hint.startswith("set web.port to a free one")


def test_loopback_binds_nothing_else() -> None:
    bound = doors.bind("loopback", free_port())
    try:
        assert {each.getsockname()[0] for each in bound} <= {"127.0.0.1", "::1"}
    finally:
        for each in bound:
            each.close()


def test_it_ends_soon_when_asked_even_with_people_inside(tmp_path: Path) -> None:
    with served(tmp_path) as server, server.connect() as idle, server.connect() as half:
        idle.sendall(HEAD + b"\r\n")
        assert answer(idle).startswith(b"HTTP/1.1 200")
        half.sendall(HEAD)
        assert server.stop() == 0


def test_descriptors_are_given_back(lan: Served) -> None:
    def count() -> int:
        return len(list(Path(f"/proc/{lan.process.pid}/fd").iterdir()))

    before = count()
    for _ in range(100):
        with lan.connect() as sock:
            sock.sendall(b"\x16nonsense")
            until_closed(sock)
    assert count() <= before + 5


def test_answers_leave_at_once_and_the_dead_are_noticed() -> None:
    with socket.socket() as connection:
        doors.prepare(connection)
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == doors.UNREAD_MS
