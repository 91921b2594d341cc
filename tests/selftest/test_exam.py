"""A self test against appliances that are not well, on machines that are too small, in other languages."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from appliance.config.model import Audio, Config, Paths, Wake
from appliance.selftest.exam import Exam
from appliance.selftest.steps import VOICE_STAGES, Step
from tests.controlled import controlled, stage, status

READY = [stage(name) for name in VOICE_STAGES]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    (tmp_path / "data").mkdir()
    return Config(
        paths=Paths(data=str(tmp_path / "data"), models=str(tmp_path / "none")),
        audio=Audio(device="none"),
        wake=Wake(engine="microwakeword", words=("okay_nabu",)),
    )


async def examine(config: Config, seconds: float, **stated: object) -> dict[str, Step]:
    """Rows by name; `stated` is what the running appliance says of itself."""
    rows: list[Step] = []
    async with controlled(Path(config.paths.data), status=status(**stated)):
        good = await Exam(config, rows.append, seconds).run()
    assert good == all(row.ok for row in rows)
    return {row.what: row for row in rows}


async def test_a_machine_without_room_for_two_starts_no_second_one(config: Config) -> None:
    rows = await examine(config, 20, stages=[stage("stt", memory_mb=1e9), *READY])
    assert not rows["memory"].ok
    assert rows["memory"].hint
    assert "private appliance" not in rows
    assert rows["taken down"].ok


async def test_a_stage_gets_its_time_to_become_ready_but_no_more(config: Config) -> None:
    broken = stage("stt", state="failed", last_error="it is broken", memory_mb=1e9, hint="mend it")
    rows = await examine(config, 5, stages=[*(each for each in READY if each["name"] != "stt"), broken])
    assert not rows["running stages"].ok
    assert "it is broken" in rows["running stages"].found
    assert rows["running stages"].hint == "mend it"
    assert rows["running appliance"].ms is not None
    assert rows["running appliance"].ms >= 2_000


async def test_a_language_without_a_sentence_is_tested_as_far_as_it_goes(config: Config) -> None:
    polish = msgspec.structs.replace(config, language="pl")
    rows = await examine(polish, 60, stages=READY)
    assert all(row.ok for row in rows.values()), rows
    assert rows["wake word"].found.startswith("okay_nabu")
    assert "'pl'" in rows["spoken command"].found
    assert "recogniser" not in rows
    assert list(Path(config.paths.data).iterdir()) == [Path(config.paths.data) / "run"]
