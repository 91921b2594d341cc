"""The catalogue of models: `models.toml`, and what a person added to it.

A model is a folder of files with checksums. Its source is a URL for each file, members of a named wheel, or
files of a package that is installed anyway. Nothing is fetched or verified here.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from appliance.config.load import read_toml
from appliance.config.model import Config
from appliance.errors import ConfigError, ModelError

Kind = Literal["wake", "stt", "tts", "llm", "vad", "speaker"]
SourceKind = Literal["url", "wheel", "package", "added"]

SYSTEM_MANIFEST = Path("/etc/appliance/models.toml")
CHECKOUT_MANIFEST = Path(__file__).resolve().parents[2] / "etc" / "appliance" / "models.toml"
MANIFEST_VARIABLE = "APPLIANCE_MANIFEST"
ADDED_FILE = "added.toml"
PINS_FILE = "pins.toml"
MAX_MODEL_BYTES = 16 * 1024**3

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\Z")]
Sha256 = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?\Z")]
Bytes = Annotated[int, Meta(ge=0, le=MAX_MODEL_BYTES)]


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every table of the manifest."""


class ModelFile(Table, frozen=True):
    """One file of a model."""

    name: Name
    """Its name in the model's folder."""
    sha256: Sha256 = ""
    """Empty: no one has vouched for the file; see docs/models.md."""
    size: Bytes = 0
    """Bytes; 0 when unknown."""
    url: str = ""
    member: str = ""
    """Path inside the wheel or the package."""


class Source(Table, frozen=True):
    """Where the files come from: neither table means a URL for each file."""

    wheel: str = ""
    version: str = ""
    package: str = ""


class Model(Table, frozen=True):
    """One entry."""

    name: Name
    kind: Kind
    engine: str
    licence: str
    files: Annotated[tuple[ModelFile, ...], Meta(min_length=1, max_length=64)]
    source: Source = Source()
    languages: tuple[str, ...] = ()
    ram_mb: Annotated[int, Meta(ge=0, le=262_144)] = 0
    """Memory of the stage with this model loaded, about; 0 when not measured."""
    word: str = ""
    """What a wake word model listens for; its name when empty."""
    role: str = ""
    """What the engine calls this file, when not what its kind says ("melspectrogram")."""
    unpack: str = ""
    """The only file is a ZIP, and the model is this folder inside it."""
    added: bool = False

    @property
    def size_bytes(self) -> int:
        """Of everything that is fetched."""
        return sum(file.size for file in self.files)

    @property
    def pinned(self) -> bool:
        """Is every file's checksum known?"""
        return all(file.sha256 for file in self.files)

    @property
    def source_kind(self) -> SourceKind:
        """How the files get here."""
        if self.added:
            return "added"
        return "wheel" if self.source.wheel else "package" if self.source.package else "url"

    @property
    def spoken(self) -> str:
        """The wake word's name in `wake.words`."""
        return self.word or self.name


class _File(Table, frozen=True):
    model: tuple[Model, ...] = ()


class Catalogue(msgspec.Struct, frozen=True):
    """Every known model by name, in the order of the manifest."""

    models: Mapping[str, Model]

    def get(self, name: str) -> Model:
        """The entry of this name. Raises ModelError with the nearest one."""
        if name in self.models:
            return self.models[name]
        near = difflib.get_close_matches(name, self.models, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "appliance models list"
        raise ModelError(f"there is no model {name!r} in the manifest", hint)

    def of(self, kind: str, engine: str) -> list[Model]:
        """The models of one engine."""
        return [model for model in self.models.values() if (model.kind, model.engine) == (kind, engine)]


def manifest_path(environ: Mapping[str, str] = os.environ) -> Path:
    """The manifest that is used: the one of the environment, the system's, or the checkout's."""
    named = environ.get(MANIFEST_VARIABLE)
    if named:
        return Path(named)
    return SYSTEM_MANIFEST if SYSTEM_MANIFEST.exists() else CHECKOUT_MANIFEST


def folder(config: Config) -> Path:
    """Where fetched and added models lie."""
    return Path(config.paths.data) / "models"


def read(path: Path, *, added: bool = False) -> list[Model]:
    """The entries of one file. Raises ModelError for anything that is not a manifest."""
    try:
        document = read_toml(path)
        entries = msgspec.convert(document, _File).model
    except ConfigError as error:
        raise ModelError(f"model manifest: {error.message}", error.hint) from error
    except msgspec.ValidationError as error:
        raise ModelError(f"model manifest {path}: {error}", "docs/models.md describes every field") from error
    models = [msgspec.structs.replace(entry, added=added) for entry in entries]
    _check(models, path)
    return models


def _check(models: Iterable[Model], path: Path) -> None:
    seen: set[str] = set()
    for model in models:
        problem = _problem(model)
        if model.name in seen:
            problem = "is there twice"
        if problem:
            raise ModelError(f"model manifest {path}: {model.name} {problem}", "docs/models.md")
        seen.add(model.name)


def _problem(model: Model) -> str:
    """What is wrong with one entry, "" when nothing is."""
    kind = model.source_kind
    if model.unpack and (len(model.files) != 1 or not is_plain_relative(model.unpack)):
        return "unpacks more than one file, or to a folder outside"
    if kind == "wheel" and not model.source.version:
        return "names a wheel without its version"
    for file in model.files:
        if kind == "url" and not file.url:
            return f"has no URL for {file.name}"
        if kind in {"wheel", "package"} and not is_plain_relative(file.member):
            return f"has no member path for {file.name}"
    return ""


def is_plain_relative(text: str) -> bool:
    """Is this a path that stays below where it starts?"""
    path = PurePosixPath(text)
    plain = bool(path.parts) and not path.is_absolute() and ".." not in path.parts
    return plain and "\\" not in text and "\0" not in text and len(text) <= 512


def catalogue(config: Config, environ: Mapping[str, str] = os.environ) -> Catalogue:
    """The manifest, the entries a person added, and the checksums pinned on first download."""
    models = {model.name: model for model in read(manifest_path(environ))}
    added = folder(config) / ADDED_FILE
    if added.exists():
        models |= {model.name: model for model in read(added, added=True)}
    pins = read_pins(config)
    return Catalogue({name: _pin(model, pins.get(name, {})) for name, model in models.items()})


def _pin(model: Model, pins: Mapping[str, str]) -> Model:
    if model.pinned or not pins:
        return model
    files = tuple(
        file if file.sha256 else msgspec.structs.replace(file, sha256=pins.get(file.name, ""))
        for file in model.files
    )
    return msgspec.structs.replace(model, files=files)


def read_pins(config: Config) -> dict[str, dict[str, Sha256]]:
    """Checksums accepted on first download: model name → file name → sha256. Raises ModelError."""
    path = folder(config) / PINS_FILE
    if not path.exists():
        return {}
    try:
        return msgspec.convert(read_toml(path), dict[str, dict[str, Sha256]])
    except (ConfigError, msgspec.ValidationError) as error:
        hint = f"rm {path}, then fetch the models again"
        raise ModelError(f"pinned checksums: {path}: {error}", hint) from error
