"""The local socket: hostile lines, many clients, watchers that sleep or go, and who may connect."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance import control
from appliance.claim import claim
from appliance.control import MAX_CLIENTS, MAX_LINE_BYTES, WATCH_QUEUE, ControlClient, ControlServer
from appliance.errors import ControlError

SECONDS = 10.0


class Serving:
    """A server with a few handlers; `tell` gives every watcher a note."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.watchers: list[Callable[[dict[str, Any]], None]] = []
        self.release = asyncio.Event()
        self.server = ControlServer(
            path, {"echo": self._echo, "refuse": self._refuse, "wait": self._wait}, self._subscribe
        )

    def tell(self, **note: Any) -> None:
        for watcher in tuple(self.watchers):
            watcher(note)

    def _subscribe(self, put: Callable[[dict[str, Any]], None]) -> Callable[[], None]:
        self.watchers.append(put)
        return lambda: self.watchers.remove(put)

    async def _echo(self, request: dict[str, Any]) -> dict[str, Any]:
        return {"said": request.get("text")}

    async def _refuse(self, request: dict[str, Any]) -> dict[str, Any]:
        raise ControlError(f"not {request.get('what')}", "try something else")

    async def _wait(self, request: dict[str, Any]) -> dict[str, Any]:
        del request
        await self.release.wait()
        return {}


@contextlib.asynccontextmanager
async def serving(data: Path) -> AsyncIterator[Serving]:
    with claim(data):
        running = Serving(control.socket_path(data))
        await running.server.start()
        try:
            yield running
        finally:
            await running.server.stop()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Serving]:
    async with serving(tmp_path / "data") as running:
        yield running


async def raw(served: Serving, sent: bytes, *, end: bool = True) -> bytes:
    """Everything that comes back until the server hangs up."""
    reader, writer = await asyncio.open_unix_connection(served.path)
    writer.write(sent)
    if end:
        writer.write_eof()
    async with asyncio.timeout(SECONDS):
        received = await reader.read(-1)
    writer.close()
    return received


async def until(wanted: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not wanted():
            await asyncio.sleep(0.005)


async def test_a_request_and_its_answer(served: Serving) -> None:
    async with ControlClient(served.path) as client:
        assert await client.ask("echo", text="grüß\n dich") == {"said": "grüß\n dich"}
        assert await client.ask("echo", text="again") == {"said": "again"}


async def test_a_refusal_is_an_error_with_its_hint(served: Serving) -> None:
    async with ControlClient(served.path) as client:
        with pytest.raises(ControlError) as refused:
            await client.ask("refuse", what="that")
        assert (refused.value.message, refused.value.hint) == ("not that", "try something else")
        assert await client.ask("echo", text="still there") == {"said": "still there"}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"not json",
        b"\xff\xfe\x00",
        b"[" * 50_000,
        b'{"do": ' * 20_000,
        b"null",
        b"[1, 2]",
        b'"do"',
        b"{}",
        b'{"do": 17}',
        b'{"do": ["echo"]}',
        b'{"do": "\\ud800"}',
        b'{"do": "__class__"}',
        b'{"do": ' + b"1" * 5_000 + b"}",
    ],
    ids=lambda line: repr(line[:12]),
)
async def test_garbage_is_refused_and_the_connection_lives(served: Serving, line: bytes) -> None:
    answer, after = (await raw(served, line + b'\n{"do": "echo", "text": 1}\n')).splitlines()
    refusal = json.loads(answer)
    assert refusal["error"].startswith("no request")
    assert "echo, refuse, wait, watch" in refusal["hint"]
    assert json.loads(after) == {"said": 1}


@given(st.binary(max_size=300).filter(lambda raw: b"\n" not in raw))
def test_any_bytes_are_a_table_or_an_empty_one(line: bytes) -> None:
    assert isinstance(control._parse(line), dict)


