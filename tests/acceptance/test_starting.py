"""A second appliance, really started: well, not in time, and not at all."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import pytest

from appliance.acceptance import starting
from appliance.config.model import Config, Paths
from appliance.errors import ApplianceError
from tests.appliances import alive, descendants


@pytest.fixture(autouse=True)
def _nothing_stays():
    before = descendants(os.getpid())
    yield
    assert alive(descendants(os.getpid()) - before) == []
    assert list(Path(tempfile.gettempdir()).glob("appliance-acceptance-*")) == []


def config(tmp_path: Path) -> tuple[Config, Path]:
    file = tmp_path / "appliance.toml"
    file.write_text('[wake]\nengine = "microwakeword"\n[mqtt]\nhost = "broker.invalid"\n')
    return Config(paths=Paths(data=str(tmp_path / "data"))), file


async def test_it_becomes_well_without_the_broker_of_the_first(tmp_path: Path) -> None:
    found = await starting.cold_start(*config(tmp_path), 60.0)
    assert found.trouble == ""
    assert found.listening is not None
    assert found.healthy is not None
    assert 0 < found.listening <= found.healthy
    assert not (tmp_path / "data").exists(), "the data of the first are not touched"


async def test_not_in_time(tmp_path: Path) -> None:
    found = await starting.cold_start(*config(tmp_path), 0.1)
    assert (found.listening, found.healthy) == (None, None)
    assert "not well after 0 s" in found.trouble


async def test_one_that_ends_by_itself(tmp_path: Path) -> None:
    settings, file = config(tmp_path)
    file.write_text("nonsense = true\n")
    with pytest.raises(ApplianceError, match="a second appliance ended with 1"):
        await starting.cold_start(settings, file, 60.0)


async def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys; from pathlib import Path\n"
        "from appliance.acceptance.starting import cold_start\n"
        "from appliance.config.model import Config, Paths\n"
        "asyncio.run(cold_start(Config(paths=Paths(data=sys.argv[1])), Path(sys.argv[2]), 60.0))"
    )
    _, file = config(tmp_path)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(tmp_path / "data"), str(file)
    )
    below: set[int] = set()
    async with asyncio.timeout(60):
        while len(below) < 3:  # the second appliance has children of its own
            below |= descendants(child.pid)
            await asyncio.sleep(0.02)
        child.kill()
        await child.wait()
        while alive(below):
            await asyncio.sleep(0.05)
    await starting.cold_start(*config(tmp_path), 0.1)  # the next one clears away what a killed one left
