"""What was chosen while running is kept through restarts and power cuts, and never stops a start."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.config import chosen, chosen_store
from appliance.config.load import Loaded, load, parse_toml
from appliance.errors import ConfigError

ENGINES = {"wake": "openwakeword", "tts": "espeak"}
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "audio.volume": st.floats(0, 1),
        "audio.muted": st.booleans(),
        "audio.chime": st.booleans(),
        "wake.words": st.lists(
            st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=8, unique=True
        ),
        "wake.sensitivity": st.sampled_from(["low", "normal", "high"]),
        "tts.voice": st.text(st.characters(codec="utf-8")),
        "log.level": st.sampled_from(["debug", "error"]),
        "profile": st.sampled_from(["auto", "p1", "p4"]),
    },
)  # fmt: skip


def loaded(data: Path, **environ: str) -> Loaded:
    return load(None, {"APPLIANCE__PATHS__DATA": str(data), **environ}, [])


@given(values=VALUES)
def test_what_is_written_is_read(values: dict[str, object]) -> None:
    document = parse_toml(chosen.document(values, ENGINES).encode(), "chosen")
    assert chosen.usable(document, ENGINES.__getitem__) == (values, [])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300))
def test_no_file_whatever_stops_a_start(tmp_path: Path, content: bytes) -> None:
    chosen.path_of(tmp_path).write_bytes(content)
    assert loaded(tmp_path).config.paths.data == str(tmp_path)


def test_it_wins_over_files_and_loses_against_variables(tmp_path: Path) -> None:
    (tmp_path / "appliance.toml").write_text("[audio]\nvolume = 0.1\nchime = true\n")
    chosen.write(
        chosen.path_of(tmp_path), chosen.document({"audio.volume": 0.4, "audio.chime": False}, ENGINES)
    )
    found = loaded(tmp_path, APPLIANCE__AUDIO__CHIME="true")
    assert (found.config.audio.volume, found.config.audio.chime) == (0.4, True)
    assert str(found.origins["audio.volume"]).startswith("chosen in Home Assistant (")
    assert found.origins["audio.chime"].kind == "environment"
    assert found.chosen == {"audio.volume": 0.4, "audio.chime": False}


@pytest.mark.parametrize(
    "text",
    ["[audio]\nvolume = 7\n", "[mqtt]\nhost = 'evil'\n", "[audio]\nnonsense = 1\n", "[wake]\nwords = []\n",
     "[made_for]\nwake = 'openwakeword'\n[wake]\nwords = ['a', 'a']\n", "audio = 3\n",
     "[paths]\ndata = '/x'\n"],
)  # fmt: skip
def test_a_bad_setting_is_left_out(tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture) -> None:
    chosen.path_of(tmp_path).write_text(text)
    found = loaded(tmp_path)
    assert found.chosen == {}
    assert found.config == loaded(tmp_path / "elsewhere", APPLIANCE__PATHS__DATA=str(tmp_path)).config
    assert "left out" in caplog.text


def test_a_broken_file_is_set_aside_by_the_appliance_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chosen.path_of(tmp_path).write_text("[audio\n")
    assert loaded(tmp_path).chosen == {}
    assert "does not count" in caplog.text
    assert [each.name for each in tmp_path.iterdir()] == [chosen.FILE], "a command changes nothing"
    assert load(None, {"APPLIANCE__PATHS__DATA": str(tmp_path)}, [], owns=True).chosen == {}
    assert not chosen.path_of(tmp_path).exists()
    assert (tmp_path / chosen.SET_ASIDE).read_text() == "[audio\n"
    assert "set aside" in caplog.text


def test_words_chosen_for_another_engine_are_left_out(tmp_path: Path) -> None:
    text = chosen.document({"wake.words": ["hey_rhasspy"], "audio.volume": 0.4}, ENGINES)
    chosen.write(chosen.path_of(tmp_path), text)
    assert loaded(tmp_path).config.wake.words == ("hey_rhasspy",)
    other = loaded(tmp_path, APPLIANCE__WAKE__ENGINE="microwakeword")
    assert other.config.wake.words == ("hey_jarvis", "alexa")
    assert other.config.audio.volume == 0.4


async def test_it_is_written_once_and_only_when_something_changed(tmp_path: Path) -> None:
    file = chosen.path_of(tmp_path)
    store = chosen_store.ChosenStore(file, write_seconds=60.0)
    assert store.choose({"audio.volume": 0.1}, ENGINES)
    while not store.writes:
        await asyncio.sleep(0.01)
    assert not store.choose({"audio.volume": 0.1}, ENGINES)
    for level in range(2, 9):
        assert store.choose({"audio.volume": level / 10}, ENGINES)
        await asyncio.sleep(0)
    assert store.writes == 1
    await store.close()
    assert store.writes == 2
    assert loaded(tmp_path).config.audio.volume == 0.8
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(each.name for each in tmp_path.iterdir()) == [chosen.FILE]


@pytest.mark.parametrize(
    ("key", "value"), [("audio.volume", 2), ("mqtt.host", "x"), ("wake.words", ["a", "a"])]
)
async def test_a_bad_choice_is_refused(tmp_path: Path, key: str, value: object) -> None:
    store = chosen_store.ChosenStore(chosen.path_of(tmp_path))
    with pytest.raises(ConfigError):
        store.choose({key: value}, ENGINES)
    assert store.values == {}


async def test_a_full_disk_costs_only_the_memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = chosen_store.ChosenStore(tmp_path / "gone" / chosen.FILE)
    store.choose({"audio.volume": 0.3}, ENGINES)
    await store.close()
    assert store.values == {"audio.volume": 0.3}
    assert "cannot be written" in caplog.text


CUT = """
import os, signal, sys
from pathlib import Path
from appliance.config import chosen, chosen_store

def cut(new, old):
    os.kill(os.getpid(), signal.SIGKILL)

chosen.write(Path(sys.argv[1]), "[audio]\\nvolume = 0.9\\n", replace=cut)
"""


def test_a_power_cut_between_writing_and_renaming_keeps_the_former(tmp_path: Path) -> None:
    file = chosen.path_of(tmp_path)
    chosen.write(file, chosen.document({"audio.volume": 0.2}, ENGINES))
    done = subprocess.run([sys.executable, "-c", CUT, str(file)], check=False, env=dict(os.environ))
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / ".chosen.toml.new").exists()
    assert loaded(tmp_path).config.audio.volume == 0.2
    chosen.write(file, chosen.document({"audio.volume": 0.3}, ENGINES))
    assert loaded(tmp_path).config.audio.volume == 0.3
    assert not (tmp_path / ".chosen.toml.new").exists()
