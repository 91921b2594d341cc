"""Where the model files of a configuration are: what the supervisor puts into `Configure`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.config.model import Config
from appliance.ops import needs
from appliance.ops.manifest import Model, catalogue
from appliance.ops.needs import EngineKind
from appliance.ops.store import MissingModel, Store, verify

if TYPE_CHECKING:
    from appliance.ops.install import Fetched

__all__ = ["MissingModel", "available_words", "fetch", "find", "needed", "verify"]


def find(config: Config, kind: EngineKind) -> dict[str, str]:
    """The `models` of `Configure` for the configured engine of this kind, every file verified.

    wake: each word of `wake.words` → its file, for openWakeWord also "melspectrogram" and "embedding".
    stt: "model" and, when chosen, "speaker". tts: "voice". llm: "model", or nothing when none is chosen.
    Engines that bring their own model get {}. Raises MissingModel or WrongChecksum (both have `missing` True:
    fetching mends it), ModelError for a name that no manifest has. Reads a new or changed file as a whole:
    seconds for gigabytes, so not on an event loop.
    """
    store = Store(config)
    wants = list(needs.wanted(config, kind, store.known))
    return {key: str(_path(store, want)) for key, want in wants}


def _path(store: Store, want: Model | Path) -> Path:
    if isinstance(want, Model):
        return store.entry(want)
    if not want.exists():
        raise MissingModel(f"the model {want} does not exist", f"ls -l {want}")
    return want


def available_words(config: Config) -> list[str]:
    """Wake words that the configured engine has a model for on this machine, sorted."""
    store = Store(config)
    models = needs.word_models(config, store.known)
    return sorted(word for word, model in models.items() if store.present(model) is not None)


def needed(config: Config) -> list[str]:
    """Names of the models that the configured engines open. Raises ModelError for an unknown name."""
    return needs.needed(config, catalogue(config))


def fetch(
    config: Config, names: Sequence[str] = (), progress: Callable[[str, int, int], None] | None = None
) -> list[Fetched]:
    """Bring these models, or without names what the configuration needs; those that are here stay.

    `progress` gets (name, bytes here, bytes in all or 0). Raises ModelError at the first that fails.
    """
    # TLS and HTTP cost the supervisor memory that it needs for nothing else.
    from appliance.ops.install import Fetcher, silent

    return Fetcher(config, progress or silent).fetch(names)
