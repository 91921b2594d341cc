"""Piper: neural voices in ONNX, a sentence at a time, through the piper-tts library.

`models["voice"]` is the .onnx file; its description lies beside it with `.json` appended. The session is
made here and not by `PiperVoice.load`, which takes no session options: ONNX Runtime's own thread pool spins
on every core. A voice speaks clause by clause (see engines.speech): the network runs uninterrupted.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from appliance.engines.contract import EngineOptions, MissingEngine, Speech
from appliance.engines.loading import library_present
from appliance.engines.speech import clauses, pace, pieces, speakable
from appliance.errors import EngineError

MAX_DESCRIPTION_BYTES = 4 * 1024 * 1024
INPUTS = frozenset({"input", "input_lengths", "scales"})
MODEL_HINT = "appliance models verify; then fetch the voice again, both the .onnx and the .onnx.json"
FULL_SCALE = 32_767


class Options(EngineOptions, frozen=True):
    """Which speaker, and how lively."""

    voice: str = ""
    """Speaker of a voice with several: its name or number; empty is the first."""
    language: str = ""
    """Not used: a Piper voice has one language."""
    noise_scale: Annotated[float, Meta(ge=0.0, le=2.0)] | None = None
    """Variation of tone; none takes the voice's own."""
    noise_w_scale: Annotated[float, Meta(ge=0.0, le=2.0)] | None = None
    """Variation of rhythm; none takes the voice's own."""
    volume: Annotated[float, Meta(ge=0.0, le=1.0)] = 1.0


class AudioDescription(msgspec.Struct, frozen=True):
    """The `audio` table of a voice's description."""

    sample_rate: Annotated[int, Meta(ge=8_000, le=48_000)]


class EspeakDescription(msgspec.Struct, frozen=True):
    """The `espeak` table of a voice's description."""

    voice: str


class Description(msgspec.Struct, frozen=True):
    """What must hold in a voice's .onnx.json; other phoneme types download a model at run time."""

    audio: AudioDescription
    espeak: EspeakDescription
    phoneme_id_map: Annotated[dict[str, list[int]], Meta(min_length=1)]
    num_symbols: int
    num_speakers: Annotated[int, Meta(ge=1)]
    phoneme_type: Literal["espeak", "text"] = "espeak"
    speaker_id_map: dict[str, int] = {}


class Engine:
    """One voice file."""

    def __init__(self, options: Options, models: Mapping[str, Path], threads: int) -> None:
        self._options = options
        self._models = models
        self._threads = threads
        self._voice: Any = None
        self._speaker: int | None = None

    def open(self) -> str:
        """Load and run once. Raises MissingEngine without library or file, EngineError for a broken voice."""
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        if not library_present("piper"):
            raise MissingEngine("piper-tts is not installed", "tools/run installs it")
        model = self._model()
        description, table = read_description(Path(f"{model}.json"))
        logging.getLogger("piper").setLevel(logging.ERROR)  # it would log words of the answer
        voice = load_voice(model, table, self._threads)
        self._speaker = speaker_number(self._options.voice, description)
        self._voice = voice
        try:
            warm = sum(len(piece.pcm) for piece in self.speak("ready", 1.0))
        except (EngineError, ValueError, KeyError, TypeError) as error:
            self.close()
            raise EngineError(f"{model}: the voice loads but cannot speak: {error}", MODEL_HINT) from error
        if not warm:
            self.close()
            raise EngineError(f"{model}: the voice loads but makes no sound", MODEL_HINT)
        return f"Piper voice {model.stem}, {voice.config.sample_rate} Hz"

    def close(self) -> None:
        """Let the session go."""
        self._voice = None

    def speak(self, text: str, speed: float) -> Iterator[Speech]:
        """Pieces of at most half a second, clause by clause."""
        for clause in clauses(speakable(text)):
            for pcm in self._run(clause, speed):
                yield from pieces(pcm, self._voice.config.sample_rate)

    def _run(self, clause: str, speed: float) -> Iterator[bytes]:
        if self._voice is None:
            raise EngineError("the Piper voice is not open")
        from piper import SynthesisConfig

        settings = SynthesisConfig(
            speaker_id=self._speaker,
            length_scale=self._voice.config.length_scale / pace(speed),
            noise_scale=self._options.noise_scale,
            noise_w_scale=self._options.noise_w_scale,
            volume=self._options.volume,
        )
        try:
            for chunk in self._voice.synthesize(clause, settings):
                yield to_pcm(chunk.audio_float_array)
        except runtime_errors() as error:
            raise EngineError(f"the Piper voice failed: {first_line(error)}", MODEL_HINT) from error

    def _model(self) -> Path:
        model = self._models.get("voice")
        if model is None:
            raise MissingEngine(
                "tts.model: Piper needs a voice", "set tts.model to a name of: appliance models list"
            )
        if not model.is_file():
            raise MissingEngine(f"{model}: this Piper voice is not there", "appliance models fetch")
        return model


