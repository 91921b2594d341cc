from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audio import pcm
from appliance.engines.onset import LEAD_MS, PAUSE_MS, VOICE_MS, Onset

LOUD = b"\x00\x10\x00\xf0" * (pcm.BLOCK_SAMPLES // 2)
QUIET = b"\x08\x00\xf8\xff" * (pcm.BLOCK_SAMPLES // 2)


def fed(onset: Onset, block: bytes, milliseconds: int) -> bytes:
    """The last answer that was not empty."""
    answers = [onset.feed(block) for _ in range(milliseconds // pcm.BLOCK_MS)]
    return b"".join(answers)


def test_silence_is_never_given_out() -> None:
    onset = Onset()
    assert fed(onset, QUIET, 10_000) == b""
    assert not onset.paused
    assert len(onset.release()) <= LEAD_MS * pcm.BYTES_PER_MS


def test_enough_voice_gives_out_all_of_it_with_a_little_silence_before() -> None:
    onset = Onset()
    assert fed(onset, QUIET, 3_008) == b""
    held = fed(onset, LOUD, VOICE_MS + 2 * pcm.BLOCK_MS)
    assert held.count(LOUD[:4]) >= VOICE_MS // pcm.BLOCK_MS
    assert held.startswith(QUIET)
    assert pcm.milliseconds(held) <= LEAD_MS + VOICE_MS + 3 * pcm.BLOCK_MS
    assert onset.feed(LOUD) == LOUD


def test_a_short_word_and_a_pause_are_enough() -> None:
    onset = Onset()
    fed(onset, QUIET, 320)
    assert fed(onset, LOUD, 200) == b""
    assert LOUD in fed(onset, QUIET, PAUSE_MS)


def test_each_pause_is_told_once() -> None:
    onset = Onset()
    fed(onset, QUIET, 320)
    told = []
    for block in [*[LOUD] * 30, *[QUIET] * 20, *[LOUD] * 5, *[QUIET] * 20]:
        onset.feed(block)
        told.append((onset.paused, onset.voice_since_pause))
    assert sum(paused for paused, _ in told) == 2
    assert told[0] == (False, True)
    assert told[-1] == (False, False)


@given(blocks=st.lists(st.sampled_from([LOUD, QUIET, LOUD[:100]]), max_size=60))
def test_nothing_is_lost_from_the_first_voice_on(blocks: list[bytes]) -> None:
    onset = Onset()
    given_out = b"".join(onset.feed(block) for block in blocks) + onset.release()
    assert b"".join(blocks).endswith(given_out)
    if LOUD in blocks[1:] and blocks[0] == QUIET:
        assert len(given_out) >= len(b"".join(blocks[blocks.index(LOUD) :]))


@pytest.mark.parametrize("block", [LOUD, QUIET])
def test_release_gives_what_is_held_and_no_more(block: bytes) -> None:
    onset = Onset()
    onset.feed(block)
    assert onset.release() == block
    assert onset.release() == b""
