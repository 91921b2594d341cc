"""Fetching models: over HTTP, out of a wheel, from the cache; and what happens when anything is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from appliance.config.model import Config
from appliance.errors import ModelError
from appliance.ops.checksums import WrongChecksum
from appliance.ops.fetch import Policy
from appliance.ops.install import Fetched, Fetcher
from appliance.ops.manifest import folder
from appliance.ops.store import MissingModel, Store
from tests.ops.conftest import entry, sha256
from tests.ops.web import Web

CONTENT = b"GGUF" + bytes(range(256)) * 2_000
HASTY = Policy(timeout_seconds=2.0, tries=2, pause_seconds=0.01)
Manifest = Callable[[str], Path]


def fetcher(config: Config, **more: object) -> Fetcher:
    return Fetcher(config, policy=HASTY, **more)  # type: ignore[arg-type]


@pytest.fixture
def served(web: Web, manifest: Manifest) -> Web:
    """One small model on the server."""
    web.files["/m"] = CONTENT
    manifest(entry(f"{web.url}/m", CONTENT))
    return web


def test_a_model_arrives_verified_and_is_not_fetched_twice(served: Web, config: Config) -> None:
    place = folder(config) / "tiny" / "model.gguf"
    assert fetcher(config).fetch(["tiny"]) == [Fetched("tiny", str(place), fetched=True)]
    assert place.read_bytes() == CONTENT
    assert fetcher(config).fetch(["tiny"]) == [Fetched("tiny", str(place), fetched=False)]
    assert len(served.requests) == 1
    assert [path.name for path in place.parent.iterdir()] == ["model.gguf"]
    assert Store(config).is_verified(Store(config).known.get("tiny"), place.parent)


def test_a_wrong_checksum_never_reaches_its_place(served: Web, config: Config) -> None:
    served.files["/m"] = bytes(reversed(CONTENT))
    with pytest.raises(WrongChecksum, match="is not the file it should be"):
        fetcher(config).fetch(["tiny"])
    assert not (folder(config) / "tiny").exists()
    assert not list(folder(config).rglob("*.gguf*"))


def test_an_old_part_of_another_version_is_not_mixed_in(served: Web, config: Config) -> None:
    part = folder(config) / ".parts" / "tiny" / "model.gguf.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"rubbish from before")
    fetcher(config).fetch(["tiny"])
    assert (folder(config) / "tiny" / "model.gguf").read_bytes() == CONTENT
    assert [wanted for _, wanted, _ in served.requests] == ["bytes=19-", ""]


def test_an_interrupted_fetch_goes_on_next_time(served: Web, config: Config) -> None:
    served.cut_after = [1_000, 0]
    with pytest.raises(ModelError, match="the connection ended"):
        fetcher(config).fetch(["tiny"])
    fetcher(config).fetch(["tiny"])
    assert served.requests[-1][1] == "bytes=1000-"


@pytest.mark.usefixtures("served")
def test_a_damaged_model_is_brought_again(config: Config) -> None:
    fetcher(config).fetch(["tiny"])
    place = folder(config) / "tiny" / "model.gguf"
    place.write_bytes(b"GGUF cut short")
    (again,) = fetcher(config).fetch(["tiny"])
    assert again.fetched
    assert place.read_bytes() == CONTENT


def test_without_a_checksum_only_on_request_and_then_pinned(
    web: Web, manifest: Manifest, config: Config
) -> None:
    web.files["/m"] = CONTENT
    manifest(entry(f"{web.url}/m", None))
    with pytest.raises(ModelError, match="no one has vouched") as caught:
        fetcher(config).fetch(["tiny"])
    assert "--trust-first-download" in caught.value.hint
    assert web.requests == []
    fetcher(config, trust_first=True).fetch(["tiny"])
    store = Store(config)
    assert store.known.get("tiny").files[0].sha256 == sha256(CONTENT)
    assert store.entry(store.known.get("tiny")).read_bytes() == CONTENT
    (folder(config) / "tiny" / "model.gguf").write_bytes(b"swapped")
    with pytest.raises(WrongChecksum):
        Store(config).entry(store.known.get("tiny"))
    web.files["/m"] = b"another"
    web.etag = '"two"'
    with pytest.raises(WrongChecksum):
        fetcher(config, trust_first=True).fetch(["tiny"])


def zipped(path: Path, members: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(path, "w") as opened:
        for name, content in members.items():
            opened.writestr(name, content)
    return path.read_bytes()


@pytest.fixture
def vosk(web: Web, manifest: Manifest, tmp_path: Path) -> bytes:
    """A ZIP with a folder, like Vosk's."""
    content = zipped(tmp_path / "z", {"vosk-x/am/final.mdl": b"am", "vosk-x/conf/model.conf": b"conf"})
    web.files["/v.zip"] = content
    manifest(entry(f"{web.url}/v.zip", content, name="vosk-x", kind="stt", engine="vosk", unpack="vosk-x"))
    return content


