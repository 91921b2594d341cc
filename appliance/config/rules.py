"""Rules that no single value can break: pairs that must agree, and what a relative path belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from appliance.config import schema
from appliance.config.model import Config

PATH_KEYS = frozenset(
    {
        "paths.data", "paths.models", "mqtt.password_file", "mqtt.tls_ca_file", "mqtt.tls_certificate_file",
        "mqtt.tls_key_file", "home_assistant.token_file", "home_assistant.tls_ca_file",
        "understanding.sentences_file",
    }
)  # fmt: skip
MODEL_KEYS = frozenset({"stt.model", "stt.speaker_model", "llm.model", "tts.model"})
"""Names of models.toml, or paths: whatever holds a slash is a path."""
WORDS_KEY = "wake.words"
"""The same, word by word."""
PAIRS = (
    ("supervision.heartbeat_seconds", "supervision.heartbeat_limit_seconds"),
    ("supervision.backoff_min_seconds", "supervision.backoff_max_seconds"),
    ("mqtt.reconnect_min_seconds", "mqtt.reconnect_max_seconds"),
    ("home_assistant.reconnect_min_seconds", "home_assistant.reconnect_max_seconds"),
    ("budget.relaxed_percent", "budget.pressure_percent"),
)
"""The first must not be above the second."""


def absolute(path: schema.Path, value: object, base: Path) -> object:
    """A path, made absolute against the folder it belongs to; other values as they are."""
    key = schema.dotted(path)
    if key == WORDS_KEY and isinstance(value, list):
        return [_absolute(word, base) if "/" in word else word for word in value]
    if not isinstance(value, str) or not value:
        return value
    if key in PATH_KEYS or (key in MODEL_KEYS and "/" in value):
        return _absolute(value, base)
    return value


def _absolute(value: str, base: Path) -> str:
    path = Path(value)
    if value.startswith("~"):
        path = _home(path)
    return str(base / path)


def _home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        # No such user, or no home: the path is then named as it stands when it cannot be opened.
        return path


def violations(config: Config) -> Iterator[tuple[str, str]]:
    """(key, what is wrong) of everything that does not go together."""
    for low, high in PAIRS:
        if _number(config, low) > _number(config, high):
            yield low, f"{_number(config, low):g} is above {high} = {_number(config, high):g}"
    for stage in config.limits.__struct_fields__:
        limits = getattr(config.limits, stage)
        if limits.memory_high_mb > limits.memory_max_mb:
            yield (
                f"limits.{stage}.memory_high_mb",
                f"{limits.memory_high_mb} is above memory_max_mb = {limits.memory_max_mb}",
            )
    yield from _text_violations(config)


def _text_violations(config: Config) -> Iterator[tuple[str, str]]:
    for key, secret in (
        ("mqtt.password", config.mqtt.password),
        ("home_assistant.token", config.home_assistant.token),
    ):
        if secret == schema.HIDDEN:
            yield key, f'"{schema.HIDDEN}" is what is shown in place of a secret, not the secret'
    if "\0" in config.paths.data + config.paths.models:
        yield "paths.data", "a path holds no NUL character"
    if len(set(config.wake.words)) != len(config.wake.words):
        yield "wake.words", "a word is there twice"


def _number(config: Config, key: str) -> float:
    value: object = config
    for name in key.split("."):
        value = getattr(value, name)
    assert isinstance(value, int | float)
    return value
