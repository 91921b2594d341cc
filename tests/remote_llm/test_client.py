"""The client against a real server: friendly, slow, broken and hostile."""

from __future__ import annotations

import asyncio
import datetime as dt
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.config.model import Llm
from appliance.conversation.waiting import MAX_WAITING
from appliance.home.certificates import CA, CERTIFICATE, KEY, ensure
from appliance.remote_llm import options
from appliance.remote_llm.client import RemoteLlm
from appliance.supervision.states import State
from appliance.wire import messages
from appliance.wire.messages import Cancel, Generate, Generated, Token
from tests.remote_llm.serving import Handler, Server, ollama, serving


class Talk:
    """A client and everything it delivered."""

    def __init__(self, url: str, engine: str = "openai", **more: Any) -> None:
        chosen: dict[str, Any] = {"url": url, "retry_seconds": 0.05, "quiet_seconds": 5.0, **more}
        self.heard: list[messages.Message] = []
        self.states: list[State] = []
        self.client = RemoteLlm(
            options.resolve(Llm(engine=engine, model="small", options=chosen)),
            self.heard.append,
            self._changed,
        )

    def _changed(self) -> None:
        self.states.append(self.client.state)

    async def until(self, true: Callable[[], object], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.005)

    async def start(self, state: State = State.READY) -> None:
        await self.client.start()
        await self.until(lambda: self.client.state is state)

    async def ask(self, turn: int = 1, **more: Any) -> tuple[str, Generated]:
        assert self.client.send(Generate(turn, "You are kind.", "hello", **more))
        return await self.ended(turn)

    async def ended(self, turn: int) -> tuple[str, Generated]:
        def end() -> list[Generated]:
            return [each for each in self.heard if isinstance(each, Generated) and each.turn == turn]

        await self.until(end)
        text = "".join(each.text for each in self.heard if isinstance(each, Token) and each.turn == turn)
        (only,) = end()
        return text, only


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as made:
        yield made


@pytest.fixture
async def talk(server: Server) -> AsyncIterator[Talk]:
    made = Talk(f"{server.url}/v1")
    await made.start()
    yield made
    await made.client.stop()


async def test_an_answer_arrives_in_pieces(server: Server, talk: Talk) -> None:
    text, end = await talk.ask(max_tokens=33)
    assert text == "It is warm, 21 °C."
    assert len([each for each in talk.heard if isinstance(each, Token)]) == 3
    assert (end.reason, end.prompt_tokens, end.prefill_tokens, end.tokens) == ("stop", 40, 10, 7)
    assert 0 < end.first_token_ms <= end.ms
    assert server.paths == ["/v1/models", "/v1/chat/completions"]
    assert server.bodies[0]["max_tokens"] == 33
    assert server.keys == [""]


async def test_ollama(server: Server) -> None:
    server.behaviour = ollama
    talk = Talk(server.url, "ollama")
    await talk.start()
    text, end = await talk.ask()
    assert (text, end.reason, end.prompt_tokens, end.tokens) == ("It is warm.", "length", 12, 5)
    assert server.paths == ["/api/tags", "/api/chat"]
    await talk.client.stop()
    assert talk.states == [State.STARTING, State.READY, State.STOPPED]


async def test_the_key_goes_to_the_server_only(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "key"
    file.write_text("sk-secret")
    talk = Talk(server.url, key_file=str(file))
    await talk.start()
    await talk.ask()
    assert server.keys == ["Bearer sk-secret"]
    server.probe_status = 401
    server.behaviour = lambda handler: handler.begin(401, chunked=False)
    assert (await talk.ask(2))[1].reason == "refused"
    assert talk.client.trouble is not None
    assert "does not accept the key" in talk.client.trouble.message
    assert "sk-secret" not in caplog.text + str(talk.client.trouble)
    await talk.client.stop()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    ensure(folder, ("127.0.0.1",), dt.datetime.now(dt.UTC))
    return folder


@pytest.fixture
def encrypted(certificates: Path) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / CERTIFICATE, certificates / KEY)
    with serving(context) as made:
        yield made


