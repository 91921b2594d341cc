"""As many rooms are searched for the wake word as the processor allows; the others are told why not."""

from __future__ import annotations

import pytest

from appliance.audio import pcm
from appliance.config.model import Config, Satellites
from appliance.dialogue.turn import Phase
from appliance.wire import messages as m
from tests.pipeline.rooms import Flat

SECOND = bytes(pcm.BYTES_PER_MS * 80)


def streams(flat: Flat) -> dict[int, bool]:
    """Which streams the wake stage was told to open or close since the last look."""
    return {
        message.stream: message.open
        for message in flat.stages.take("wake")
        if isinstance(message, m.WakeStream)
    }


@pytest.fixture
async def flat() -> Flat:
    return Flat()


async def test_a_searched_room_is_heard_under_its_own_number(flat: Flat) -> None:
    for name in ("kitchen", "hall"):
        flat.sites[name].search(on=True)
        assert flat.rooms[name].told("searched") == [(True, "")]
    first, second = streams(flat)
    flat.sites["hall"].hear(0, SECOND)
    flat.conductor.message("sound", m.MicAudio(0, SECOND))
    sent = [message for message in flat.stages.take("wake") if isinstance(message, m.Audio)]
    assert [message.stream for message in sent] == [second, 0]
    flat.conductor.message("wake", m.WakeHeard("alexa", 0.9, 10, second))
    assert flat.sites["hall"].phase is Phase.LISTENING
    assert flat.sites["kitchen"].idle
    assert flat.conductor.idle
    assert first != second


async def test_a_room_that_wants_it_no_more_is_let_go(flat: Flat) -> None:
    flat.sites["hall"].search(on=True)
    (stream,) = streams(flat)
    flat.sites["hall"].search(on=False)
    assert streams(flat) == {stream: False}
    flat.sites["hall"].hear(0, SECOND)
    assert flat.stages.take("wake") == []
    flat.conductor.message("wake", m.WakeHeard("alexa", 0.9, 10, stream))
    assert flat.sites["hall"].idle, "a late detection is nobody's"


async def test_beyond_the_limit_a_room_is_told_why_and_let_in_later() -> None:
    flat = Flat(Config(satellites=Satellites(wake_streams=1)))
    flat.sites["kitchen"].search(on=True)
    flat.sites["hall"].search(on=True)
    ((on, reason),) = flat.rooms["hall"].told("searched")  # type: ignore[misc]
    assert not on
    assert "satellites.wake_streams" in reason
    assert flat.conductor.unsearched == {"hall": reason}
    flat.conductor.remove_place("kitchen")
    await flat.until(lambda: (True, "") in flat.rooms["hall"].told("searched"))
    assert flat.conductor.unsearched == {}


async def test_when_it_is_too_much_the_newest_is_given_up(flat: Flat) -> None:
    for name in ("kitchen", "hall"):
        flat.sites[name].search(on=True)
    first, second = streams(flat)
    flat.conductor.message("wake", m.WakeLoad(2, 0.99, 900, 0.3))
    assert second in streams(flat)
    assert flat.rooms["hall"].told("searched")[-1] != (True, "")
    assert flat.rooms["kitchen"].told("searched") == [(True, "")] or first not in streams(flat)


async def test_a_fresh_wake_stage_learns_of_all_rooms(flat: Flat) -> None:
    flat.sites["hall"].search(on=True)
    (old,) = streams(flat)
    flat.conductor.stage_changed("wake", "ready", ready=True)
    sent = streams(flat)
    (new,) = (stream for stream, opened in sent.items() if opened)
    assert new != old
    flat.conductor.message("wake", m.WakeHeard("alexa", 0.9, 10, new))
    assert flat.sites["hall"].phase is Phase.LISTENING