async def test_a_refusal_repeats_only_a_little_of_what_was_sent(served: Serving) -> None:
    answer = await raw(served, json.dumps({"do": "x" * 400_000}).encode() + b"\n")
    assert b"no request 'xxx" in answer
    assert len(answer) < 500


async def test_a_line_without_end_is_cut_off(served: Serving) -> None:
    answer = await raw(served, b"x" * (MAX_LINE_BYTES + 100), end=False)
    assert str(MAX_LINE_BYTES) in json.loads(answer)["error"]
    assert await raw(served, b'{"do": "echo"}\n') == b'{"said":null}\n'


async def test_a_long_line_below_the_limit_is_taken(served: Serving) -> None:
    async with ControlClient(served.path) as client:
        text = "x" * (MAX_LINE_BYTES - 1_000)
        assert await client.ask("echo", text=text) == {"said": text}


async def test_an_unfinished_line_at_the_end_is_no_request(served: Serving) -> None:
    assert await raw(served, b'{"do": "echo", "text": 1}\n{"do": "echo"') == b'{"said":1}\n'


async def test_a_half_closed_client_still_gets_its_answers(served: Serving) -> None:
    assert (await raw(served, b'{"do": "echo"}\n' * 50)).count(b"\n") == 50


async def test_a_client_that_does_not_wait_for_its_answer_costs_nothing(served: Serving) -> None:
    for _ in range(MAX_CLIENTS * 2):
        _, writer = await asyncio.open_unix_connection(served.path)
        writer.write(b'{"do": "echo", "text": "x"}\n' * 100)
        writer.transport.abort()
    await until(lambda: not served.server._clients)
    async with ControlClient(served.path) as client:
        assert await client.ask("echo", text="here") == {"said": "here"}


async def test_too_many_clients_are_told_so_and_room_comes_back(served: Serving) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(ControlClient(served.path)) for _ in range(MAX_CLIENTS)]
        for client in clients:
            await client.ask("echo", text="in")
        for _ in range(3):
            async with ControlClient(served.path) as late:
                # Asked when the refusal lies there already: it must not be lost with the connection.
                await until(lambda: bool(late._reader._buffer))
                with pytest.raises(ControlError, match="too many clients"):
                    await late.ask("echo", text="me too")
        assert await clients[0].ask("echo", text="still") == {"said": "still"}
    await until(lambda: not served.server._clients)
    async with ControlClient(served.path) as client:
        await client.ask("echo", text="now")


async def test_watchers_get_every_note_in_order(served: Serving) -> None:
    async with ControlClient(served.path) as one, ControlClient(served.path) as other:
        watching = [await one.watch(), await other.watch()]
        for number in range(100):
            served.tell(number=number)
        for notes in watching:
            async with asyncio.timeout(SECONDS):
                assert [(await anext(notes))["number"] for _ in range(100)] == list(range(100))


async def test_watchers_that_go_without_a_note_leave_their_place(served: Serving) -> None:
    for _ in range(MAX_CLIENTS + 2):
        async with ControlClient(served.path) as client:
            await client.watch()
            assert len(served.watchers) >= 1
        await until(lambda: not served.watchers)
    await until(lambda: not served.server._clients)


async def test_what_a_watcher_says_is_dropped(served: Serving) -> None:
    reader, writer = await asyncio.open_unix_connection(served.path)
    writer.write(b'{"do": "watch"}\n' + b"x" * (3 * MAX_LINE_BYTES))
    async with asyncio.timeout(SECONDS):
        assert await reader.readline() == b'{"watching":true}\n'
        await writer.drain()
        served.tell(number=1)
        assert await reader.readline() == b'{"number":1}\n'
    writer.close()


async def test_a_watcher_that_sleeps_misses_notes_and_delays_nobody(served: Serving) -> None:
    total = 4 * WATCH_QUEUE
    async with ControlClient(served.path) as sleeper, ControlClient(served.path) as awake:
        slow, quick = await sleeper.watch(), await awake.watch()
        async with asyncio.timeout(SECONDS):
            for number in range(total):
                served.tell(number=number, padding="x" * 2_000)
                assert (await anext(quick))["number"] == number
        served.tell(number=-1)
        await served.server.stop()
        async with asyncio.timeout(SECONDS):
            seen = [note["number"] async for note in slow]
    assert seen[:10] == list(range(10))
    assert seen == sorted(seen)
    assert len(seen) < total


