"""What was said is kept only while somebody wants that."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config.model import History as Settings
from appliance.errors import ControlError
from appliance.history.history import History
from appliance.history.store import path_of

NOW = 1_800_000_000.0


def history(data: Path, days: int = 7) -> History:
    return History(Settings(days=days), data, lambda: NOW)


async def words(kept: History) -> list[str]:
    answer = await kept.handlers()["history_list"]({})
    return [row["words"] for row in answer["rows"]]


async def test_by_default_there_is_no_file(tmp_path: Path) -> None:
    kept = History(Settings(), tmp_path, lambda: NOW)
    await kept.start()
    kept.note("kitchen", "turn on the lamp", "Done", done=True)
    assert await kept.handlers()["history_list"]({}) == {"kept": False, "rows": []}
    await kept.stop()
    assert list(tmp_path.iterdir()) == []


async def test_it_outlives_a_restart(tmp_path: Path) -> None:
    kept = history(tmp_path)
    await kept.start()
    kept.note("kitchen", "turn on the lamp", "Done", done=True)
    kept.note("kitchen", "", "A timer rings", done=False)  # nobody said anything
    await kept.stop()
    again = history(tmp_path)
    await again.start()
    assert await words(again) == ["turn on the lamp"]
    await again.stop()


async def test_turned_off_while_running_everything_is_forgotten(tmp_path: Path) -> None:
    kept = history(tmp_path)
    await kept.start()
    kept.note("kitchen", "turn on the lamp", "Done", done=True)
    await kept.reconfigure(Settings(days=0))
    assert list(tmp_path.iterdir()) == []
    await kept.reconfigure(Settings(days=1))
    kept.note("kitchen", "turn it off", "Done", done=True)
    assert await words(kept) == ["turn it off"]
    await kept.stop()


async def test_turned_off_while_it_was_stopped_nothing_is_left(tmp_path: Path) -> None:
    kept = history(tmp_path)
    await kept.start()
    kept.note("kitchen", "turn on the lamp", "Done", done=True)
    await kept.stop()
    assert path_of(tmp_path).exists()
    off = history(tmp_path, days=0)
    await off.start()
    assert list(tmp_path.iterdir()) == []
    await off.stop()


async def test_it_forgets_when_asked(tmp_path: Path) -> None:
    kept = history(tmp_path)
    await kept.start()
    kept.note("kitchen", "turn on the lamp", "Done", done=True)
    assert await kept.handlers()["history_clear"]({}) == {"cleared": 1}
    assert await words(kept) == []
    await kept.stop()
    assert await kept.handlers()["history_clear"]({}) == {"cleared": 0}


async def test_a_file_that_cannot_be_opened_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path_of(tmp_path).mkdir()
    kept = history(tmp_path)
    await kept.start()
    assert not kept.keeps
    assert "history.sqlite" in caplog.text
    await kept.stop()


@pytest.mark.parametrize("request_", [{"since": "yesterday"}, {"limit": 0}, {"limit": True}, {"since": True}])
async def test_a_bad_request_is_said(tmp_path: Path, request_: dict[str, object]) -> None:
    with pytest.raises(ControlError, match="history_list"):
        await history(tmp_path).handlers()["history_list"](request_)
