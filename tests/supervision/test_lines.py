from __future__ import annotations

import asyncio
import os

from hypothesis import given
from hypothesis import strategies as st

from appliance.supervision import lines
from appliance.supervision.lines import LinePump, Splitter, clean


@given(st.text())
def test_a_clean_line_is_one_short_printable_line(text: str) -> None:
    shown = clean(text)
    assert shown.isprintable()
    assert len(shown) <= lines.MAX_LINE


def test_cleaning_keeps_what_people_read() -> None:
    assert clean("\x1b[31mgrün\x07\n") == "[31mgrün"
    assert clean("x" * 1000).endswith("…")


@given(st.lists(st.binary(max_size=5_000), max_size=20))
def test_pieces_make_the_same_lines_as_the_whole_and_memory_is_bounded(pieces: list[bytes]) -> None:
    splitter = Splitter()
    for piece in pieces:
        for line in splitter.feed(piece):
            assert 0 < len(line) <= lines.MAX_LINE
        assert len(splitter._rest) <= 4 * lines.MAX_LINE
    splitter.end()
    assert splitter.end() == []


def test_lines_end_at_newline_or_return() -> None:
    splitter = Splitter()
    assert splitter.feed(b"one\r\ntwo\nthr") == ["one", "two"]
    assert splitter.feed(b"ee\n\n") == ["three"]
    assert splitter.feed(b"last") == []
    assert splitter.end() == ["last"]


def test_the_pump_reads_to_the_end_and_closes() -> None:
    async def scenario() -> list[str]:
        said, saying = os.pipe()
        heard: list[str] = []
        pump = LinePump(said, heard.append)
        pump.start()
        os.write(saying, b"one\n" + b"x" * 30_000 + b"\ntwo\nunfinished")
        os.close(saying)
        await asyncio.sleep(0)
        pump.close()
        pump.close()
        assert list(pump.last) == heard
        return heard

    heard = asyncio.run(scenario())
    assert heard[0] == "one"
    assert heard[-2:] == ["two", "unfinished"]


def test_above_its_rate_the_writer_waits() -> None:
    async def scenario() -> int:
        said, saying = os.pipe()
        os.set_blocking(saying, False)
        pump = LinePump(said, lambda _: None)
        pump.start()
        written = 0
        for _ in range(2_000):
            try:
                written += os.write(saying, b"noise " * 100 + b"\n")
            except BlockingIOError:
                break
            await asyncio.sleep(0)
        os.close(saying)
        pump.close()
        return written

    # A full pipe plus what a second may carry, with one read to spare in each window that the test touched.
    assert asyncio.run(scenario()) < lines.PIPE_BYTES + 3 * (lines.BYTES_PER_SECOND + lines.READ_BYTES)
