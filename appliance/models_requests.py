"""What the local socket can ask of models and voices: which there are, bring one, take one away."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec

from appliance.config.model import Config
from appliance.control import Answer, Handler
from appliance.errors import ControlError, ModelError
from appliance.ops.fetches import Fetches
from appliance.ops.inventory import Listed, listed
from appliance.ops.manifest import Model, folder
from appliance.ops.store import Store

VOICES_SECONDS = 5.0
MAX_VOICES = 300
MAX_NAME = 100
MAX_CARD_BYTES = 256 * 1024
ESPEAK_LICENCE = "GPL-3.0-or-later"
ESPEAK_RATE_HZ = 22_050


class Configured(Protocol):
    """The appliance, as far as its models are concerned."""

    config: Config


class ModelsRequests:
    """Handlers by name; `close` at the end."""

    def __init__(self, appliance: Configured, on_arrival: Callable[[str], None] = lambda _name: None) -> None:
        """`on_arrival` hears the name of each model that has arrived."""
        self._appliance = appliance
        self._fetches = Fetches(lambda: appliance.config, on_arrival)

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return {
            "models": self._models,
            "model_fetch": self._fetch,
            "model_fetches": self._shown,
            "model_cancel": self._cancel,
            "model_remove": self._remove,
            "voices": self._voices,
        }

    async def close(self) -> None:
        """End what is being fetched."""
        await self._fetches.close()

    async def _models(self, request: Answer) -> Answer:
        del request
        models = await asyncio.to_thread(listed, self._appliance.config)
        return {"models": [msgspec.to_builtins(each) for each in models], "fetches": self._fetches.shown()}

    async def _fetch(self, request: Answer) -> Answer:
        """`name`; `trust_first` accepts a file that nobody has vouched for, and pins what arrives."""
        name, trust = _name(request), request.get("trust_first", False)
        if not isinstance(trust, bool):
            raise ControlError("model_fetch: `trust_first` is true or false")
        model = await asyncio.to_thread(_model, self._appliance.config, name)
        if model.source_kind in {"package", "added"}:
            raise ControlError(f"{name} is not fetched", "it came with the appliance, or was added by hand")
        if not model.pinned and not trust:
            raise ControlError(
                f"nobody has vouched for the checksum of {name} yet",
                "trust_first accepts and pins what arrives",
            )
        return {"fetch": msgspec.to_builtins(self._fetches.start(name, trust_first=trust))}

    async def _shown(self, request: Answer) -> Answer:
        del request
        return {"fetches": self._fetches.shown()}

    async def _cancel(self, request: Answer) -> Answer:
        return {"fetch": msgspec.to_builtins(self._fetches.cancel(_name(request)))}

    async def _remove(self, request: Answer) -> Answer:
        name = _name(request)
        return await asyncio.to_thread(remove, self._appliance.config, name)

    async def _voices(self, request: Answer) -> Answer:
        """All that could speak, and the one that does."""
        del request
        config = self._appliance.config
        return {
            "engine": config.tts.engine,
            "voice": chosen_voice(config),
            "speed": config.tts.speed,
            "voices": await asyncio.to_thread(lambda: list(voices(config))),
        }


def chosen_voice(config: Config) -> str:
    """The name of the voice that is configured."""
    if config.tts.engine == "espeak":
        return config.tts.voice or "default"
    return config.tts.model or "default"


def voices(config: Config) -> Iterator[dict[str, Any]]:
    """Every voice: name, engine, languages, licence, rate_hz, installed, setting (its key), chosen."""
    configured = chosen_voice(config)
    for model in listed(config):
        if model.kind == "tts":
            yield _piper(config, model, configured)
    for name, language in espeak_voices(config.language) if shutil.which("espeak-ng") else ():
        yield {
            "name": name, "engine": "espeak", "languages": [language], "licence": ESPEAK_LICENCE,
            "rate_hz": ESPEAK_RATE_HZ, "installed": True, "setting": "tts.voice",
            "chosen": config.tts.engine == "espeak" and name == configured,
        }  # fmt: skip


def _piper(config: Config, model: Listed, configured: str) -> dict[str, Any]:
    return {
        "name": model.name,
        "engine": model.engine,
        "languages": list(model.languages),
        "licence": model.licence,
        "rate_hz": _rate(config, model.name),
        "installed": model.state != "missing",
        "setting": "tts.model",
        "chosen": config.tts.engine == model.engine and model.name == configured,
    }


def _rate(config: Config, name: str) -> int | None:
    """As the voice's own card says; None while it is not here."""
    store = Store(config)
    model = store.known.get(name)
    place = store.present(model)
    for card in sorted(place.glob("*.json")) if place is not None else ():
        try:
            with card.open("rb") as file:
                read = msgspec.json.decode(file.read(MAX_CARD_BYTES))
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            continue
        audio = read.get("audio") if isinstance(read, dict) else None
        rate = audio.get("sample_rate") if isinstance(audio, dict) else None
        if isinstance(rate, int):
            return rate
    return None


def espeak_voices(language: str) -> list[tuple[str, str]]:
    """Voices of eSpeak NG for a language, with their own language; the default is always there."""
    if not language.isalnum():
        return [("default", language)]
    try:
        done = subprocess.run(
            ["espeak-ng", f"--voices={language}"], capture_output=True, timeout=VOICES_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return [("default", language)]
    return [("default", language), *espeak_table(done.stdout.decode("utf-8", "replace"))]


def espeak_table(table: str) -> list[tuple[str, str]]:
    """Names and languages in what `espeak-ng --voices` prints, without those that need mbrola."""
    rows = (line.split() for line in table.splitlines()[1:MAX_VOICES])
    found = {
        row[4].rsplit("/", 1)[-1].lower(): row[1]
        for row in rows
        if len(row) > 4 and not row[4].startswith("mb/")
    }
    return list(found.items())


def remove(config: Config, name: str) -> Answer:
    """Take a fetched model's files away. Raises ControlError, ModelError."""
    entry = next((each for each in listed(config) if each.name == name), None)
    if entry is None:
        _model(config, name)
    elif entry.needed:
        raise ControlError(f"{name} is needed by the configuration", "choose another one first")
    elif entry.source not in {"url", "wheel"}:
        raise ControlError(
            f"{name} is not ours to remove", "it came with the appliance, or was added by hand"
        )
    place = folder(config) / name
    if not place.is_dir() or place.is_symlink():
        raise ControlError(f"{name} is not here", f"nothing lies in {place}")
    away = place.with_name(f".old-{name}")
    try:
        shutil.rmtree(away, ignore_errors=True)
        place.replace(away)
    except OSError as error:
        raise ModelError(f"{place} cannot be removed: {error.strerror}", f"ls -la {place}") from error
    freed = sum(file.stat().st_size for file in away.rglob("*") if file.is_file())
    shutil.rmtree(away, ignore_errors=True)
    return {"removed": name, "freed_bytes": freed}


def _model(config: Config, name: str) -> Model:
    return Store(config).known.get(name)


def _name(request: Answer) -> str:
    name = request.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or Path(name).name != name:
        raise ControlError("a model has a `name`", "see: appliance models list")
    return name
