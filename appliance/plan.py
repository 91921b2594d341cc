"""From the configuration to the stages that can run on this machine now, and what is missing for the others.

Looks at files and installed packages, imports no engine. What a stage lacks is named with its remedy; where
a default cannot be had without a network, an engine that arrives inside a package stands in, and says so.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from appliance.budget.placement import place, starts_here
from appliance.budget.table import ProfileName
from appliance.config import profiles
from appliance.config.model import Config
from appliance.errors import ModelError, UnderstandingError
from appliance.ops import models
from appliance.ops.needs import OUR_OWN
from appliance.remote_llm.options import is_remote
from appliance.supervision.lines import clean
from appliance.supervision.spec import StageSpec
from appliance.understanding import own_sentences
from appliance.wire.messages import Configure, OptionValue, StageName

BUILD_STATUS_VARIABLE = "APPLIANCE_LLM_STATUS"
MAX_STATUS_BYTES = 65_536
MAX_STATE = 20
NO_CARD = "none"
WAKE_WORDS_INSIDE = "microwakeword"
STEPS: dict[str, dict[str, float]] = {
    "openwakeword": {"low": 0.46, "high": 0.18},  # its own is 0.3
    "microwakeword": {"low": 0.985, "high": 0.74},  # its words' own are 0.85 to 0.97
}
"""Thresholds of `wake.sensitivity` for an engine that is left its own."""


class Absence(msgspec.Struct, frozen=True):
    """Why a stage is not there yet, and what to do."""

    message: str
    hint: str


class Plan(msgspec.Struct, frozen=True):
    """What to start, what is missing, and what should be said in the log."""

    specs: tuple[StageSpec, ...]
    absent: dict[StageName, Absence]
    notes: tuple[str, ...] = ()


def make(config: Config) -> Plan:
    """The stages of this configuration that the profile places on this machine, as they start."""
    notes: list[str] = []
    absent: dict[StageName, Absence] = {}
    specs: list[StageSpec] = []
    profile = profiles.resolve(config.profile, profiles.this_machine()).name
    for kind in STAGES:
        missing = _missing(config, kind, profile)
        if missing is not None:
            absent[kind] = missing
        elif kind != "llm" or not is_remote(config.llm):
            specs.append(_MAKERS[kind](config, notes))
    if config.mqtt.host == "embedded" and not starts_here("broker", profile):
        notes.append(f"profile {profile} has its broker on a machine of its own; set mqtt.host to it")
    return Plan(tuple(specs), absent, tuple(notes))


def _missing(config: Config, kind: StageName, profile: ProfileName) -> Absence | None:
    """Why this stage cannot start here; None when it can."""
    if not starts_here(kind, profile):
        return Absence(f"profile {profile} has it elsewhere: {place(kind, profile)}", "docs/placement.md")
    return _llm_missing(config) if kind == "llm" and not is_remote(config.llm) else None


def for_satellite(config: Config) -> Plan:
    """The two stages of a satellite: it hears its wake word itself, all else is the hub's work."""
    notes: list[str] = []
    return Plan((_sound(config), _wake(config, notes)), {}, tuple(notes))


SOUND_LIVE = ("volume", "echo_cancellation", "echo_canceller", "noise_suppression", "auto_gain_dbfs")
"""What changes while it plays and listens."""


def _sound(config: Config) -> StageSpec:
    audio = config.audio
    has_card = audio.device != NO_CARD
    options: dict[str, OptionValue] = {}
    if has_card:
        options = {
            "input_device": audio.input_device or audio.device,
            "output_device": audio.output_device or audio.device,
            "echo_cancellation": audio.echo_cancellation,
            "echo_canceller": audio.echo_canceller,
        }
    options["volume"] = audio.volume
    options["noise_suppression"] = audio.noise_suppression
    options["auto_gain_dbfs"] = audio.auto_gain_dbfs
    configure = Configure("portaudio" if has_card else "virtual", options, {}, config.limits.sound.threads)
    return StageSpec("sound", configure, config.limits.sound, sound_devices=has_card, live=SOUND_LIVE)


def _wake(config: Config, notes: list[str]) -> StageSpec:
    wake = config.wake
    options: dict[str, OptionValue] = {"refractory_seconds": wake.refractory_seconds}
    stand_in_options = options | _threshold(config, WAKE_WORDS_INSIDE, 0.0)
    options |= _threshold(config, wake.engine, wake.threshold)
    options |= wake.options
    try:
        return _spec(config, "wake", wake.engine, options, models.find(config, "wake"))
    except ModelError as error:
        if any("/" in word for word in wake.words):
            raise  # a file of the person's own is made for the engine that they chose
        stand_in = msgspec.structs.replace(wake, engine=WAKE_WORDS_INSIDE, options={})
        try:
            files = models.find(msgspec.structs.replace(config, wake=stand_in), "wake")
        except ModelError:
            raise error from None
        notes.append(
            f"{error.message}; until then {WAKE_WORDS_INSIDE}, which comes inside a package, listens. "
            + error.hint
        )
        return _spec(config, "wake", WAKE_WORDS_INSIDE, stand_in_options, files)


