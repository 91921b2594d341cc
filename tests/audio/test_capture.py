"""The microphone's clock and blocks."""

from __future__ import annotations

import os

from hypothesis import given
from hypothesis import strategies as st

from appliance.audio import pcm
from appliance.audio.capture import MAX_EXTRAPOLATION_NS, MILLISECOND_NS, SECOND_NS, AudioClock, Blocker


def test_samples_are_the_clock_while_the_microphone_runs():
    clock = AudioClock()
    assert clock.at_ms(7 * SECOND_NS) == 0
    clock.start(7 * SECOND_NS)
    assert clock.block(0, 512, 7 * SECOND_NS + 40 * MILLISECOND_NS) == 0
    assert clock.block(512, 512, 7 * SECOND_NS + 90 * MILLISECOND_NS) == 32
    assert clock.at_ms(7 * SECOND_NS + 100 * MILLISECOND_NS) == 74
    assert clock.at_ms(99 * SECOND_NS) == 64 + MAX_EXTRAPOLATION_NS // MILLISECOND_NS


def test_real_time_is_the_clock_while_it_is_closed():
    clock = AudioClock()
    clock.start(0)
    clock.block(0, 16_000, SECOND_NS)
    clock.stop(SECOND_NS)
    assert clock.at_ms(4 * SECOND_NS) == 4_000
    clock.start(4 * SECOND_NS)
    assert clock.block(0, 512, 4 * SECOND_NS) == 4_000


@given(st.lists(st.tuples(st.sampled_from(["start", "stop", "block"]), st.integers(0, 10**9)), max_size=40))
def test_it_never_goes_back_further_than_it_ran_ahead(steps: list[tuple[str, int]]):
    clock, now, sample, last, running = AudioClock(), 0, 0, 0, False
    for step, pause in steps:
        now += pause
        if step == "start":
            clock.start(now)
            sample, running = 0, True
        elif step == "stop":
            clock.stop(now)
            running = False
        elif running:
            at_ms = clock.block(sample, 512, now)
            sample += 512
            assert at_ms >= 0
        assert clock.at_ms(now) >= last - MAX_EXTRAPOLATION_NS // MILLISECOND_NS
        last = clock.at_ms(now)


@given(st.lists(st.integers(1, 3_000), max_size=20))
def test_pieces_of_any_size_become_blocks(sizes: list[int]):
    whole = os.urandom(2 * sum(sizes))
    blocker, sample, blocks = Blocker(), 0, []
    for size in sizes:
        blocks += blocker.feed(sample, whole[2 * sample : 2 * (sample + size)])
        sample += size
    assert [start for start, _ in blocks] == [n * pcm.BLOCK_SAMPLES for n in range(len(blocks))]
    assert b"".join(block for _, block in blocks) == whole[: len(blocks) * pcm.BLOCK_BYTES]
    assert len(whole) - len(blocks) * pcm.BLOCK_BYTES < pcm.BLOCK_BYTES


def test_a_gap_drops_the_unfinished_block():
    blocker = Blocker()
    assert blocker.feed(0, bytes(1_000)) == []
    assert blocker.feed(9_000, b"x" * pcm.BLOCK_BYTES) == [(9_000, b"x" * pcm.BLOCK_BYTES)]