async def test_encrypted(encrypted: Server, certificates: Path) -> None:
    talk = Talk(f"{encrypted.url}/v1", tls_ca_file=str(certificates / CA))
    await talk.start()
    assert (await talk.ask())[0] == "It is warm, 21 °C."
    await talk.client.stop()


async def test_a_stranger_with_a_certificate_hears_nothing(encrypted: Server) -> None:
    talk = Talk(f"{encrypted.url}/v1")
    await talk.start(State.WAITING)
    assert talk.client.trouble is not None
    assert "cannot be trusted" in talk.client.trouble.message
    assert "tls_ca_file" in talk.client.trouble.hint
    await talk.client.stop()
    assert encrypted.paths == []


async def test_a_missing_authority_is_told(encrypted: Server, tmp_path: Path) -> None:
    talk = Talk(encrypted.url, tls_ca_file=str(tmp_path / "none.pem"))
    await talk.start(State.WAITING)
    assert talk.client.trouble is not None
    assert "No such file" in talk.client.trouble.message
    await talk.client.stop()


async def test_one_at_a_time_and_a_few_wait(server: Server, talk: Talk) -> None:
    server.behaviour = Handler.hang
    sent = [
        talk.client.send(Generate(turn, "", "hello", deadline_ms=300)) for turn in range(1, MAX_WAITING + 4)
    ]
    assert sent == [True] * (MAX_WAITING + 1) + [False] * 2
    ends = [(await talk.ended(turn))[1].reason for turn in range(1, MAX_WAITING + 2)]
    assert set(ends) == {"deadline"}, "waiting counts"
    assert len(server.bodies) == 1, "what waited in vain was never asked"


async def test_a_cancelled_answer_stops_and_the_next_begins(server: Server, talk: Talk) -> None:
    def endless(handler: Handler) -> None:
        handler.begin()
        while not handler.server.over.is_set():
            handler.say("la ")
            time.sleep(0.005)

    server.behaviour = endless
    talk.client.send(Generate(1, "", "sing", max_tokens=100_000))
    await talk.until(lambda: any(isinstance(each, Token) for each in talk.heard))
    server.behaviour = Handler.hang
    talk.client.send(Generate(2, "", "hello"))
    assert talk.client.send(Cancel(1))
    assert (await talk.ended(1))[1].reason == "cancelled"
    await talk.until(lambda: len(server.bodies) == 2)
    talk.client.send(Cancel(2))
    assert (await talk.ended(2))[1].reason == "cancelled"
    count = len(talk.heard)
    await talk.until(server.hung_up.is_set)
    assert len(talk.heard) == count


async def test_a_cancelled_question_that_waits_is_never_asked(server: Server, talk: Talk) -> None:
    server.behaviour = Handler.hang
    for turn in (1, 2):
        talk.client.send(Generate(turn, "", "hello"))
    talk.client.send(Cancel(2))
    talk.client.send(Cancel(1))
    await talk.ended(1)
    assert next(each for each in talk.heard if isinstance(each, Generated)).turn == 1
    assert len(server.bodies) <= 1


async def test_the_deadline_holds_while_it_speaks(server: Server, talk: Talk) -> None:
    def slow(handler: Handler) -> None:
        handler.begin()
        handler.say("Well")
        handler.hang()

    server.behaviour = slow
    text, end = await talk.ask(deadline_ms=200)
    assert (text, end.reason) == ("Well", "deadline")
    assert talk.client.state is State.READY, "slow is not gone"


def cut(handler: Handler) -> None:
    handler.begin()
    handler.say("It is")
    handler.close_connection = True


def too_many_pieces(handler: Handler) -> None:
    handler.begin()
    for _ in range(1_000):
        handler.say("la ")
    handler.conclude()


@pytest.mark.parametrize(
    ("behaviour", "reason", "text"), [(cut, "length", "It is"), (too_many_pieces, "length", "la " * 20)]
)
async def test_what_was_said_stays_said(
    server: Server, talk: Talk, behaviour: Callable[[Handler], None], reason: str, text: str
) -> None:
    server.behaviour = behaviour
    assert (await talk.ask(max_tokens=20))[0] == text
    assert (await talk.ended(1))[1].reason == reason


