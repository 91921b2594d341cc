"""The page as its own process, by real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from urllib.parse import urlencode

import pytest

from appliance.firstboot.exchange import Attempt, Show, Verdict
from appliance.firstboot.nmcli import Seen
from appliance.firstboot.page_process import PageProcess, listen

NETWORKS = (Seen("Home <b>", 80, True), Seen("Café", 30, False))
PROBES = [
    ("connectivitycheck.gstatic.com", "/generate_204"),
    ("clients3.google.com", "/generate_204"),
    ("captive.apple.com", "/hotspot-detect.html"),
    ("www.apple.com", "/library/test/success.html"),
    ("www.msftconnecttest.com", "/connecttest.txt"),
    ("www.msftconnecttest.com", "/redirect"),
    ("www.msftncsi.com", "/ncsi.txt"),
    ("detectportal.firefox.com", "/canonical.html"),
    ("detectportal.firefox.com", "/success.txt?ipv4"),
    ("nmcheck.gnome.org", "/check_network_status.txt"),
    ("fedoraproject.org", "/static/hotspot.txt"),
]


class Page:
    """A running page; `answers` says what becomes of each attempt."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.visits = 0
        self.gone = asyncio.Event()
        self.verdict = Verdict(True)
        sock = listen("127.0.0.1", 0)
        self.port = sock.getsockname()[1]
        self.authority = f"127.0.0.1:{self.port}"
        self._sock = sock
        self.process = PageProcess(self._attempt, self._visit, self.gone.set, user="")

    async def start(self, trouble: str = "", language: str = "en") -> None:
        show = Show("appliance-k3m7", language, self.authority, NETWORKS, trouble)
        await self.process.start(show, self._sock)

    async def _attempt(self, attempt: Attempt) -> Verdict:
        self.attempts.append(attempt)
        return self.verdict

    def _visit(self) -> None:
        self.visits += 1

    async def send(self, request: bytes) -> bytes:
        async with asyncio.timeout(15):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                writer.write(request)
                return await reader.read()
            finally:
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()

    async def get(self, path: str = "/", host: str = "") -> str:
        return (
            await self.send(f"GET {path} HTTP/1.1\r\nHost: {host or self.authority}\r\n\r\n".encode())
        ).decode()

    async def token(self) -> str:
        match = re.search(r'name="token" value="([^"]+)"', await self.get())
        assert match
        return match[1]

    async def post(
        self, fields: dict[str, str], *, path: str = "/join", extra: str = "", host: str = ""
    ) -> str:
        body = urlencode(fields).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {host or self.authority}\r\nContent-Length: {len(body)}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\n{extra}\r\n"
        )
        return (await self.send(head.encode() + body)).decode()


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    found = Page()
    await found.start()
    yield found
    await found.process.stop()


async def fields(page: Page, **changes: str) -> dict[str, str]:
    given = {"token": await page.token(), "ssid": "Café", "other": "", "password": "", "code": "12345678"}
    return given | changes


async def test_the_page_lists_networks_and_escapes_them(page: Page) -> None:
    shown = await page.get()
    assert shown.startswith("HTTP/1.1 200 OK")
    assert "Home &lt;b&gt;" in shown
    assert "<b>" not in shown
    assert "Café (open)" in shown
    assert page.visits == 1


@pytest.mark.parametrize(("host", "path"), PROBES)
async def test_every_probe_for_the_internet_is_sent_to_the_page(page: Page, host: str, path: str) -> None:
    answer = await page.get(path, host)
    assert answer.startswith("HTTP/1.1 302 ")
    assert f"\r\nLocation: http://{page.authority}/\r\n" in answer
    assert page.visits == 0


async def test_a_choice_reaches_the_keeper(page: Page) -> None:
    answer = await page.post(await fields(page, ssid="Home <b>", password="correct horse & ümlaut?"[:14]))
    assert answer.startswith("HTTP/1.1 200 ")
    assert "appliance-k3m7.local" in answer
    assert page.attempts == [Attempt("Home <b>", "correct horse ", "12345678")]


