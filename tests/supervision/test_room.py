"""What stages need, from the files of their models."""

from __future__ import annotations

from pathlib import Path

import msgspec

from appliance.budget import machine
from appliance.config.model import Config, Mqtt, Web
from appliance.supervision import room
from appliance.wire import messages
from tests.supervision.running import spec

MB = 1024 * 1024


def test_a_language_model_counts_by_its_file(tmp_path: Path) -> None:
    file = tmp_path / "big.gguf"
    with file.open("wb") as opened:
        opened.truncate(500 * MB)
    llm = spec(name="llm", configure=messages.Configure("llamacpp", {}, {"model": str(file)}))
    found = {each.part: each for each in room.plan(Config(profile="p1"), [spec(), llm])}
    assert found["llm"].loaded_mb == 650
    assert {"supervisor", "wake", "llm"} <= set(found)


def test_what_does_not_run_is_not_counted() -> None:
    config = Config(mqtt=Mqtt(host="elsewhere"), web=Web(enabled=False))
    assert {each.part for each in room.plan(config, [spec()])} == {"supervisor", "wake"}
    served = msgspec.structs.replace(
        config, web=msgspec.structs.replace(config.web, enabled=True), mqtt=Mqtt(host="embedded")
    )
    assert {each.part for each in room.plan(served, [spec()])} == {"supervisor", "wake", "broker", "web"}


def test_sizes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(10))
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "b").write_bytes(bytes(5))
    assert room.size(str(tmp_path)) == 15
    assert room.size(str(tmp_path / "a")) == 10
    assert room.size(str(tmp_path / "nothing")) == 0


def test_it_is_judged_by_this_machine() -> None:
    assert room.fit(Config(), [spec()]).machine_mb == machine.memory_mb()
