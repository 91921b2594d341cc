"""Find an engine's file by its kind and name, and check its options without loading its library."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from appliance.errors import EngineError

KINDS = ("wake", "vad", "stt", "llm", "tts")


def names(kind: str) -> list[str]:
    """Names of the engines of this kind, sorted."""
    package = importlib.import_module(f"appliance.engines.{kind}")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def module(kind: str, name: str) -> Any:
    """The engine's module. Raises EngineError for a name that is no engine of this kind."""
    known = names(kind)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"one of: {', '.join(known)}"
        raise EngineError(f"{kind}.engine: there is no engine {name!r}", hint)
    return importlib.import_module(f"appliance.engines.{kind}.{name}")


def options(kind: str, name: str, given: Mapping[str, object]) -> Any:
    """The engine's Options from a table. Raises EngineError naming the key that does not fit."""
    kind_options = module(kind, name).Options
    try:
        return msgspec.convert(dict(given), kind_options)
    except msgspec.ValidationError as error:
        known = ", ".join(kind_options.__struct_fields__) or "none"
        raise EngineError(f"{kind}.options for engine {name!r}: {error}", f"known keys: {known}") from error


def create(kind: str, name: str, given: Mapping[str, object], models: Mapping[str, str], threads: int) -> Any:
    """A new engine, not opened yet."""
    files = {key: Path(path) for key, path in models.items()}
    return module(kind, name).Engine(options(kind, name, given), files, threads)


def library_present(name: str) -> bool:
    """Is this library installed? Looks, does not import."""
    return find_spec(name) is not None
