"""Which models a configuration asks for, by name or path. Pure: nothing is looked up on the disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from appliance.config.model import Config
from appliance.errors import ModelError
from appliance.ops.manifest import Catalogue, Model
from appliance.remote_llm.options import is_remote

EngineKind = Literal["wake", "vad", "stt", "llm", "tts"]
ENGINE_KINDS: tuple[EngineKind, ...] = ("wake", "vad", "stt", "llm", "tts")
Wanted = tuple[str, Model | Path]
"""What the engine calls the file, and the model or a path of the person's own."""

KEYS = {"stt": "model", "tts": "voice", "llm": "model"}
"""What engines of this kind call their model."""
TAKES_NO_OTHER = frozenset({("stt", "pocketsphinx"), ("tts", "espeak"), ("vad", "silero")})
"""Engines with one model, which comes with their package."""
OUR_OWN = {("stt", "vosk"): "en"}
"""Engines for which a model comes with the appliance, and its language; for want of another it takes any."""


def needed(config: Config, known: Catalogue) -> list[str]:
    """Names of the models that the configured engines open. Raises ModelError for an unknown name."""
    models = [
        want for kind in ENGINE_KINDS for _, want in wanted(config, kind, known) if isinstance(want, Model)
    ]
    return list(dict.fromkeys(model.name for model in models))


def wanted(config: Config, kind: EngineKind, known: Catalogue) -> Iterator[Wanted]:
    """What the engine of this kind must be given. Raises ModelError for a name that no manifest has."""
    if kind == "wake":
        yield from _wanted_wake(config, known)
    elif kind != "vad":
        yield from _wanted_model(config, kind, known)


def _wanted_wake(config: Config, known: Catalogue) -> Iterator[Wanted]:
    for model in known.of("wake", config.wake.engine):
        if model.role:
            yield model.role, model
    words = word_models(config, known)
    for word in config.wake.words:
        if "/" in word:
            yield Path(word).stem, Path(word)
        elif word in words:
            yield word, words[word]
        else:
            what = f"wake.words: engine {config.wake.engine} has no model for {word!r}"
            raise ModelError(
                what, f"one of: {', '.join(sorted(words)) or 'none'}; or: appliance models add FILE"
            )


def word_models(config: Config, known: Catalogue) -> dict[str, Model]:
    """Wake words that the configured engine has a model for in the manifest, with that model."""
    models = known.of("wake", config.wake.engine)
    return {model.spoken: model for model in models if not model.role}


def _wanted_model(config: Config, kind: Literal["stt", "llm", "tts"], known: Catalogue) -> Iterator[Wanted]:
    section = getattr(config, kind)
    if kind == "llm" and is_remote(config.llm):
        return
    chosen = section.model or _default(config, kind, known)
    if chosen:
        want = _named(f"{kind}.model", chosen, known)
        if not (isinstance(want, Model) and (want.kind, want.engine) in TAKES_NO_OTHER):
            yield KEYS[kind], want
    if kind == "stt" and config.stt.speaker_model:
        yield "speaker", _named("stt.speaker_model", config.stt.speaker_model, known)


def _named(key: str, value: str, known: Catalogue) -> Model | Path:
    if "/" in value:
        return Path(value)
    try:
        return known.get(value)
    except ModelError as error:
        raise ModelError(f"{key}: {error.message}", error.hint) from error


def _default(config: Config, kind: str, known: Catalogue) -> str:
    """The model of an engine that brings none when none is chosen: the first one for the language."""
    engine = getattr(config, kind).engine
    if kind == "llm" or (kind, engine) in TAKES_NO_OTHER or OUR_OWN.get((kind, engine)) == config.language:
        return ""
    models = known.of(kind, engine)
    speaking = [model.name for model in models if config.language in model.languages]
    if not speaking and models and (kind, engine) not in OUR_OWN:
        what = f"{kind}.model: no model of engine {engine} for language {config.language!r}"
        raise ModelError(what, "appliance models list; a path works as well")
    return speaking[0] if speaking else ""