@pytest.mark.usefixtures("vosk")
def test_an_archive_becomes_a_folder_that_stays_verified(config: Config) -> None:
    (fetched,) = fetcher(config).fetch(["vosk-x"])
    place = Path(fetched.path)
    assert sorted(p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()) == [
        ".sha256sums",
        "am/final.mdl",
        "conf/model.conf",
    ]
    store = Store(config)
    model = store.known.get("vosk-x")
    assert store.entry(model) == place
    (place / "am" / "final.mdl").write_bytes(b"changed")
    with pytest.raises(WrongChecksum):
        store.entry(model)
    assert (place / "am" / "final.mdl.bad").exists()
    with pytest.raises(ModelError):
        Store(config).entry(model)
    (again,) = fetcher(config).fetch(["vosk-x"])
    assert again.fetched
    assert Store(config).entry(model) == place


@pytest.mark.usefixtures("vosk")
def test_an_archive_of_another_version_is_replaced(
    web: Web, manifest: Manifest, config: Config, tmp_path: Path
) -> None:
    fetcher(config).fetch(["vosk-x"])
    newer = zipped(tmp_path / "z2", {"vosk-x/am/final.mdl": b"better"})
    web.files["/v2.zip"] = newer
    manifest(entry(f"{web.url}/v2.zip", newer, name="vosk-x", kind="stt", engine="vosk", unpack="vosk-x"))
    (again,) = fetcher(config).fetch(["vosk-x"])
    assert again.fetched
    assert (folder(config) / "vosk-x" / "am" / "final.mdl").read_bytes() == b"better"
    assert not (folder(config) / "vosk-x" / "conf").exists()