def raw(data: bytes) -> Callable[[Handler], None]:
    def behave(handler: Handler) -> None:
        handler.close_connection = True
        handler.wfile.write(data)
        handler.wfile.flush()

    return behave


def silent(handler: Handler) -> None:
    handler.hang()


HEAD = b"HTTP/1.1 200 OK\r\n"
HOSTILE = {
    "nothing": raw(b""),
    "not HTTP": raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "no status": raw(b"HTTP/1.1 abc\r\n\r\n"),
    "headers without end": raw(HEAD + b"X: y\r\n" * 5_000),
    "a header of a megabyte": raw(HEAD + b"X: " + b"y" * 1_000_000),
    "a header that is none": raw(HEAD + b"hello\r\n\r\n"),
    "an unknown coding": raw(HEAD + b"Transfer-Encoding: gzip\r\n\r\nxx"),
    "a length that is none": raw(HEAD + b"Content-Length: -5\r\n\r\nxx"),
    "a shorter body": raw(HEAD + b"Content-Length: 500\r\n\r\ndata: "),
    "a chunk that is none": raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "a huge chunk": raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n"),
    "a chunk without end": raw(HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nxxyy\r\n"),
    "an endless line": raw(HEAD + b"\r\n" + b"x" * 300_000),
    "an endless body": raw(HEAD + b"\r\n" + b": y\n" * 1_500_000),
    "no JSON": raw(HEAD + b"\r\ndata: <html>\n\n"),
    "an error": raw(HEAD + b'\r\ndata: {"error":{"message":"out of memory"}}\n\n'),
    "an end without a reason": raw(HEAD + b"\r\n"),
    "elsewhere": raw(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/evil\r\nContent-Length: 0\r\n\r\n"),
    "not found": raw(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    "broken": raw(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_hostile_answer_is_refused_and_the_next_one_works(
    server: Server, talk: Talk, name: str
) -> None:
    friendly = server.behaviour
    server.behaviour = HOSTILE[name]
    text, end = await talk.ask()
    assert (text, end.reason) == ("", "refused")
    assert State.WAITING in talk.states
    server.behaviour = friendly
    await talk.until(lambda: talk.client.state is State.READY)
    assert (await talk.ask(2))[0] == "It is warm, 21 °C."


async def test_a_server_that_falls_silent(server: Server) -> None:
    server.behaviour = silent
    talk = Talk(server.url, quiet_seconds=0.1)
    await talk.start()
    assert (await talk.ask())[1].reason == "refused"
    await talk.client.stop()


async def test_a_server_that_is_away_is_found_when_it_comes() -> None:
    with serving() as first:
        url = first.url
    talk = Talk(url)
    await talk.start(State.WAITING)
    assert talk.client.trouble is not None
    assert "cannot be reached" in talk.client.trouble.message
    assert talk.client.trouble.hint
    assert talk.client.send(Generate(1, "", "hello")) is False
    await talk.client.stop()


async def test_a_server_that_comes_back_is_used(server: Server) -> None:
    server.probe_status = 503
    talk = Talk(server.url)
    await talk.start(State.WAITING)
    server.probe_status = 200
    await talk.until(lambda: talk.client.state is State.READY)
    assert talk.client.trouble is None
    server.probe_status = 404
    assert (await talk.ask())[1].reason == "stop"
    await talk.client.stop()


async def test_stopping_says_nothing_more(server: Server, talk: Talk) -> None:
    server.behaviour = Handler.hang
    talk.client.send(Generate(1, "", "hello"))
    await talk.until(lambda: server.bodies)
    await talk.client.stop()
    assert talk.heard == []
    assert talk.client.send(Generate(2, "", "hello")) is False


async def test_it_takes_nothing_but_questions(talk: Talk) -> None:
    assert talk.client.send(messages.Ping(1)) is False