async def test_a_typed_name_wins_over_the_list(page: Page) -> None:
    await page.post(await fields(page, other=" Hidden "))
    assert page.attempts[0].ssid == "Hidden"


async def test_a_wrong_code_is_told_and_the_choice_stays(page: Page) -> None:
    page.verdict = Verdict(False, "that is <not> the claim code")
    answer = await page.post(await fields(page))
    assert answer.startswith("HTTP/1.1 403 ")
    assert "that is &lt;not&gt; the claim code" in answer
    assert '<option value="Café" selected>' in answer


async def test_too_many_wrong_codes_have_to_wait(page: Page) -> None:
    page.verdict = Verdict(False, "too many wrong codes", 19.2)
    answer = await page.post(await fields(page))
    assert answer.startswith("HTTP/1.1 429 ")
    assert "\r\nRetry-After: 20\r\n" in answer


async def test_an_impossible_choice_does_not_reach_the_keeper(page: Page) -> None:
    for changes in ({"password": "short"}, {"ssid": ""}, {"other": "x" * 33}):
        assert (await page.post(await fields(page, **changes))).startswith("HTTP/1.1 422 ")
    assert page.attempts == []


@pytest.mark.parametrize("extra", ["Origin: http://evil.example\r\n", "Origin: null\r\n"])
async def test_a_form_of_another_site_is_refused(page: Page, extra: str) -> None:
    assert (await page.post(await fields(page), extra=extra)).startswith("HTTP/1.1 403 ")
    assert page.attempts == []


async def test_a_form_without_our_token_is_refused(page: Page) -> None:
    for token in ("", "x", "ü"):
        answer = await page.post(await fields(page, token=token))
        assert answer.startswith("HTTP/1.1 403 ")
    assert page.attempts == []


async def test_a_form_sent_to_another_name_is_refused(page: Page) -> None:
    answer = await page.post(await fields(page), host="evil.example")
    assert answer.startswith("HTTP/1.1 302 ")
    assert page.attempts == []


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 3_000 + b"\r\n", b"431"),
        (b"POST /join HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n", b"413"),
        (b"POST /join HTTP/1.1\r\nHost: x\r\n\r\n", b"411"),
        (b"POST /join HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"501"),
    ],
)
async def test_nonsense_is_refused_and_the_page_lives_on(page: Page, request_: bytes, status: bytes) -> None:
    assert (await page.send(request_)).startswith(b"HTTP/1.1 " + status)
    assert (await page.get()).startswith("HTTP/1.1 200 ")


async def test_an_unknown_way_is_led_to_the_page_and_other_methods_are_refused(page: Page) -> None:
    assert (await page.get("/admin")).startswith("HTTP/1.1 302 ")
    request = f"DELETE / HTTP/1.1\r\nHost: {page.authority}\r\n\r\n".encode()
    assert (await page.send(request)).startswith(b"HTTP/1.1 405 ")


async def test_a_guest_who_asks_too_much_is_slowed_down(page: Page) -> None:
    answers = [await page.get("/x") for _ in range(60)]
    assert any(answer.startswith("HTTP/1.1 429 ") for answer in answers)


async def test_many_who_say_nothing_do_not_stop_it(page: Page) -> None:
    silent = [await asyncio.open_connection("127.0.0.1", page.port) for _ in range(20)]
    assert (await page.get()).startswith("HTTP/1.1 200 ")
    for _, writer in silent:
        writer.close()


async def test_the_reason_of_the_last_failure_is_shown_in_german() -> None:
    page = Page()
    await page.start("Das Passwort ist wohl falsch.", "de")
    try:
        shown = await page.get()
        assert "Das Passwort ist wohl falsch." in shown
        assert '<html lang="de">' in shown
    finally:
        await page.process.stop()


async def test_a_page_that_is_killed_is_noticed(page: Page) -> None:
    assert page.process._process is not None
    page.process._process.kill()
    async with asyncio.timeout(10):
        await page.gone.wait()


async def test_stopping_ends_the_process_and_frees_the_port(page: Page) -> None:
    await page.get()
    await page.process.stop()
    listen("127.0.0.1", page.port).close()
    assert not page.gone.is_set()
