"""What a configuration needs, where it is found, and that nothing unverified is handed to an engine."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from appliance.config.model import Config, Llm, Stt, Tts, Vad, Wake
from appliance.errors import ModelError
from appliance.ops import models
from appliance.ops.adding import Request, add, guess_engine
from appliance.ops.checksums import Memory, WrongChecksum, read_sums, sha256_of, write_atomically, write_sums
from appliance.ops.inventory import listed, verdicts
from appliance.ops.manifest import catalogue, folder
from appliance.ops.needs import needed
from appliance.ops.store import MissingModel
from tests.ops.conftest import entry, sha256
from tests.ops.web import Web

ONNX = b"\x08\x07 an onnx"
GGUF = b"GGUF and more"


def words(*names: str, engine: str = "openwakeword", role: str = "") -> str:
    """Wake models out of a wheel that does not exist."""
    return "".join(
        f'[[model]]\nname = "{name}"\nkind = "wake"\nengine = "{engine}"\nlicence = "MIT"\nrole = "{role}"\n'
        f'source = {{ wheel = "none", version = "1" }}\n'
        f'files = [{{ name = "{name}.onnx", member = "x", size = {len(ONNX)}, sha256 = "{sha256(ONNX)}" }}]\n'
        for name in names
    )


MANIFEST = (
    words("alexa", "hey_jarvis")
    + words("melspectrogram", role="melspectrogram")
    + entry("https://example.org/m", GGUF)
    + entry("https://example.org/v", b"v", name="voice-de", kind="tts", engine="piper").replace(
        'licence = "MIT"', 'licence = "MIT"\nlanguages = ["de"]'
    )
)


@pytest.fixture(autouse=True)
def _known(manifest: Callable[[str], Path]) -> None:
    manifest(MANIFEST)


def put(config: Config, name: str, content: bytes = ONNX, *, image: bool = False) -> Path:
    root = Path(config.paths.models) if image else folder(config)
    path = root / name / f"{name}.onnx"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def with_(config: Config, **sections: object) -> Config:
    return msgspec.structs.replace(config, **sections)


def test_wake_models_are_the_words_and_what_every_word_needs(config: Config) -> None:
    paths = {name: put(config, name) for name in ("alexa", "hey_jarvis", "melspectrogram")}
    assert models.find(config, "wake") == {name: str(path) for name, path in paths.items()}
    one = with_(config, wake=Wake(words=("alexa",)))
    assert set(models.find(one, "wake")) == {"alexa", "melspectrogram"}


def test_a_missing_model_names_its_remedy(config: Config) -> None:
    with pytest.raises(MissingModel) as caught:
        models.find(config, "wake")
    assert caught.value.missing
    assert caught.value.hint == "appliance models fetch melspectrogram"


def test_an_unknown_word_names_those_there_are(config: Config) -> None:
    other = with_(config, wake=Wake(words=("hey_you",)))
    with pytest.raises(ModelError, match="no model for 'hey_you'") as caught:
        models.find(other, "wake")
    assert "alexa, hey_jarvis" in caught.value.hint
    assert not getattr(caught.value, "missing", False)


def test_words_of_this_machine(config: Config) -> None:
    assert models.available_words(config) == []
    put(config, "alexa")
    put(config, "hey_jarvis", image=True)
    assert models.available_words(config) == ["alexa", "hey_jarvis"]


def test_the_image_goes_before_the_data_folder(config: Config) -> None:
    one = with_(config, wake=Wake(words=("alexa",)))
    put(config, "melspectrogram")
    put(config, "alexa")
    image = put(config, "alexa", image=True)
    assert models.find(one, "wake")["alexa"] == str(image)
    image.write_bytes(b"damaged")
    assert models.find(one, "wake")["alexa"] == str(folder(config) / "alexa" / "alexa.onnx")
    assert image.read_bytes() == b"damaged"


def test_a_damaged_file_is_set_aside_and_never_handed_out(config: Config) -> None:
    one = with_(config, wake=Wake(words=("alexa",)))
    put(config, "melspectrogram")
    path = put(config, "alexa", ONNX[:-1])
    with pytest.raises(WrongChecksum, match="is not the file it should be") as caught:
        models.find(one, "wake")
    assert caught.value.missing
    assert (path.exists(), path.with_name("alexa.onnx.bad").exists()) == (False, True)
    with pytest.raises(MissingModel):
        models.find(one, "wake")


def test_a_verified_file_is_read_again_only_when_it_changed(config: Config) -> None:
    one = with_(config, wake=Wake(words=("alexa",)))
    put(config, "melspectrogram")
    path = put(config, "alexa")
    models.find(one, "wake")
    assert Memory(folder(config)).knows(path) == sha256(ONNX)
    before = path.stat()
    path.write_bytes(bytes(reversed(ONNX)))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
    with pytest.raises(WrongChecksum):
        models.find(one, "wake")


def test_the_memory_is_what_makes_a_start_fast(config: Config) -> None:
    """With size, time and inode as remembered, the content is not read: proven by a content that differs."""
    one = with_(config, wake=Wake(words=("alexa",)))
    put(config, "melspectrogram")
    path = put(config, "alexa")
    models.find(one, "wake")
    before = path.stat()
    path.write_bytes(bytes(reversed(ONNX)))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert models.find(one, "wake")["alexa"] == str(path)
    (verdict,) = verdicts(one, ["alexa"])
    assert not verdict.ok


@pytest.mark.parametrize("rubbish", [b"", b"{", b"[]", b'{"x": 1}', b"\xff"])
def test_a_broken_memory_costs_time_and_nothing_else(config: Config, rubbish: bytes) -> None:
    one = with_(config, wake=Wake(words=("alexa",)))
    put(config, "melspectrogram")
    put(config, "alexa")
    (folder(config) / "verified.json").write_bytes(rubbish)
    assert set(models.find(one, "wake")) == {"alexa", "melspectrogram"}


def test_engines_that_bring_their_own_need_nothing(config: Config) -> None:
    assert models.find(config, "stt") == {}
    assert models.find(config, "tts") == {}
    assert models.find(config, "vad") == {}
    assert models.find(config, "llm") == {}
    assert models.find(with_(config, vad=Vad(engine="other")), "vad") == {}


def test_a_named_model_and_a_path(config: Config, tmp_path: Path) -> None:
    named = with_(config, llm=Llm(model="tiny"))
    with pytest.raises(MissingModel):
        models.find(named, "llm")
    place = folder(config) / "tiny" / "model.gguf"
    place.parent.mkdir(parents=True)
    place.write_bytes(GGUF)
    assert models.find(named, "llm") == {"model": str(place)}
    own = tmp_path / "own"
    by_path = with_(config, stt=Stt(engine="vosk", model=str(own), speaker_model=str(own)))
    with pytest.raises(MissingModel, match="does not exist"):
        models.find(by_path, "stt")
    own.mkdir()
    assert models.find(by_path, "stt") == {"model": str(own), "speaker": str(own)}
    with pytest.raises(ModelError, match=r"llm\.model: there is no model 'tinny'"):
        models.find(with_(config, llm=Llm(model="tinny")), "llm")


def test_an_engine_without_a_model_of_its_own_takes_the_one_for_the_language(config: Config) -> None:
    german = with_(config, language="de", tts=Tts(engine="piper"))
    with pytest.raises(MissingModel, match="voice-de"):
        models.find(german, "tts")
    with pytest.raises(ModelError, match="no model of engine piper for language 'en'"):
        models.find(with_(config, tts=Tts(engine="piper")), "tts")


def test_what_is_needed(config: Config) -> None:
    everything = with_(config, llm=Llm(model="tiny"), wake=Wake(words=("alexa",)))
    assert needed(everything, catalogue(config)) == ["melspectrogram", "alexa", "tiny"]
    assert models.needed(with_(config, wake=Wake(engine="none", words=("/a/b.onnx",)))) == []


def test_a_word_may_be_a_file_of_ones_own(config: Config, tmp_path: Path) -> None:
    put(config, "melspectrogram")
    own = tmp_path / "hey_house.onnx"
    own.write_bytes(ONNX)
    found = models.find(with_(config, wake=Wake(words=(str(own),))), "wake")
    assert found["hey_house"] == str(own)


def test_fetch_brings_what_is_needed(config: Config, web: Web, manifest: Callable[[str], Path]) -> None:
    web.files["/m"] = GGUF
    manifest(words("alexa") + entry(f"{web.url}/m", GGUF))
    put(config, "alexa")
    ready = with_(config, wake=Wake(words=("alexa",)), llm=Llm(model="tiny"))
    seen: list[str] = []
    fetched = models.fetch(ready, progress=lambda name, *_: seen.append(name))
    assert [(each.name, each.fetched) for each in fetched] == [("alexa", False), ("tiny", True)]
    assert set(seen) == {"tiny"}
    assert models.find(ready, "llm") == {"model": fetched[1].path}


def test_the_list_says_how_each_model_stands(config: Config) -> None:
    put(config, "alexa")
    put(config, "melspectrogram")
    models.verify(catalogue(config).get("alexa"), folder(config) / "alexa")
    Memory(folder(config)).sha256(folder(config) / "alexa" / "alexa.onnx")
    states = {each.name: (each.state, each.needed) for each in listed(config)}
    assert states["alexa"] == ("verified", True)
    assert states["melspectrogram"] == ("present", True)
    assert states["tiny"] == ("missing", False)


def test_verify_reads_everything_and_names_the_damaged(config: Config) -> None:
    put(config, "alexa")
    put(config, "hey_jarvis", b"other")
    found = {each.name: each.ok for each in verdicts(config)}
    assert found == {"alexa": True, "hey_jarvis": False}
    (absent,) = verdicts(config, ["tiny"])
    assert "not here yet" in absent.problem


def test_an_added_gguf_is_pinned_and_found(config: Config, tmp_path: Path) -> None:
    source = tmp_path / "My Model (v1).gguf"
    source.write_bytes(GGUF)
    model = add(config, Request(source))
    assert (model.name, model.engine, model.kind) == ("My-Model-v1", "llamacpp", "llm")


@pytest.mark.parametrize(
    ("name", "content", "beside", "engine"),
    [
        ("a.gguf", GGUF, "", "llamacpp"),
        ("a.bin", GGUF, "", "llamacpp"),
        ("a.tflite", b"\x1c\x00\x00\x00TFL3", "a.json", "microwakeword"),
        ("a.onnx", ONNX, "", "openwakeword"),
        ("a.onnx", ONNX, "a.onnx.json", "piper"),
    ],
)
def test_the_engine_is_told_from_the_file(
    config: Config, tmp_path: Path, name: str, content: bytes, beside: str, engine: str
) -> None:
    (tmp_path / name).write_bytes(content)
    if beside:
        (tmp_path / beside).write_text("{}")
    assert guess_engine(tmp_path / name) == engine
    model = add(config, Request(tmp_path / name, name="mine", languages=("en",)))
    assert len(model.files) == (2 if beside else 1)
    again = catalogue(config).get("mine")
    assert msgspec.structs.replace(again, added=False) == model
    models.verify(again, folder(config) / "mine")


def test_an_added_vosk_folder_is_verified_like_any_other(config: Config, shared_models: Path) -> None:
    add(config, Request(shared_models / "tiny-vosk", name="mine"))
    ready = with_(config, stt=Stt(engine="vosk", model="mine"))
    found = Path(models.find(ready, "stt")["model"])
    assert (found / "am" / "final.mdl").read_bytes() == (
        shared_models / "tiny-vosk/am/final.mdl"
    ).read_bytes()
    (found / "am" / "final.mdl").write_bytes(b"x")
    with pytest.raises(WrongChecksum):
        models.find(ready, "stt")


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Request(Path("none")), "does not exist"),
        (Request(Path("text.txt")), "looks like no model"),
        (Request(Path("text.txt"), engine="cat"), "engine 'cat' is not known"),
        (Request(Path("text.txt"), engine="piper"), "description"),
        (Request(Path("text.txt"), engine="llamacpp", name="../x"), "model ../x"),
        (Request(Path("folder"), engine="piper"), "is a folder"),
    ],
)
def test_what_cannot_be_added_is_named(
    config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_: Request, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text("hello")
    Path("folder").mkdir()
    with pytest.raises(ModelError) as caught:
        add(config, request_)
    assert said in caught.value.message
    assert not (folder(config) / "added.toml").exists()
    assert not list(folder(config).glob(".adding*"))


def test_a_list_of_checksums_cut_short_is_not_believed(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    for name in ("a", "b"):
        (place / name).write_text(name)
    write_sums(place, "s" * 64)
    source, sums = read_sums(place)
    assert (source, set(sums)) == ("s" * 64, {"a", "b"})
    path = place / ".sha256sums"
    whole = path.read_text().splitlines(keepends=True)
    for cut in ("".join(whole[:2]), whole[0], "", "\ufffd"):
        path.write_text(cut)
        with pytest.raises(WrongChecksum, match="is damaged"):
            read_sums(place)


def test_a_pipe_or_missing_file_has_no_checksum(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ModelError, match="not a regular file"):
        sha256_of(tmp_path / "pipe")
    with pytest.raises(ModelError, match="cannot be read"):
        sha256_of(tmp_path / "none")


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "place" / "f"
    path.parent.mkdir()
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert [each.name for each in path.parent.iterdir()] == ["f"]
    with pytest.raises(ModelError, match="cannot be written"):
        write_atomically(tmp_path / "none" / "f", b"x")
