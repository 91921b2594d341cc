"""Speech is sent as fast as a satellite can hold it, whole and in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.satellites.hub_speech import MAX_QUEUED_SECONDS, Speech
from appliance.satellites.protocol_audio import Chunk, Sequence

RATE = 16_000
SECOND = b"\x01\x02" * RATE


def drain(speech: Speech, now: float) -> list[tuple[float, Chunk]]:
    """Everything, with the time at which it is sent."""
    sent = [(now, chunk) for chunk in speech.due(now)]
    while (wait := speech.wait_seconds(now)) is not None:
        now += wait
        sent += [(now, chunk) for chunk in speech.due(now)]
    return sent


@given(
    st.lists(st.tuples(st.sampled_from([8_000, 22_050]), st.binary(max_size=40_000)), max_size=6),
    st.integers(1_040, 65_536),
    st.floats(0.2, 10),
)
def test_all_of_it_comes_in_order_and_never_too_far_ahead(
    pieces: list[tuple[int, bytes]], max_payload: int, ahead: float
) -> None:
    speech = Speech(7, max_payload, ahead)
    for rate_hz, pcm in pieces:
        speech.put(rate_hz, pcm)
    speech.end()
    sent = drain(speech, 100.0)
    assert b"".join(chunk.pcm for _, chunk in sent) == b"".join(pcm[: len(pcm) // 2 * 2] for _, pcm in pieces)
    assert [chunk.last for _, chunk in sent] == [False] * (len(sent) - 1) + [True]
    assert all(16 + len(chunk.pcm) <= max_payload for _, chunk in sent)
    order, total, rate_hz = Sequence(), 0.0, 0
    for at, chunk in sent:
        assert order.accept(chunk)
        assert chunk.first == (chunk.rate_hz != rate_hz)
        assert total - (at - 100.0) <= ahead + 1e-6, "what was sent before this one"
        rate_hz = chunk.rate_hz
        total += len(chunk.pcm) / (2 * chunk.rate_hz)
    assert order.lost == 0


def test_speech_that_is_empty_still_ends() -> None:
    speech = Speech(7, 4_112, 3.0)
    speech.end()
    assert [(chunk.pcm, chunk.first, chunk.last) for chunk in speech.due(0.0)] == [(b"", True, True)]
    assert speech.due(1.0) == []
    assert speech.owed


def test_a_satellite_that_plays_slowly_is_waited_for() -> None:
    speech = Speech(7, 65_536, 1.0)
    for _ in range(4):
        speech.put(RATE, SECOND)
    assert len(speech.due(0.0)) == 1
    speech.playing(0.0, 1.0)
    assert speech.due(1.0) == [], "by the clock alone it would be time"
    speech.playing(0.5, 1.5)
    assert len(speech.due(1.6)) == 1
    speech.playing(1_000.0, 1.7)
    assert len(speech.due(1.7)) == 1, "it cannot have played what it never got"


def test_endless_speech_is_cut_and_counted() -> None:
    speech = Speech(7, 65_536, 1.0)
    for _ in range(int(MAX_QUEUED_SECONDS) + 10):
        speech.put(RATE, SECOND)
    assert speech.dropped_seconds == pytest.approx(10)
