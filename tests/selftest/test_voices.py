"""Speech for a self test: cut to what sounds, joined as people say it."""

from __future__ import annotations

import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audio import pcm
from appliance.selftest import voices


def samples(*values: int) -> bytes:
    return array.array("h", values).tobytes()


def test_silence_at_both_ends_is_cut_off() -> None:
    loud = samples(*[3_000, -3_000] * 800)
    cut = voices.trimmed(bytes(20_000) + loud + bytes(20_000))
    assert loud in cut
    assert len(cut) < len(loud) + 4 * 200


@pytest.mark.parametrize("silence", [b"", bytes(2), samples(*[3, -5] * 500)])
def test_nothing_is_left_of_silence(silence: bytes) -> None:
    assert voices.trimmed(silence) == b""


@given(st.lists(st.integers(-32_768, 32_767), max_size=400))
def test_what_is_left_was_there(values: list[int]) -> None:
    speech = samples(*values)
    assert voices.trimmed(speech) in speech


def test_silence_around_a_call_and_after_a_command() -> None:
    call, command = voices.called(b"\1\1" * 16), voices.said(b"\2\2" * 16)
    assert call.index(b"\1") == voices.LEAD_MS * pcm.BYTES_PER_MS
    assert call.endswith(bytes(voices.BETWEEN_MS * pcm.BYTES_PER_MS))
    assert command.startswith(b"\2\2" * 16)
    assert command.endswith(bytes(voices.TAIL_MS * pcm.BYTES_PER_MS))


@pytest.mark.parametrize("language", ["en", "de"])
def test_espeak_says_it(language: str) -> None:
    speech = voices.espeak("hey jarvis", language)
    assert speech is not None
    assert 400 < len(speech) // pcm.BYTES_PER_MS < 3_000


def test_a_language_that_espeak_does_not_know() -> None:
    assert voices.espeak("hey jarvis", "xx") is None
