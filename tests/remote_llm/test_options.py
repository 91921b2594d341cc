from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config.model import Llm
from appliance.errors import ConfigError
from appliance.remote_llm import options


def llm(
    url: str = "http://127.0.0.1:8080/v1", engine: str = "openai", model: str = "m", **more: object
) -> Llm:
    return Llm(engine=engine, model=model, options={"url": url, **more})  # type: ignore[dict-item]


def test_only_the_named_protocols_go_elsewhere() -> None:
    assert not options.is_remote(Llm())
    assert options.is_remote(llm())
    assert options.is_remote(llm(engine="ollama"))


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://127.0.0.1:8080/v1/", (False, "127.0.0.1", 8080, "/v1")),
        ("https://api.example.com/v1", (True, "api.example.com", 443, "/v1")),
        ("http://nas", (False, "nas", 80, "")),
        ("http://big.local:11434", (False, "big.local", 11434, "")),
        ("http://[::1]:5000", (False, "::1", 5000, "")),
        ("http://192.168.1.7:1", (False, "192.168.1.7", 1, "")),
    ],
)
def test_addresses(url: str, found: tuple[bool, str, int, str]) -> None:
    server = options.resolve(llm(url))
    assert (server.tls, server.host, server.port, server.path) == found


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "no address"),
        ("nas:8080", "no address"),
        ("ftp://nas", "no address"),
        ("http://", "no address"),
        ("http://nas:99999", "no address"),
        ("http://nas/?key=1", "no address"),
        ("http://nas/#x", "no address"),
        ("http://nas/a b", "no address"),
        ("http://nas/\r\nX: y", "no address"),
        ("http://nas/" + "a" * 600, "no address"),
        (f"http://{'a' * 64}.local", "no address"),
        ("http://[::1", "no address"),
        ("http://käse", "no address"),
        ("https://me:secret@nas/", "holds a name or password"),
        ("http://api.example.com/v1", "not at home"),
        ("http://8.8.8.8", "not at home"),
    ],
)
def test_what_is_no_address_is_refused_in_words(url: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        options.resolve(llm(url))
    assert caught.value.message.startswith("llm.options.url")
    assert caught.value.hint
    assert "secret" not in str(caught.value)


def test_unknown_options_and_a_missing_model_are_named() -> None:
    with pytest.raises(ConfigError, match="frobnicate"):
        options.resolve(llm(frobnicate=1))
    with pytest.raises(ConfigError, match=r"llm\.model is empty"):
        options.resolve(llm(model=""))


def test_the_key_is_read_from_its_file_and_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sk-secret\n")
    server = options.resolve(llm("https://api.example.com/v1", key_file=str(file)))
    assert server.key == "sk-secret"
    assert "secret" not in repr(server)
    assert options.resolve(llm(key_file=str(file))).key, "this machine may get it without encryption"


@pytest.mark.parametrize(
    "content", [b"", b"two words", b"a\nb", b"a\r\nX-Evil: 1", "schlüssel".encode(), b"\xff", b"x" * 5_000]
)
def test_a_file_that_holds_no_key(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        options.resolve(llm("https://api.example.com/v1", key_file=str(file)))
    assert "evil" not in str(caught.value).lower()


def test_a_key_does_not_travel_in_the_clear(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sk-secret")
    with pytest.raises(ConfigError, match="without encryption"):
        options.resolve(llm("http://192.168.1.7:8080", key_file=str(file)))
    with pytest.raises(ConfigError, match="cannot be read"):
        options.resolve(llm(key_file=str(tmp_path / "none")))
