"""Reading an answer out of bytes, however they are cut; a real server speaks in test_client."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.remote_llm.http import MAX_BODY_BYTES, MAX_LINE_BYTES, Answer
from appliance.remote_llm.protocols import BadAnswer


async def read(data: bytes, sizes: list[int]) -> tuple[int, list[bytes]]:
    reader = asyncio.StreamReader(limit=MAX_LINE_BYTES)
    answer = Answer(reader, 5.0)

    async def lines() -> list[bytes]:
        await answer.head()
        return [line async for line in answer.lines()]

    reading = asyncio.ensure_future(lines())
    for size in sizes:
        reader.feed_data(data[:size])
        data = data[size:]
        await asyncio.sleep(0)
    reader.feed_data(data)
    reader.feed_eof()
    found = await reading
    return answer.status, found


CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3\r\none\r\n6;x=y\r\n\r\ntwo\n\r\n5\r\nthree\r\n0\r\n\r\n"
)


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (CHUNKED, [b"one", b"two", b"three"]),
        (b"HTTP/1.0 200 OK\r\n\r\none\ntwo", [b"one", b"two"]),
        (b"HTTP/1.1 200\r\nContent-Length: 4\r\n\r\none\nrest", [b"one"]),
        (b"HTTP/1.1 200 OK\nContent-Length: 0\n\n", []),
    ],
)
@given(sizes=st.lists(st.integers(1, 12), max_size=15))
def test_the_cut_changes_nothing(data: bytes, lines: list[bytes], sizes: list[int]) -> None:
    assert asyncio.run(read(data, sizes)) == (200, lines)


@given(st.binary(max_size=200), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", CHUNKED[:52], CHUNKED[:-3]]))
@settings(max_examples=80)
def test_any_bytes_are_read_or_refused(data: bytes, before: bytes) -> None:
    try:
        status, _ = asyncio.run(read(before + data, [7]))
    except BadAnswer:
        return
    assert 0 <= status <= 999


async def test_silence_has_an_end() -> None:
    answer = Answer(asyncio.StreamReader(), 0.01)
    with pytest.raises(TimeoutError):
        await answer.head()


async def test_a_body_has_a_largest_size() -> None:
    size = MAX_BODY_BYTES // 4
    with pytest.raises(BadAnswer, match="does not end"):
        await read(b"HTTP/1.1 200 OK\r\n\r\n" + b"abc\n" * (size + 1), [])
    _, lines = await read(b"HTTP/1.1 200 OK\r\n\r\n" + b"abc\n" * size, [])
    assert len(lines) == size
