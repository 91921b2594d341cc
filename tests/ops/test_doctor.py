"""Each check, good and bad, by configuration: nothing of the machine is pretended."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from appliance.config.model import (
    Audio,
    Config,
    HomeAssistant,
    Llm,
    Mqtt,
    Paths,
    Sandbox,
    Stt,
    Tts,
    Vad,
    Wake,
)
from appliance.ops import doctor
from appliance.ops.check import Check
from appliance.ops.doctor import EARLIEST_YEAR_SECONDS
from appliance.supervision import ladder

NOW = EARLIEST_YEAR_SECONDS + 1.0


@pytest.fixture
def config(config: Config) -> Config:
    return msgspec.structs.replace(config, audio=Audio(device="none"), wake=Wake(engine="microwakeword"))


def having(config: Config, **sections: Any) -> Config:
    return msgspec.structs.replace(config, **sections)


def look(config: Config, now_seconds: float = NOW) -> dict[str, Check]:
    """Every check by its name; each says what a person needs."""
    found = {check.name: check for check in doctor.checks(config, now_seconds)}
    for check in found.values():
        assert check.found
        assert check.why
        assert check.verdict == "good" or check.mend, f"{check.name} says no remedy"
    return found


def test_a_machine_that_can_do_it(config: Config) -> None:
    found = look(config)
    assert list(found) == [
        "python", "versions", "sandbox", "cgroup", "broker", "sound", "wake engine", "vad engine",
        "stt engine", "tts engine", "wake model", "vad model", "stt model", "tts model", "language model",
        "data", "permissions", "disk", "backup", "clock", "time", "network", "web page",
    ]  # fmt: skip
    for name in (
        "python",
        "versions",
        "permissions",
        "disk",
        "backup",
        "web page",
        "wake engine",
        "vad engine",
        "stt engine",
        "wake model",
        "stt model",
        "data",
        "clock",
    ):
        assert found[name].verdict == "good", found[name]
    assert found["sandbox"].verdict in {"good", "weak"}


def test_a_level_that_cannot_be_had_is_bad(config: Config) -> None:
    if ladder.probe(config).level == "full":
        pytest.skip("this machine has every level")
    found = look(having(config, sandbox=Sandbox(minimum="full")))["sandbox"]
    assert found.verdict == "bad"
    assert "full" in found.found


def test_a_broker_elsewhere_is_named(config: Config) -> None:
    found = look(having(config, mqtt=Mqtt(host="broker.example", port=8883)))["broker"]
    assert (found.verdict, found.found) == ("good", "broker.example:8883 is configured")


@pytest.mark.parametrize(("device", "verdicts"), [("none", {"weak"}), ("default", {"good", "bad"})])
def test_sound(config: Config, device: str, verdicts: set[str]) -> None:
    assert look(having(config, audio=Audio(device=device)))["sound"].verdict in verdicts


@pytest.mark.parametrize(
    ("kind", "section", "said"),
    [
        ("wake", Wake(engine="nosuch"), "nosuch"),
        ("vad", Vad(engine="../silero"), "silero"),
        ("stt", Stt(engine=""), "stt"),
        ("tts", Tts(engine="os"), "os"),
        ("tts", Tts(options={"nosuch": 1}), "nosuch"),
        ("vad", Vad(options={"nosuch": True}), "nosuch"),
    ],
)
def test_an_engine_that_does_not_exist_or_does_not_take_its_options(
    config: Config, kind: str, section: msgspec.Struct, said: str
) -> None:
    found = look(having(config, **{kind: section}))[f"{kind} engine"]
    assert found.verdict == "bad"
    assert said in found.found


@pytest.mark.parametrize(
    ("kind", "section", "said"),
    [
        ("wake", Wake(), "not here yet"),
        ("wake", Wake(engine="microwakeword", words=("xyzzy",)), "xyzzy"),
        ("stt", Stt(engine="vosk", model="/none/model"), "/none/model"),
        ("tts", Tts(engine="piper", model="nosuch"), "nosuch"),
    ],
)
def test_a_model_that_is_not_there(config: Config, kind: str, section: msgspec.Struct, said: str) -> None:
    found = look(having(config, **{kind: section}))[f"{kind} model"]
    # Where openWakeWord has no models, microWakeWord stands in.
    assert found.verdict == ("weak" if said == "not here yet" else "bad")
    assert said in found.found


def test_the_language_model(config: Config, tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp", reason="the language model's library is not built: tools/build-llm")
    assert look(config)["language model"].verdict == "weak"
    model = tmp_path / "small.gguf"
    chosen = having(config, llm=Llm(model=str(model)))
    assert look(chosen)["language model"].verdict == "bad"
    model.write_bytes(b"GGUF")
    assert look(chosen)["language model"].verdict == "good"


def test_the_data_folder_need_not_exist_yet(config: Config, tmp_path: Path) -> None:
    found = look(having(config, paths=Paths(data=str(tmp_path / "a" / "b" / "c"))))["data"]
    assert found.verdict == "good"
    assert not (tmp_path / "a").exists(), "it only looks"


@pytest.mark.parametrize("inside", ["", "data"])
def test_a_file_is_no_data_folder(config: Config, tmp_path: Path, inside: str) -> None:
    (tmp_path / "file").write_text("x")
    found = look(having(config, paths=Paths(data=str(tmp_path / "file" / inside))))["data"]
    assert found.verdict == "bad"
    assert "is not a folder" in found.found


def test_a_clock_that_was_never_set(config: Config) -> None:
    found = look(config, now_seconds=1_000.0)["clock"]
    assert found.verdict == "weak"


def test_bad_ones_decide_and_everything_is_reported(config: Config) -> None:
    reported: list[Check] = []
    wrong = having(config, stt=Stt(engine="nosuch"), mqtt=Mqtt(host="x"))
    assert doctor.run_all(wrong, NOW, reported.append) is False
    assert [check.name for check in reported] == list(look(wrong))
    assert doctor.run_all(having(config, mqtt=Mqtt(host="x")), 0.0, reported.append) is True, (
        "weak is no fault"
    )


def test_an_unwritable_folder(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o500)
    (tmp_path / "closed").mkdir(mode=0o000)
    code = (
        "import sys; from appliance.ops import doctor; from appliance.config.model import Config, Paths\n"
        "for path in sys.argv[1:]: print(doctor._data(Config(paths=Paths(data=path))).verdict)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "data"), str(tmp_path / "closed" / "x")]
    if os.geteuid() == 0:
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    (tmp_path / "closed").chmod(0o700)
    assert done.stdout.split() == ["bad", "bad"], done.stderr


def without_mosquitto(*command: str) -> list[str]:
    """The same command on a machine whose mosquitto is not there."""
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    bwrap = shutil.which("bwrap")
    if program is None:
        return list(command)
    if bwrap is None:
        pytest.skip("bubblewrap is not installed")
    hidden = [bwrap, "--dev-bind", "/", "/", "--ro-bind", "/dev/null", program]
    if subprocess.run([*hidden, "true"], capture_output=True, check=False).returncode:
        pytest.skip("bubblewrap may not make namespaces here")
    return [*hidden, *command]


def test_a_machine_without_mosquitto() -> None:
    code = (
        "from appliance.ops import doctor; from appliance.config.model import Config\n"
        "check = doctor._broker(Config()); print(check.verdict, check.mend)"
    )
    done = subprocess.run(
        without_mosquitto(sys.executable, "-c", code), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "bad sudo apt install mosquitto\n", done.stderr


@pytest.mark.parametrize(
    ("content", "mode", "verdict", "found"),
    [
        ("a-token\n", 0o600, "good", "hass.example:8123 is configured"),
        ("a-token\n", 0o644, "weak", "everyone here can read"),
        ("two words", 0o600, "bad", "holds no token"),
        (None, 0o600, "bad", "cannot be read"),
    ],
)
def test_home_assistant_is_looked_at_when_it_is_configured(
    config: Config, tmp_path: Path, content: str | None, mode: int, verdict: str, found: str
) -> None:
    assert "Home Assistant" not in look(config)
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
        file.chmod(mode)
    settings = HomeAssistant(url="http://hass.example:8123", token_file=str(file))
    check = look(having(config, home_assistant=settings))["Home Assistant"]
    assert check.verdict == verdict
    assert found in check.found
    assert "two words" not in check.found