def test_the_cache_saves_the_second_download(
    served: Web, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APPLIANCE_MODEL_CACHE", str(tmp_path / "cache"))
    fetcher(config).fetch(["tiny"])
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [sha256(CONTENT)]
    (folder(config) / "tiny" / "model.gguf").unlink()
    fetcher(config).fetch(["tiny"])
    assert (folder(config) / "tiny" / "model.gguf").read_bytes() == CONTENT
    assert len(served.requests) == 1


@pytest.mark.usefixtures("served")
def test_a_damaged_cache_is_not_believed(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APPLIANCE_MODEL_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / sha256(CONTENT)).write_bytes(b"rubbish")
    fetcher(config).fetch(["tiny"])
    assert (folder(config) / "tiny" / "model.gguf").read_bytes() == CONTENT
    assert (tmp_path / "cache" / sha256(CONTENT)).read_bytes() == CONTENT


@pytest.mark.usefixtures("served")
def test_what_a_killed_fetch_left_is_removed(config: Config) -> None:
    for name in (".wheel-abc", ".old-tiny"):
        (folder(config) / name).mkdir(parents=True)
    fetcher(config).fetch(["tiny"])
    assert {path.name for path in folder(config).iterdir()} == {".lock", ".parts", "tiny", "verified.json"}


def test_two_fetches_at_once_download_once(served: Web, config: Config) -> None:
    results: list[list[Fetched]] = []
    threads = [
        threading.Thread(target=lambda: results.append(fetcher(config).fetch(["tiny"]))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result[0].fetched for result in results) == [False, False, True]
    assert len(served.requests) == 1


@pytest.mark.usefixtures("served")
def test_a_data_folder_that_cannot_be_made_is_named(config: Config) -> None:
    Path(config.paths.data).write_text("a file in its place")
    with pytest.raises(ModelError, match="cannot be made"):
        fetcher(config).fetch(["tiny"])


def test_an_unknown_name_fetches_nothing(served: Web, config: Config) -> None:
    with pytest.raises(ModelError, match="no model 'other'"):
        fetcher(config).fetch(["tiny", "other"])
    assert served.requests == []


WHEEL = """
[[model]]
name = "word"
kind = "wake"
engine = "openwakeword"
licence = "MIT"
source = {{ wheel = "tiny-words", version = "1.0" }}
files = [{{ name = "word.onnx", member = "tiny_words/word.onnx", size = {size}, sha256 = "{sha}" }}]
[[model]]
name = "second"
kind = "wake"
engine = "openwakeword"
licence = "MIT"
source = {{ wheel = "tiny-words", version = "1.0" }}
files = [{{ name = "second.onnx", member = "tiny_words/second.onnx", size = 3, sha256 = "{second}" }}]
"""


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel in a local folder, as the only index of uv and pip."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    files = {
        "tiny_words/__init__.py": b"raise SystemExit('the code of the wheel ran')",
        "tiny_words/word.onnx": b"onnx word",
        "tiny_words/second.onnx": b"two",
        "tiny_words-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tiny-words\nVersion: 1.0\n",
        "tiny_words-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in files) + "tiny_words-1.0.dist-info/RECORD,,\n"
    zipped(
        wheels / "tiny_words-1.0-py3-none-any.whl",
        files | {"tiny_words-1.0.dist-info/RECORD": record.encode()},
    )
    for name, value in {
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(wheels),
        "UV_NO_CONFIG": "1",
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
    }.items():
        monkeypatch.setenv(name, value)
    return wheels


@pytest.mark.usefixtures("index")
def test_models_come_out_of_a_wheel_by_the_persons_own_installer(manifest: Manifest, config: Config) -> None:
    manifest(WHEEL.format(size=9, sha=sha256(b"onnx word"), second=sha256(b"two")))
    fetched = fetcher(config).fetch(["word", "second"])
    assert [Path(each.path).read_bytes() for each in fetched] == [b"onnx word", b"two"]
    assert sorted(path.name for path in folder(config).iterdir()) == [
        *(".lock", ".parts", "second", "verified.json", "word")
    ]


@pytest.mark.usefixtures("index")
def test_a_wheel_that_holds_something_else_is_refused(manifest: Manifest, config: Config) -> None:
    manifest(WHEEL.format(size=9, sha="0" * 64, second=sha256(b"two")))
    with pytest.raises(WrongChecksum):
        fetcher(config).fetch(["word"])
    manifest(WHEEL.format(size=8, sha=sha256(b"onnx word"), second=sha256(b"two")))
    with pytest.raises(ModelError, match="another size"):
        fetcher(config).fetch(["word"])


def test_without_the_index_the_sentence_is_clear(index: Path, manifest: Manifest, config: Config) -> None:
    (index / "tiny_words-1.0-py3-none-any.whl").unlink()
    manifest(WHEEL.format(size=9, sha=sha256(b"onnx word"), second=sha256(b"two")))
    with pytest.raises(ModelError, match=r"tiny-words 1\.0, which carries the model, did not come") as caught:
        fetcher(config).fetch(["word"])
    assert "connect to the network" in caught.value.hint


def test_without_an_installer_the_remedy_is_named(manifest: Manifest, config: Config, tmp_path: Path) -> None:
    manifest(WHEEL.format(size=9, sha=sha256(b"onnx word"), second=sha256(b"two")))
    bare = {
        "PATH": str(tmp_path),
        "HOME": str(tmp_path),
        "APPLIANCE_MANIFEST": os.environ["APPLIANCE_MANIFEST"],
    }
    if (
        subprocess.run(
            [sys.executable, "-m", "pip", "--version"], capture_output=True, check=False
        ).returncode
        == 0
    ):
        pytest.skip("this environment has pip itself")
    with pytest.raises(ModelError, match="neither uv nor pip"):
        fetcher(config, environ=bare).fetch(["word"])


def test_a_package_that_is_not_installed_is_missing(manifest: Manifest, config: Config) -> None:
    manifest(
        "[[model]]\nname = 'p'\nkind = 'wake'\nengine = 'microwakeword'\nlicence = 'MIT'\n"
        "source = { package = 'no-such-package' }\nfiles = [{ name = 'f', member = 'no/f' }]\n"
    )
    with pytest.raises(MissingModel, match="no-such-package is not installed"):
        fetcher(config).fetch(["p"])
