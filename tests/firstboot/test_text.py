from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.firstboot.errors import Fault
from appliance.firstboot.text import decoded, numbered


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_whatever_notepad_saves_is_read(encoding: str) -> None:
    assert decoded("ssid = Zuhaus ü\r\nx\r\n".encode(encoding)) == "ssid = Zuhaus ü\nx\n"


def test_the_line_that_is_no_text_is_told() -> None:
    with pytest.raises(Fault) as caught:
        decoded(b"one\ntwo\n\xff\xff")
    assert caught.value.line == 3


def test_zero_bytes_are_no_text() -> None:
    with pytest.raises(Fault):
        decoded(b"a\0b")


@given(st.binary(max_size=200))
def test_any_bytes_are_text_or_a_fault(content: bytes) -> None:
    with contextlib.suppress(Fault):
        assert "\r" not in decoded(content)


def test_comments_and_empty_lines_are_counted_but_not_told() -> None:
    assert list(numbered("# a\n\n  b \nc")) == [(3, "b"), (4, "c")]
