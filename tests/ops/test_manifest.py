"""The shipped manifest, entries of a person's own, and every kind of broken one."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from appliance.config.model import Config
from appliance.errors import ModelError
from appliance.ops import manifest as manifests
from appliance.ops.https import allowed
from appliance.ops.manifest import catalogue, is_plain_relative, read
from tests.ops.conftest import entry

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = read(ROOT / "etc" / "models.toml")
GOOD = entry("https://example.org/m", b"x")


def test_the_link_leads_to_the_file_of_the_device() -> None:
    assert (ROOT / "etc" / "models.toml").resolve() == ROOT / "etc" / "appliance" / "models.toml"
    assert ROOT / "etc" / "appliance" / "models.toml" == manifests.CHECKOUT_MANIFEST


@pytest.mark.parametrize("model", SHIPPED, ids=lambda model: model.name)
def test_every_shipped_model_can_be_had_and_vouched_for(model: manifests.Model) -> None:
    assert model.licence
    if model.source_kind == "package":
        place = metadata.distribution(model.source.package)
        assert all(Path(str(place.locate_file(file.member))).is_file() for file in model.files)
        return
    assert all(bool(file.sha256) == bool(file.size) for file in model.files)
    if model.source_kind == "url":
        assert all(file.url.startswith("https://") and allowed(file.url) for file in model.files)
    assert model.pinned or model.name == "vosk-model-spk-0.4"


def test_the_shipped_manifest_has_what_the_defaults_need() -> None:
    config = Config()
    words = {model.spoken for model in SHIPPED if model.engine == config.wake.engine and not model.role}
    assert set(config.wake.words) <= words
    roles = {model.role for model in SHIPPED if model.engine == "openwakeword"}
    assert {"melspectrogram", "embedding"} <= roles


BROKEN = [
    ("", None),
    ("x = 1", "unknown field `x`"),
    ("[[model]]\nname = 'a'", "missing required field"),
    (GOOD + GOOD, "tiny is there twice"),
    (GOOD.replace("tiny", "../tiny"), "matching regex"),
    (GOOD.replace("model.gguf", "a/b"), "matching regex"),
    (GOOD.replace("model.gguf", ".."), "matching regex"),
    (GOOD.replace('kind = "llm"', 'kind = "cat"'), "Invalid enum value"),
    (GOOD.replace('sha256 = "', 'sha256 = "Z'), "matching regex"),
    (GOOD.replace("size = 1", "size = -1"), ">= 0"),
    (GOOD.replace('url = "https://example.org/m"', ""), "has no URL for model.gguf"),
    (GOOD.replace('kind = "llm"', 'kind = "llm"\nunpack = "../x"'), "to a folder outside"),
    (GOOD.replace('kind = "llm"', 'kind = "llm"\nsource = { wheel = "w" }'), "without its version"),
    (GOOD.replace('kind = "llm"', 'kind = "llm"\nsource = { package = "p" }'), "has no member path"),
    ("[[model]", "not valid TOML"),
]


@pytest.mark.parametrize(("text", "said"), BROKEN)
def test_a_broken_manifest_is_named(manifest: Callable[[str], Path], text: str, said: str | None) -> None:
    path = manifest(text)
    if said is None:
        assert read(path) == []
        return
    with pytest.raises(ModelError, match="model manifest") as caught:
        read(path)
    assert said in caught.value.message
    assert str(path) in caught.value.message


def test_added_models_cover_shipped_ones(config: Config, manifest: Callable[[str], Path]) -> None:
    manifest(GOOD)
    folder = manifests.folder(config)
    folder.mkdir(parents=True)
    (folder / "added.toml").write_text(
        "[[model]]\nname = 'tiny'\nkind = 'stt'\nengine = 'vosk'\nlicence = 'MIT'\n"
        f"files = [{{ name = 'f', size = 1, sha256 = '{'0' * 64}' }}]\n"
    )
    known = catalogue(config)
    assert (known.get("tiny").engine, known.get("tiny").source_kind) == ("vosk", "added")


def test_an_unknown_name_says_the_nearest(config: Config, manifest: Callable[[str], Path]) -> None:
    manifest(GOOD)
    with pytest.raises(ModelError) as caught:
        catalogue(config).get("tinny")
    assert caught.value.hint == "did you mean 'tiny'?"


def test_pins_are_put_where_a_checksum_is_missing(config: Config, manifest: Callable[[str], Path]) -> None:
    manifest(entry("https://example.org/m", None) + GOOD.replace("tiny", "vouched"))
    folder = manifests.folder(config)
    folder.mkdir(parents=True)
    (folder / "pins.toml").write_text(
        f"[tiny]\n'model.gguf' = '{'a' * 64}'\n[vouched]\n'model.gguf' = '{'b' * 64}'\n"
    )
    known = catalogue(config)
    assert known.get("tiny").files[0].sha256 == "a" * 64
    assert known.get("vouched").files[0].sha256 != "b" * 64


@pytest.mark.parametrize("text", ["[tiny]\nx = 1", "x", "[tiny]\nx = 'short'"])
def test_broken_pins_are_named(config: Config, manifest: Callable[[str], Path], text: str) -> None:
    manifest(GOOD)
    folder = manifests.folder(config)
    folder.mkdir(parents=True)
    (folder / "pins.toml").write_text(text)
    with pytest.raises(ModelError, match="pinned checksums"):
        catalogue(config)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("a/b", True),
        ("a", True),
        ("", False),
        ("/a", False),
        ("a/../b", False),
        ("..", False),
        ("a\\b", False),
    ],
)
def test_paths_that_stay_below(text: str, good: bool) -> None:
    assert is_plain_relative(text) == good