def read_description(path: Path) -> tuple[Description, dict[str, Any]]:
    """The voice's .onnx.json, checked and whole. Raises MissingEngine or EngineError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_DESCRIPTION_BYTES + 1)
    except FileNotFoundError as error:
        raise MissingEngine(
            f"{path}: the voice's description is missing", "appliance models fetch"
        ) from error
    except OSError as error:
        raise EngineError(f"{path}: {error.strerror}", MODEL_HINT) from error
    if len(data) > MAX_DESCRIPTION_BYTES:
        raise EngineError(f"{path}: above {MAX_DESCRIPTION_BYTES} bytes, so no voice description", MODEL_HINT)
    try:
        return msgspec.json.decode(data, type=Description), msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise EngineError(f"{path}: no description of a Piper voice: {error}", MODEL_HINT) from error


def speaker_number(wanted: str, description: Description) -> int | None:
    """The speaker's number, None for the first. Raises EngineError for one that the voice does not have."""
    if not wanted:
        return None
    number = description.speaker_id_map.get(wanted, int(wanted) if wanted.isdecimal() else -1)
    if not 0 <= number < description.num_speakers:
        shown = ", ".join(sorted(description.speaker_id_map)[:20]) or f"0 to {description.num_speakers - 1}"
        raise EngineError(f"tts.voice: this Piper voice has no speaker {wanted!r}", f"one of: {shown}")
    return number


def load_voice(model: Path, table: dict[str, Any], threads: int) -> Any:
    """A PiperVoice whose threads do not spin. Raises EngineError for a file that is no Piper voice."""
    import onnxruntime
    from piper import PiperVoice
    from piper.config import PiperConfig

    onnxruntime.set_default_logger_severity(3)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.inter_op_num_threads = 1
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    settings.add_session_config_entry("session.inter_op.allow_spinning", "0")
    broken: tuple[type[Exception], ...] = (*runtime_errors(), ValueError, KeyError, TypeError, AttributeError)
    try:
        config = PiperConfig.from_dict(table)
        session = onnxruntime.InferenceSession(str(model), settings, providers=["CPUExecutionProvider"])
    except broken as error:
        raise EngineError(f"{model}: not a working Piper voice: {first_line(error)}", MODEL_HINT) from error
    present = {entry.name for entry in session.get_inputs()}
    missing = ", ".join(sorted(INPUTS - present))
    if missing:
        raise EngineError(f"{model}: an ONNX model without Piper's inputs ({missing})", MODEL_HINT)
    return PiperVoice(session=session, config=config)


def to_pcm(audio: Any) -> bytes:
    """Floats in -1…1 of any shape, NaN counting as silence, as s16le."""
    import numpy as np

    flat = np.nan_to_num(np.ravel(audio), nan=0.0, posinf=0.0, neginf=0.0)
    return bytes((np.clip(flat, -1.0, 1.0) * FULL_SCALE).astype("<i2").tobytes())


def runtime_errors() -> tuple[type[Exception], ...]:
    """What ONNX Runtime and the phonemizer raise; the runtime's classes share no base of their own."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    found = [
        value for value in vars(state).values() if isinstance(value, type) and issubclass(value, Exception)
    ]
    return (*found, RuntimeError)


def first_line(error: Exception) -> str:
    """The first line of an error's text, bounded."""
    return (str(error).splitlines() or [type(error).__name__])[0][:300]
