"""Layers, overrides, origins, and what is said about every kind of mistake."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config import load as loading
from appliance.config.load import load, parse_toml, read_bounded
from appliance.config.model import Config
from appliance.config.origins import InvalidConfig
from appliance.errors import ConfigError


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    return tmp_path / "appliance.toml"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path | None, environ: dict[str, str] | None = None, **more: Path) -> list[str]:
    with pytest.raises(InvalidConfig) as caught:
        load(path, environ or {}, **more)
    return [str(problem) for problem in caught.value.problems]


def test_without_files_everything_is_default(tmp_path: Path) -> None:
    loaded = load(None, {"APPLIANCE__PATHS__DATA": str(tmp_path)}, [tmp_path / "none.toml"])
    assert loaded.config.turn == Config().turn
    assert loaded.origins["turn.listen_seconds"].kind == "default"
    assert loaded.files == ()


def test_layers_cover_each_other_in_order(tmp_path: Path) -> None:
    data = tmp_path / "data"
    system = write(
        tmp_path / "etc.toml",
        f'language = "de"\npaths.data = "{data}"\nturn.listen_seconds = 1\n[mqtt]\nhost = "one"\nport = 1\n',
    )
    own = write(data / "appliance.toml", '[mqtt]\nhost = "two"\nport = 2\n')
    loaded = load(None, {"APPLIANCE__MQTT__PORT": "3"}, [system])
    assert (loaded.config.mqtt.host, loaded.config.mqtt.port) == ("two", 3)
    assert (loaded.config.language, loaded.config.turn.listen_seconds) == ("de", 1.0)
    sources = {key: loaded.origins[key].name for key in ("language", "mqtt.host", "mqtt.port")}
    assert sources == {"language": str(system), "mqtt.host": str(own), "mqtt.port": "APPLIANCE__MQTT__PORT"}
    assert loaded.files == (system, own)


def test_an_explicit_file_replaces_both_layers(tmp_path: Path, config_file: Path) -> None:
    system = write(tmp_path / "etc.toml", 'language = "de"\n')
    write(config_file, "[audio]\nvolume = 0.25\n")
    loaded = load(config_file, {}, [system])
    assert (loaded.config.language, loaded.config.audio.volume) == ("en", 0.25)


def test_the_data_layer_is_found_through_the_environment(tmp_path: Path) -> None:
    write(tmp_path / "appliance.toml", 'language = "fr"\n')
    loaded = load(None, {"APPLIANCE__PATHS__DATA": str(tmp_path)}, [tmp_path / "none"])
    assert loaded.config.language == "fr"


def test_the_data_layer_may_not_move_itself(tmp_path: Path) -> None:
    system = write(tmp_path / "etc.toml", f'[paths]\ndata = "{tmp_path}/data"\n')
    write(tmp_path / "data" / "appliance.toml", '[paths]\ndata = "/elsewhere"\n')
    (only,) = problems(None, {}, system_files=[system])
    assert "paths.data: cannot be set in the file it leads to" in only


OVERRIDES = [
    ("MQTT__HOST", "broker.lan", "mqtt.host", "broker.lan"),
    ("MQTT__HOST", "1883", "mqtt.host", "1883"),
    ("MQTT__PORT", "1_884", "mqtt.port", 1884),
    ("MQTT__TLS", "true", "mqtt.tls", True),
    ("MQTT__TLS", "Yes", "mqtt.tls", True),
    ("MQTT__TLS", "0", "mqtt.tls", False),
    ("TURN__LISTEN_SECONDS", "3", "turn.listen_seconds", 3.0),
    ("TURN__LISTEN_SECONDS", "2.5", "turn.listen_seconds", 2.5),
    ("WAKE__WORDS", "alexa, hey_jarvis", "wake.words", ("alexa", "hey_jarvis")),
    ("WAKE__WORDS", '["alexa"]', "wake.words", ("alexa",)),
    ("SANDBOX__MINIMUM", "none", "sandbox.minimum", "none"),
    ("LIMITS__STT__MEMORY_MAX_MB", "2048", "limits.stt.memory_max_mb", 2048),
    ("WAKE__OPTIONS__PATIENCE", "3", "wake.options", {"patience": 3}),
    ("WAKE__OPTIONS__PATIENCE", "much", "wake.options", {"patience": "much"}),
    ("WAKE__OPTIONS__X", "[1, 2", "wake.options", {"x": "[1, 2"}),
]


@pytest.mark.parametrize(("name", "text", "key", "expected"), OVERRIDES)
def test_overrides_are_read_as_the_type_of_their_key(
    config_file: Path, name: str, text: str, key: str, expected: object
) -> None:
    write(config_file, "")
    value: object = load(config_file, {f"APPLIANCE__{name}": text}).config
    for part in key.split("."):
        value = getattr(value, part)
    assert value == expected
    assert type(value) is type(expected)


MISTAKES = [
    ("[turn]\nlisten_secnds = 3", "turn.listen_secnds: unknown key; did you mean turn.listen_seconds?"),
    ("[trun]\nlisten_seconds = 3", "trun: unknown key; did you mean turn?"),
    ("listen_seconds = 3", "listen_seconds: unknown key; did you mean turn.listen_seconds?"),
    ("[qqqqqqq]\nx = 1", "qqqqqqq: unknown key"),
    ("[mqtt]\nport = 0", "mqtt.port: 0 is not a whole number from 1 to 65535"),
    ("[mqtt]\nport = 1883.0", "mqtt.port: 1883.0 is not a whole number from 1 to 65535"),
    ('[mqtt]\nport = "1883"', 'mqtt.port: "1883" is not a whole number from 1 to 65535'),
    ("[mqtt]\ntls = 1", "mqtt.tls: 1 is not true or false"),
    ("[audio]\nvolume = true", "audio.volume: true is not a number from 0 to 1"),
    ("[audio]\nvolume = 2", "audio.volume: 2 is not a number from 0 to 1"),
    ("[turn]\nlisten_seconds = 0", "turn.listen_seconds: 0 is not a number of seconds above 0 to 86400"),
    ("[turn]\nlisten_seconds = inf", "turn.listen_seconds: Infinity is not a number of seconds above 0"),
    ("[turn]\nlisten_seconds = nan", "turn.listen_seconds: NaN is not a number of seconds above 0"),
    ("[turn]\nlisten_seconds = 1979-05-27", 'turn.listen_seconds: "1979-05-27" is not a number of seconds'),
    ("[log]\nlevel = 'loud'", 'log.level: "loud" is not one of "debug", "error", "info", "warning"'),
    ("[wake]\nwords = []", "wake.words: [] is not a list of 1 to 8 texts"),
    ("[wake]\nwords = 'alexa'", 'wake.words: "alexa" is not a list of 1 to 8 texts'),
    ("[wake.options]\nx = [1]", "wake.options.x: [1] is not true or false or"),
    ("[wake]\noptions = 3", "wake.options: 3 is not a table; write [wake.options]"),
    ("turn = 3", "turn: 3 is not a table; write [turn]"),
    (
        "[limits.stt]\nmemory_max_mb = 8",
        "memory_max_mb: 8 is not a whole number of megabytes from 16 to 262144",
    ),
    ("[limits.stt]\nmemory_max_mb = 100", "limits.stt.memory_high_mb: 896 is above memory_max_mb = 100"),
    ("[supervision]\nheartbeat_seconds = 9", "heartbeat_seconds: 9 is above supervision.heartbeat_limit"),
    ("[mqtt]\npassword = '(set)'", "is what is shown in place of a secret"),
    ("[home_assistant]\ntoken = '(set)'", "is what is shown in place of a secret"),
    ("[wake]\nwords = ['a', 'a']", "wake.words: a word is there twice"),
    ('[mqtt]\nhost = "x\nport = 1', "(at line 2, column"),
    ("[mqtt]\nhost = embedded", "(at line 2, column 8)"),
    ("a = 1\na = 2", "is not valid TOML"),
    ("a = " + "[" * 2_000, "is not valid TOML"),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_a_mistake_is_named_with_file_key_and_what_was_expected(
    config_file: Path, text: str, said: str
) -> None:
    (only,) = problems(write(config_file, text + "\n"))
    assert said in only
    assert str(config_file) in only or "default" in only


def test_every_problem_is_listed_at_once(config_file: Path) -> None:
    write(config_file, "[turn]\nlisten_secnds = 1\nspeech_seconds = 'x'\n[mqtt]\nport = -1\n")
    found = problems(config_file, {"APPLIANCE__MQTT__TLS": "maybe", "APPLIANCE__MQT__HOST": "x"})
    assert len(found) == 5
    assert sum("APPLIANCE__" in each for each in found) == 2
    assert any("did you mean APPLIANCE__MQTT__HOST?" in each for each in found)


def test_a_flood_of_problems_stays_readable(config_file: Path) -> None:
    write(config_file, "".join(f"key_{number} = 1\n" for number in range(3_000)))
    with pytest.raises(InvalidConfig) as caught:
        load(config_file, {})
    assert len(caught.value.problems) == 3_000
    assert "… and 2950 more" in caught.value.message
    assert len(caught.value.message) < 20_000


def test_a_long_value_is_shortened_and_a_secret_never_shown(config_file: Path) -> None:
    write(config_file, f"[mqtt]\nport = '{'x' * 5_000}'\npassword = ['hunter2']\n")
    said = " ".join(problems(config_file))
    assert "hunter2" not in said
    assert len(said) < 500


def test_a_partial_table_keeps_the_other_defaults(config_file: Path) -> None:
    write(config_file, "[limits.stt]\nmemory_max_mb = 2048\n")
    limits = load(config_file, {}).config.limits.stt
    default = Config().limits.stt
    assert limits.memory_max_mb == 2048
    assert limits.memory_high_mb == default.memory_high_mb
    assert limits.cpu_max_percent == default.cpu_max_percent


def test_options_merge_by_key_but_belong_to_their_engine(tmp_path: Path) -> None:
    system = write(
        tmp_path / "etc.toml",
        f"[paths]\ndata = '{tmp_path}/data'\n[wake.options]\na = 1\nb = 1\n[stt.options]\nc = 1\n",
    )
    own = "[wake.options]\nb = 2\n[stt]\nengine = 'pocketsphinx'\noptions.d = 2\n"
    write(tmp_path / "data" / "appliance.toml", own)
    config = load(None, {}, [system]).config
    assert config.wake.options == {"a": 1, "b": 2}
    assert config.stt.options == {"d": 2}


def test_relative_paths_belong_to_the_file(tmp_path: Path, config_file: Path) -> None:
    write(
        config_file, "paths.data = 'state'\nllm.model = './a.gguf'\nwake.words = ['alexa', 'my/word.onnx']\n"
    )
    config = load(config_file, {"APPLIANCE__STT__MODEL": "x/vosk", "HOME": "/nowhere"}).config
    assert config.paths.data == str(tmp_path / "state")
    assert config.llm.model == str(tmp_path / "a.gguf")
    assert config.wake.words == ("alexa", str(tmp_path / "my" / "word.onnx"))
    assert config.stt.model == str(Path.cwd() / "x" / "vosk")


def test_a_model_name_is_not_a_path(config_file: Path) -> None:
    write(config_file, "[llm]\nmodel = 'qwen2.5-0.5b-instruct'\n")
    assert load(config_file, {}).config.llm.model == "qwen2.5-0.5b-instruct"


def test_a_missing_explicit_file_is_an_error(config_file: Path) -> None:
    (only,) = problems(config_file)
    assert f"{config_file} cannot be read: No such file" in only


@pytest.mark.parametrize("content", [b"\xff\xfe\x00binary", b"\x00" * 100, bytes(range(256)) * 16])
def test_binary_rubbish_is_refused(config_file: Path, content: bytes) -> None:
    config_file.write_bytes(content)
    assert len(problems(config_file)) == 1


def test_a_huge_file_is_refused(config_file: Path) -> None:
    config_file.write_bytes(b"# x\n" * 300_000)
    assert "larger than 1048576 bytes" in problems(config_file)[0]


def test_a_pipe_in_place_of_the_file_does_not_block(config_file: Path) -> None:
    os.mkfifo(config_file)
    assert "is not a regular file" in problems(config_file)[0]


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    assert f"{tmp_path} cannot be read: Is a directory" in problems(tmp_path)[0]


def test_a_device_without_end_is_refused() -> None:
    with pytest.raises(ConfigError, match="not a regular file"):
        read_bounded(Path("/dev/zero"))


def test_an_override_of_a_whole_table_is_refused(config_file: Path) -> None:
    write(config_file, "")
    assert "unknown setting" in problems(config_file, {"APPLIANCE__WAKE__OPTIONS": "{}"})[0]
    assert "unknown setting" in problems(config_file, {"APPLIANCE__MQTT": "x"})[0]
    assert "unknown setting" in problems(config_file, {"APPLIANCE__": "x"})[0]


@given(st.text(max_size=200))
def test_any_text_is_a_document_or_a_config_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        assert isinstance(parse_toml(text.encode("utf-8", "surrogatepass"), "here"), dict)


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("config") / "empty.toml", "")


KEYS = ["MQTT__PORT", "WAKE__WORDS", "TURN__LISTEN_SECONDS", "AUDIO__MUTED", "WAKE__OPTIONS__X", "LANGUAGE"]


@given(values=st.dictionaries(st.sampled_from(KEYS), st.text()))
def test_any_override_is_a_configuration_or_a_config_error(empty_file: Path, values: dict[str, str]) -> None:
    environ = {f"APPLIANCE__{name}": text for name, text in values.items()}
    with contextlib.suppress(InvalidConfig):
        loaded = load(empty_file, environ)
        assert {key for key, origin in loaded.origins.items() if origin.kind == "environment"} == {
            name.lower().replace("__", ".") for name in values
        }


def test_the_default_system_file_is_the_one_of_the_device() -> None:
    assert str(loading.SYSTEM_FILE) == "/etc/appliance/appliance.toml"
