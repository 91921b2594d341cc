"""Leaving Home Assistant while no appliance runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config.load import load
from appliance.presence import asking, leaving, remembered
from tests.broker import Mosquitto
from tests.home.harness import running, until
from tests.presence.panels import HeldPanel, present
from tests.presence.test_presence import NODE, observing


async def test_a_lost_file_is_made_up_for_by_the_broker(broker: Mosquitto, tmp_path: Path) -> None:
    async with observing(broker) as seen, present(broker.address(), HeldPanel(tmp_path)):
        await until(lambda: seen.state("volume"))
    remembered.path_of(tmp_path).write_bytes(b"\xff nonsense")
    assert remembered.read(remembered.path_of(tmp_path)) == {}
    config = load(None, {"APPLIANCE__PATHS__DATA": str(tmp_path)}, []).config
    async with running(broker.address(), "leaver") as client:
        assert await leaving.leave(client, config, NODE) == 1


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    remembered.write(tmp_path / "gone" / "x.json", {})
    assert "cannot be written" in caplog.text
    assert asking.MAX_WAITING < 100
