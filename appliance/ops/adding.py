"""Take a person's own model file into the data folder, with its checksum."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import msgspec

from appliance.config.model import Config
from appliance.config.render import tables_document
from appliance.errors import ModelError
from appliance.folders import sync_folder
from appliance.ops import checksums
from appliance.ops.manifest import ADDED_FILE, Kind, Model, ModelFile, folder, read

ENGINE_KINDS: dict[str, Kind] = {
    "openwakeword": "wake",
    "microwakeword": "wake",
    "vosk": "stt",
    "piper": "tts",
    "llamacpp": "llm",
}
MAX_FOLDER_FILES = 1_000
HEAD_BYTES = 16
MAX_NAME_CHARACTERS = 100


class Request(msgspec.Struct, frozen=True):
    """What a person wants to add; empty texts are guessed from the file."""

    path: Path
    name: str = ""
    engine: str = ""
    kind: str = ""
    licence: str = "unknown"
    languages: tuple[str, ...] = ()


def add(config: Config, request: Request) -> Model:
    """Copy the file (with its companion) or folder, and enter it into `added.toml`.

    Raises ModelError when it is no model, the engine cannot be told, or the copy fails.
    """
    source = request.path
    if not source.exists():
        raise ModelError(f"{source} does not exist", f"ls -l {source.parent}")
    engine = request.engine or guess_engine(source)
    name = request.name or _clean(source.name if source.is_dir() else source.stem)
    if _clean(name) != name or len(name) > MAX_NAME_CHARACTERS:
        what = f"model {name[:MAX_NAME_CHARACTERS]}: a name is made of letters, digits, '.', '_' and '-'"
        raise ModelError(what, f"--name {_clean(name)[:MAX_NAME_CHARACTERS]}")
    root = folder(config)
    entry = _entry(request, name, engine, root)
    _enter(root, entry)
    return entry


def guess_engine(path: Path) -> str:
    """The engine that this file is for. Raises ModelError when that cannot be told."""
    head = b"" if path.is_dir() else _head(path)
    if head.startswith(b"GGUF"):
        return "llamacpp"
    if head[4:8] == b"TFL3":
        return "microwakeword"
    if path.is_dir() and (path / "am").is_dir():
        return "vosk"
    if path.suffix == ".onnx":
        return "piper" if companion(path, "piper") else "openwakeword"
    known = ", ".join(ENGINE_KINDS)
    raise ModelError(f"{path} looks like no model that an engine here reads", f"name it: --engine ({known})")


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}", f"ls -l {path}") from error


def companion(path: Path, engine: str) -> Path | None:
    """The description that belongs to a model file: `x.onnx.json` for Piper, `x.json` for microWakeWord."""
    names = {"piper": path.with_name(path.name + ".json"), "microwakeword": path.with_suffix(".json")}
    found = names.get(engine)
    return found if found is not None and found.is_file() else None


def _entry(request: Request, name: str, engine: str, root: Path) -> Model:
    kind = request.kind or ENGINE_KINDS.get(engine, "")
    if not kind:
        raise ModelError(f"engine {engine!r} is not known here", f"one of: {', '.join(ENGINE_KINDS)}")
    target = root / name
    staging = root / f".adding-{name}"
    shutil.rmtree(staging, ignore_errors=True)
    files, inside = _copied(request.path, engine, staging)
    try:
        entry = msgspec.convert(
            {
                "name": name,
                "kind": kind,
                "engine": engine,
                "licence": request.licence,
                "languages": list(request.languages),
                "files": [msgspec.to_builtins(file) for file in files],
                "unpack": inside,
            },
            Model,
        )
        _replace(staging, target)
    except msgspec.ValidationError as error:
        raise ModelError(f"model {name}: {error}", "choose another: --name, --engine, --kind") from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return entry


def _replace(staging: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    staging.replace(target)
    sync_folder(target.parent)


def _copied(source: Path, engine: str, staging: Path) -> tuple[list[ModelFile], str]:
    """(files of the entry, folder inside) after copying into `staging`."""
    copy = _copy_folder if source.is_dir() else _copy_files
    try:
        staging.parent.mkdir(parents=True, exist_ok=True)
        return copy(source, engine, staging)
    except OSError as error:
        hint = "run it as the service's user, or set paths.data to a folder you may write"
        raise ModelError(f"{source} cannot be copied to {staging.parent}: {error}", hint) from error


def _copy_files(source: Path, engine: str, staging: Path) -> tuple[list[ModelFile], str]:
    described = companion(source, engine)
    # The engine opens the first file: for microWakeWord that is the description, which names the other.
    parts = [source] if described is None else [source, described]
    if engine == "microwakeword":
        parts.reverse()
    if engine in {"piper", "microwakeword"} and described is None:
        raise ModelError(
            f"{source}: its description (.json) is not beside it", "put both files into one folder"
        )
    staging.mkdir()
    # microWakeWord's description names its model, so those two keep their names.
    names = [part.name if engine == "microwakeword" else _clean(part.name) for part in parts]
    for part, name in zip(parts, names, strict=True):
        shutil.copyfile(part, staging / name)
    return [_described(staging / name) for name in names], ""


def _described(path: Path) -> ModelFile:
    return ModelFile(path.name, checksums.sha256_of(path), path.stat().st_size)


def _copy_folder(source: Path, engine: str, staging: Path) -> tuple[list[ModelFile], str]:
    files = [path for path in source.rglob("*") if path.is_file()]
    if any(path.is_symlink() for path in source.rglob("*")) or len(files) > MAX_FOLDER_FILES:
        raise ModelError(f"{source} holds links or more than {MAX_FOLDER_FILES} files", f"ls -lR {source}")
    if engine != "vosk":
        raise ModelError(f"{source} is a folder; engine {engine} takes a file", "name the file itself")
    shutil.copytree(source, staging, copy_function=shutil.copyfile)
    listing = "\n".join(sorted(checksums.sha256_of(path) for path in files)).encode()
    digest = hashlib.sha256(listing).hexdigest()
    checksums.write_sums(staging, digest)
    size = sum(path.stat().st_size for path in files)
    name = _clean(source.name)
    return [ModelFile(name, digest, size)], name


def _clean(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._") or "model"


def _enter(root: Path, entry: Model) -> None:
    path = root / ADDED_FILE
    others = [
        model for model in (read(path, added=True) if path.exists() else []) if model.name != entry.name
    ]
    tables = [_table(model) for model in (*others, entry)]
    document = tables_document("Models added with `appliance models add`.", "model", tables)
    checksums.write_atomically(path, document.encode())


def _table(model: Model) -> dict[str, object]:
    """The entry as the manifest writes it, without what is at its default."""
    table: dict[str, object] = msgspec.to_builtins(model)
    table["files"] = [{key: value for key, value in file.items() if value} for file in table["files"]]  # type: ignore[attr-defined]
    return {key: value for key, value in table.items() if value and key not in {"added", "source"}}
