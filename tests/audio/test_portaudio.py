"""Choosing a device and a format; the library itself is tried in test_device."""

from __future__ import annotations

import pytest

from appliance.audio.portaudio import PortAudio
from appliance.audio.streams import Format
from appliance.errors import AudioError


@pytest.fixture
def library() -> PortAudio:
    opened = PortAudio()
    try:
        opened.open()
    except AudioError as error:
        pytest.skip(str(error))
    return opened


def test_our_own_format_is_tried_first_then_the_cards():
    device = {"default_samplerate": 44_100.0, "max_input_channels": 6, "max_output_channels": 2}
    wanted = PortAudio().formats("input", device)
    assert wanted[:4] == [Format(16_000, 1), Format(44_100, 1), Format(44_100, 2), Format(44_100, 6)]
    assert Format(48_000, 1) in wanted
    assert len(wanted) == len(set(wanted))
    assert PortAudio().formats("output", device)[0] == Format(44_100, 1)


@pytest.mark.parametrize("direction", ["input", "output"])
@pytest.mark.parametrize("name", ["no such card [](){}", "9999"])
def test_a_device_that_is_not_there_ends_in_a_sentence_and_a_remedy(
    library: PortAudio, direction: str, name: str
):
    with pytest.raises(AudioError) as raised:
        library.find(direction, name)
    assert name in raised.value.message
    assert "audio." in raised.value.hint
