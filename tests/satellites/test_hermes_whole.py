"""A sentence spoken into a Hermes satellite is done and answered there: real processes, engines and home."""

from __future__ import annotations

import asyncio

import pytest

from appliance.audio import pcm
from tests.satellites.esp32 import Esp32, esp32
from tests.satellites.test_whole import LIGHT_ON, ROOM_LIGHT_OFF, Setting, setting, spoken

__all__ = ["setting"]
FRAME_BYTES = 2_048


async def stream(satellite: Esp32, speech: bytes) -> None:
    """As a microphone sends it: a frame every 64 ms, and silence afterwards until the session is over."""
    ended = len(satellite.reasons())
    for frame in pcm.blocks(speech + bytes(pcm.RATE_HZ * 2 * 20), FRAME_BYTES):
        satellite.frame(frame)
        await asyncio.sleep(FRAME_BYTES / pcm.BYTES_PER_MS / 1_000)
        if len(satellite.reasons()) > ended:
            return
    pytest.fail("no session ended")


async def test_a_command_spoken_into_a_microcontroller_is_done_and_answered(setting: Setting) -> None:
    async with setting.appliance() as whole, esp32(setting.broker.address(), "kitchen") as kitchen:
        for count, (sentence, state) in enumerate(((LIGHT_ON, "on"), (ROOM_LIGHT_OFF, "off")), 1):
            await stream(kitchen, await spoken(sentence))
            assert await kitchen.ended(count) == "nominal", kitchen.topics()
            entities = {each.id: each.state for each in whole.homes.house().entities}
            assert entities["light.kitchen_light"] == state, kitchen.topics()
        assert len(kitchen.played()) > pcm.RATE_HZ
        assert not any(b"kitchen light" in payload for topic, payload in kitchen.got if "/asr/" in topic)
        assert whole.status()["hermes"]["faults"] == {}
