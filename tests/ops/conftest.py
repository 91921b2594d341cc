"""A manifest, a data folder and a server of a test's own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from appliance.config.model import Config, Paths
from tests.ops.web import Web, serving


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as server:
        yield server


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A configuration whose folders are the test's own, without the machine's cache."""
    monkeypatch.delenv("APPLIANCE_MODEL_CACHE", raising=False)
    return Config(paths=Paths(data=str(tmp_path / "data"), models=str(tmp_path / "image")))


@pytest.fixture
def manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Write the manifest that the test uses."""
    path = tmp_path / "models.toml"
    monkeypatch.setenv("APPLIANCE_MANIFEST", str(path))

    def write(text: str) -> Path:
        path.write_text(text, encoding="utf-8")
        return path

    return write


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def entry(url: str, content: bytes | None, *, name: str = "tiny", **fields: str) -> str:
    """A GGUF in the manifest; without content, one that no one has vouched for."""
    known = f'size = {len(content)}\nsha256 = "{sha256(content)}"' if content is not None else ""
    more = "".join(f'{key} = "{value}"\n' for key, value in fields.items())
    kind = "" if "kind" in fields else 'kind = "llm"\n'
    engine = "" if "engine" in fields else 'engine = "llamacpp"\n'
    file = "model.zip" if "unpack" in fields else "model.gguf"
    return (
        f'[[model]]\nname = "{name}"\n{kind}{engine}licence = "MIT"\n{more}'
        f'[[model.files]]\nname = "{file}"\nurl = "{url}"\n{known}\n'
    )
