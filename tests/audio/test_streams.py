"""What the callbacks move, called as PortAudio calls them; itself it is in test_recording, test_speaking."""

from __future__ import annotations

import os
import select
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.audio import pcm
from appliance.audio.playback import Track
from appliance.audio.streams import (
    MAX_INPUT_BLOCKS,
    MAX_OUTPUT_BLOCKS,
    Format,
    Loudspeaker,
    Microphone,
    event_descriptor,
)

OURS = Format(pcm.RATE_HZ, 1)
LATENCY = 0.08


@pytest.fixture(scope="module")
def library() -> Any:
    try:
        import sounddevice
    except OSError as error:
        pytest.skip(f"{error} (apt install libportaudio2)")
    return sounddevice


def nobody() -> None:
    return


def moment(library: Any, current: float = 0.0, heard: float = 0.0) -> Any:
    """PortAudio's own record of times."""
    return library._ffi.new(
        "PaStreamCallbackTimeInfo *", {"currentTime": current, "outputBufferDacTime": heard}
    )


def recorded(library: Any, current: float = 10.0, first: float = 9.968) -> Any:
    """PortAudio's times of an input callback."""
    return library._ffi.new(
        "PaStreamCallbackTimeInfo *", {"currentTime": current, "inputBufferAdcTime": first}
    )


def asked(library: Any, speaker: Loudspeaker, underflow: bool = False, **times: float) -> bytes:
    """What the speaker gives when it is asked for a block."""
    frames = bytearray(b"\xff" * speaker.block_bytes * speaker.format.channels)
    status = library.CallbackFlags()
    status.output_underflow = underflow
    buffer = library._ffi.from_buffer(frames, require_writable=True)
    speaker._callback(
        library._ffi.buffer(buffer), speaker.format.block_frames, moment(library, **times), status
    )
    return bytes(frames)


@given(st.integers(1_000, 192_000), st.integers(1, 8))
def test_a_block_of_any_card_is_as_long_as_ours(rate_hz: int, channels: int):
    frames = Format(rate_hz, channels).block_frames
    assert abs(frames / rate_hz * 1_000 - pcm.BLOCK_MS) < 1_000 / rate_hz
    assert OURS.block_frames == pcm.BLOCK_SAMPLES


def test_blocks_are_counted_from_the_opening_lost_ones_included(library: Any):
    woken: list[int] = []
    microphone = Microphone(library, 0, OURS, lambda: woken.append(1))
    for number in range(MAX_INPUT_BLOCKS + 3):
        microphone._callback(
            bytes([number]) * pcm.BLOCK_BYTES, pcm.BLOCK_SAMPLES, recorded(library), library.CallbackFlags()
        )
    taken = [block for _ in range(MAX_INPUT_BLOCKS) if (block := microphone.take()) is not None]
    assert [block.first_frame for block in taken] == [n * pcm.BLOCK_SAMPLES for n in range(MAX_INPUT_BLOCKS)]
    assert [block.frames[0] for block in taken] == list(range(MAX_INPUT_BLOCKS)), "the newest are lost"
    assert microphone.take() is None
    assert (microphone.take_lost(), microphone.take_lost()) == (3, 0)
    microphone._callback(
        bytes(pcm.BLOCK_BYTES), pcm.BLOCK_SAMPLES, recorded(library), library.CallbackFlags()
    )
    assert microphone.take().first_frame == (MAX_INPUT_BLOCKS + 3) * pcm.BLOCK_SAMPLES
    assert len(woken) == MAX_INPUT_BLOCKS + 4


def test_what_the_card_itself_lost_is_counted(library: Any):
    microphone = Microphone(library, 0, OURS, nobody)
    overflow = library.CallbackFlags()
    overflow.input_overflow = True
    microphone._callback(bytes(pcm.BLOCK_BYTES), pcm.BLOCK_SAMPLES, recorded(library), overflow)
    assert microphone.take() is not None
    assert microphone.take_lost() == 1


def test_a_block_is_a_copy_of_what_the_card_overwrites(library: Any):
    microphone = Microphone(library, 0, OURS, nobody)
    frames = bytearray(b"a" * pcm.BLOCK_BYTES)
    microphone._callback(memoryview(frames), pcm.BLOCK_SAMPLES, recorded(library), library.CallbackFlags())
    frames[:] = b"b" * pcm.BLOCK_BYTES
    assert microphone.take().frames == b"a" * pcm.BLOCK_BYTES