def _threshold(config: Config, engine: str, wanted: float) -> dict[str, OptionValue]:
    """The score to reach; left to the engine when nothing moves it.

    `wake.sensitivity` halves or doubles the odds of a threshold that was set; an engine's own is passed on
    both sides, so that each step is a step for every word.
    """
    sensitivity = config.wake.sensitivity
    if sensitivity != "normal" and not 0.0 < wanted < 1.0:
        wanted = STEPS.get(engine, {}).get(sensitivity, wanted)
    elif sensitivity != "normal":
        odds = wanted / (1.0 - wanted) * (2.0 if sensitivity == "low" else 0.5)
        wanted = round(odds / (1.0 + odds), 3)
    return {"threshold": wanted} if wanted else {}


def _intent(config: Config, notes: list[str]) -> StageSpec:
    options: dict[str, OptionValue] = {
        "language": config.language,
        "wake_words": list(config.wake.words),
        "follow_up_seconds": config.understanding.follow_up_seconds,
    }
    if config.understanding.sentences_file:
        # Read here: the stage sees no file of a person's.
        try:
            options["sentences"] = _sentences(Path(config.understanding.sentences_file))
        except UnderstandingError as error:
            notes.append(f"own sentences are left out: {error}")
    return _spec(config, "intent", "hassil", options, {})


def _sentences(path: Path) -> str:
    """The text of the file, once it is known to be good. Raises UnderstandingError."""
    try:
        with path.open("rb") as file:
            text = file.read(own_sentences.MAX_BYTES + 1).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UnderstandingError(f"{path}: {error}", "give the path of a file in hassil's format") from error
    own_sentences.parse_sentences(text, str(path))
    return text


def _tts_options(config: Config) -> dict[str, OptionValue]:
    return config.tts.engine_options(config.language)


def _vad_options(config: Config) -> dict[str, OptionValue]:
    return dict(config.vad.options)


def _llm_options(config: Config) -> dict[str, OptionValue]:
    return dict(config.llm.options)


def _with_models(kind: Any, options: Callable[[Config], dict[str, OptionValue]]) -> Maker:
    def made(config: Config, notes: list[str]) -> StageSpec:
        del notes
        engine = getattr(config, kind).engine
        return _spec(config, kind, engine, options(config), models.find(config, kind))

    return made


def _stt(config: Config, notes: list[str]) -> StageSpec:
    stt = config.stt
    try:
        files = models.find(config, "stt")
    except models.MissingModel as error:
        if stt.model or ("stt", stt.engine) not in OUR_OWN:
            raise
        notes.append(f"{error.message}; until then our own model of English listens. {error.hint}")
        files = {}
    spec = _spec(config, "stt", stt.engine, {"wake_words": list(config.wake.words), **stt.options}, files)
    # The home's graph is written before it is loaded.
    folder = Path(config.paths.data).absolute() / "run" / "stages" / spec.name
    return msgspec.structs.replace(spec, scratch=str(folder))


Maker = Callable[[Config, list[str]], StageSpec]
_MAKERS: dict[StageName, Maker] = {
    "sound": lambda config, _notes: _sound(config),
    "wake": _wake,
    "vad": _with_models("vad", _vad_options),
    "stt": _stt,
    "intent": _intent,
    "tts": _with_models("tts", _tts_options),
    "llm": _with_models("llm", _llm_options),
}
STAGES: tuple[StageName, ...] = tuple(_MAKERS)
"""In the order in which they start."""


def _spec(
    config: Config, name: Any, engine: str, options: dict[str, OptionValue], files: dict[str, str]
) -> StageSpec:
    limits = getattr(config.limits, name)
    configure = Configure(engine, options, files, limits.threads)
    shown = [path for file in files.values() for path in _with_companions(Path(file).absolute())]
    return StageSpec(name, configure, limits, read_only=tuple(dict.fromkeys(shown)))


def _with_companions(file: Path) -> list[str]:
    """The file, and what an engine reads beside it: a voice's or a wake word's other half."""
    if not file.name:
        return [str(file)]
    halves = (file.with_name(f"{file.name}.json"), file.with_suffix(".tflite"))
    return [str(file), *(str(half) for half in halves if half != file and half.is_file())]


def _llm_missing(config: Config) -> Absence | None:
    """What the language model waits for; None when it can start."""
    if find_spec("llama_cpp") is None:
        return Absence(
            f"llama-cpp-python is not built yet{_build_progress()}",
            "voice works without it; build with: tools/build-llm",
        )
    if not config.llm.model:
        return Absence(
            "no language model is chosen",
            "choose one of `appliance models list`, fetch it, and set llm.model to its name or path",
        )
    try:
        models.find(config, "llm")
    except ModelError as error:
        return Absence(error.message, error.hint)
    return None


def _build_progress() -> str:
    """What the build in the background reports about itself."""
    path = os.environ.get(BUILD_STATUS_VARIABLE, "")
    if not path:
        return ""
    try:
        with Path(path).open("rb") as file:
            status = msgspec.json.decode(file.read(MAX_STATUS_BYTES), type=dict[str, Any])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    percent = status.get("percent")
    state = clean(str(status.get("state", "")), MAX_STATE)
    return f" ({state} {percent} %)" if isinstance(percent, int | float) else f" ({state})"