async def test_stopping_ends_every_conversation(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with serving(data) as served:
        asking, watching = ControlClient(served.path), ControlClient(served.path)
        async with asking, watching:
            notes = await watching.watch()
            question = asyncio.create_task(asking.ask("wait"))
            await until(lambda: len(served.server._clients) == 2)
            await served.server.stop()
            with pytest.raises(ControlError, match="went away"):
                await question
            assert [note async for note in notes] == []
        assert not served.path.exists()


async def test_an_answer_cut_short_is_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"

    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b'{"listening": tr')
        writer.close()

    async with await asyncio.start_unix_server(half, path), ControlClient(path) as client:
        with pytest.raises(ControlError, match="went away"):
            await client.ask("status")


async def test_an_answer_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"x" * 65_536)
                await writer.drain()

    server = await asyncio.start_unix_server(endless, path)
    async with ControlClient(path) as client:
        with pytest.raises(ControlError, match=str(MAX_LINE_BYTES)):
            await client.ask("status")
    server.close()


async def test_a_path_longer_than_an_address(tmp_path: Path) -> None:
    data = tmp_path.joinpath(*["a folder with a long name"] * 8)
    assert len(str(control.socket_path(data))) > 200
    async with serving(data) as served, ControlClient(served.path) as client:
        assert await client.ask("echo", text="deep") == {"said": "deep"}
    assert not served.path.exists()


async def test_a_socket_left_behind_is_replaced(tmp_path: Path) -> None:
    path = control.socket_path(tmp_path / "data")
    path.parent.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    assert path.exists()
    with pytest.raises(ControlError, match="no appliance runs"):
        await ControlClient(path).__aenter__()
    async with serving(tmp_path / "data") as served, ControlClient(served.path) as client:
        assert await client.ask("echo", text="new") == {"said": "new"}


async def test_only_the_owner_may_come_near(served: Serving) -> None:
    assert stat.S_IMODE(served.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(served.path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((served.path.parent / "lock").stat().st_mode) == 0o600


@pytest.mark.parametrize("wide", [0o000, 0o022])
async def test_the_mask_of_the_process_does_not_open_it(tmp_path: Path, wide: int) -> None:
    former = os.umask(wide)
    try:
        async with serving(tmp_path / "data") as served:
            assert stat.S_IMODE(served.path.stat().st_mode) == 0o600
            assert stat.S_IMODE(served.path.parent.stat().st_mode) == 0o700
    finally:
        os.umask(former)


async def test_something_in_the_way_is_a_sentence(tmp_path: Path) -> None:
    path = control.socket_path(tmp_path / "data")
    path.mkdir(parents=True)
    with pytest.raises(ControlError, match=r"control\.sock cannot be made") as refused:
        await ControlServer(path, {}, lambda _: lambda: None).start()
    assert refused.value.hint


def as_somebody_else(*command: str) -> subprocess.CompletedProcess[str]:
    """Without the rights that let root into everything."""
    if os.geteuid() == 0:
        command = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", *command)
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


async def test_another_users_appliance_is_not_taken_for_none(tmp_path: Path) -> None:
    async with serving(tmp_path / "data") as served:
        served.path.chmod(0)
        code = (
            "import asyncio, sys; from pathlib import Path; from appliance.control import ControlClient\n"
            "from appliance.errors import ControlError\n"
            "try: asyncio.run(ControlClient(Path(sys.argv[1])).__aenter__())\n"
            "except ControlError as error: print(error)"
        )
        done = await asyncio.to_thread(as_somebody_else, sys.executable, "-c", code, str(served.path))
    assert "belongs to another user" in done.stdout, done.stderr