def test_what_was_put_is_played_once_in_order_and_then_silence(library: Any):
    speaker = Loudspeaker(library, 0, Format(48_000, 2), LATENCY, nobody)
    track = Track(3)
    blocks = [bytes([number]) * speaker.block_bytes for number in (1, 2)]
    for block in blocks:
        speaker.put(track, block, block * 2)
    assert [asked(library, speaker) for _ in range(3)] == [
        blocks[0] * 2,
        blocks[1] * 2,
        bytes(speaker.block_bytes * 2),
    ]
    assert not speaker.idle(), "what was handed over was not taken note of yet"
    handed = [speaker.take_handed() for _ in range(3)]
    assert [each and (each.track, each.mono) for each in handed] == [
        (track, blocks[0]),
        (track, blocks[1]),
        None,
    ]
    assert speaker.idle()
    assert speaker.take_starved() == 0


def test_a_short_last_block_ends_in_silence_and_its_own_time(library: Any):
    speaker = Loudspeaker(library, 0, OURS, LATENCY, nobody)
    speaker.put(Track(1), b"ab" * 160, b"ab" * 160)
    assert asked(library, speaker, heard=0.5) == (b"ab" * 160).ljust(pcm.BLOCK_BYTES, b"\0")
    handed = speaker.take_handed()
    assert handed.heard_at - handed.at == pytest.approx(0.5 + 160 / pcm.RATE_HZ)


@pytest.mark.parametrize("heard", [-0.1, 2.1, float("nan"), float("inf")])
def test_a_latency_that_cannot_be_is_replaced(library: Any, heard: float):
    speaker = Loudspeaker(library, 0, OURS, LATENCY, nobody)
    speaker.put(Track(1), bytes(pcm.BLOCK_BYTES), bytes(pcm.BLOCK_BYTES))
    asked(library, speaker, heard=heard)
    handed = speaker.take_handed()
    assert handed.heard_at - handed.at == pytest.approx(LATENCY + pcm.BLOCK_MS / 1_000)


def test_silence_counts_only_in_the_middle_of_speech(library: Any):
    speaker = Loudspeaker(library, 0, OURS, LATENCY, nobody)
    asked(library, speaker, underflow=True)
    assert speaker.take_starved() == 0
    speaker.expecting = True
    asked(library, speaker)
    assert speaker.take_starved() == 1
    speaker.put(Track(1), bytes(2), bytes(2))
    asked(library, speaker, underflow=True)
    assert (speaker.take_starved(), speaker.take_starved()) == (1, 0)


def test_what_lies_ready_is_bounded_by_who_puts_and_dropped_on_closing(library: Any):
    speaker = Loudspeaker(library, 0, OURS, LATENCY, nobody)
    for _ in range(MAX_OUTPUT_BLOCKS):
        assert not speaker.full()
        speaker.put(Track(1), bytes(2), bytes(2))
    assert speaker.full()
    speaker.close()
    speaker.close()
    assert not speaker.full()
    assert speaker.idle()


def test_what_nobody_takes_note_of_does_not_pile_up(library: Any):
    speaker = Loudspeaker(library, 0, OURS, LATENCY, nobody)
    for _ in range(10 * MAX_OUTPUT_BLOCKS):
        speaker.put(Track(1), bytes(2), bytes(2))
        asked(library, speaker)
    assert (
        sum(speaker.take_handed() is not None for _ in range(10 * MAX_OUTPUT_BLOCKS)) == 4 * MAX_OUTPUT_BLOCKS
    )


def test_the_end_of_a_stream_is_told(library: Any):
    woken: list[int] = []
    for stream in (
        Microphone(library, 0, OURS, lambda: woken.append(1)),
        Loudspeaker(library, 0, OURS, LATENCY, lambda: woken.append(2)),
    ):
        assert not stream.ended
        stream._finished()
        assert stream.ended
        stream.close()
    assert woken == [1, 2]


def test_a_wake_from_another_thread_makes_the_descriptor_readable_once():
    number, wake = event_descriptor()
    try:
        assert not select.select([number], [], [], 0)[0]
        threads = [threading.Thread(target=wake) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert select.select([number], [], [], 10)[0]
        assert os.eventfd_read(number) == 4
        assert not select.select([number], [], [], 0)[0]
        assert not os.get_inheritable(number)
    finally:
        os.close(number)
