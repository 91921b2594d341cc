"""microWakeWord: streaming TensorFlow Lite models of 50 kB that also run on microcontrollers.

Library https://github.com/OHF-Voice/pymicro-wakeword (Apache-2.0); it carries its interpreter and four words.
A model is the path of its JSON description, which lies beside the `.tflite` file it names.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from appliance.audio import pcm
from appliance.engines.contract import Detection, EngineOptions, MissingEngine
from appliance.engines.loading import library_present
from appliance.engines.sayings import Rule, Sayings
from appliance.errors import EngineError

CHUNK_BYTES = 10 * pcm.BYTES_PER_MS
FEATURES = 40
MAX_DESCRIPTION_BYTES = 65_536
MAX_MODEL_BYTES = 16 * 1024 * 1024
LEAD_CHUNKS = 100
"""One second of silence after a reset: the state of the noise estimate that a running device has."""
_BYTES_PER_MS = pcm.BYTES_PER_MS


class Options(EngineOptions, frozen=True):
    """Keys of `wake.options`."""

    threshold: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.0
    """Mean probability that counts; 0 takes what each model's description says."""
    patience: Annotated[int, Meta(ge=1, le=100)] = 1
    """Steps of 30 ms in a row that must reach it; the probability is a sliding mean already."""
    refractory_seconds: Annotated[float, Meta(ge=0.0, le=60.0)] = 1.5
    """No second detection within this time."""


class _Micro(msgspec.Struct, frozen=True):
    probability_cutoff: Annotated[float, Meta(gt=0.0, le=1.0)]
    sliding_window_size: Annotated[int, Meta(ge=1, le=1_000)]


class _Description(msgspec.Struct, frozen=True):
    """The part of a model's JSON that is used; other keys are for microcontrollers."""

    wake_word: str
    model: str
    micro: _Micro


class Listener:
    """One microphone's stream: a small interpreter for each word, one frontend for all."""

    def __init__(self, words: Mapping[str, Path], rules: Mapping[str, Rule], refractory_ms: int) -> None:
        """Loads the interpreters; the files were checked before. Raises EngineError."""
        from pymicro_wakeword import MicroWakeWordFeatures

        self._detectors = {word: _detector(path, _describe(path)) for word, path in words.items()}
        self._frontend: Any = MicroWakeWordFeatures()
        self._sayings = Sayings(dict(rules), refractory_ms)
        self._rest = b""
        self._scores: dict[str, float] = {}
        self._heard = 0
        self.reset()

    def close(self) -> None:
        """Delete the interpreters."""
        for detector in self._detectors.values():
            detector.close()
        self._detectors = {}
        self._frontend = None

    def feed(self, pcm: bytes, at_ms: int) -> Iterator[Detection]:
        """Take the block that starts at `at_ms`; yields each saying once."""
        data = self._rest + pcm
        whole = len(data) // CHUNK_BYTES * CHUNK_BYTES
        start_ms = at_ms - len(self._rest) / _BYTES_PER_MS
        self._rest = data[whole:]
        for end in range(CHUNK_BYTES, whole + 1, CHUNK_BYTES):
            for scores in self._score(data[end - CHUNK_BYTES : end]):
                detection = self._sayings.feed(scores, round(start_ms + end / _BYTES_PER_MS))
                if detection is not None:
                    yield detection

    def missed(self) -> list[Detection]:
        """What was nearly a word since the last call."""
        return self._sayings.missed()

    def reset(self) -> None:
        """Forget the stream: as if only silence had been heard."""
        self._rest = b""
        self._sayings.reset()
        self._heard, self._scores = 0, {}
        self._frontend.reset()
        for detector in self._detectors.values():
            detector.reset()
        for _ in range(LEAD_CHUNKS):
            deque(self._score(bytes(CHUNK_BYTES)), maxlen=0)

    def _score(self, chunk: bytes) -> Iterator[dict[str, float]]:
        """The newest mean probabilities of all words, after each step of a model."""
        for features in self._frontend.process_streaming(chunk):
            self._heard += 1
            stepped = False
            for word, detector in self._detectors.items():
                probability = detector.process_streaming_prob(features)
                if self._heard % detector.stride == 0:
                    self._scores[word] = probability
                    stepped = True
            if stepped:
                yield self._scores


class Engine:
    """microWakeWord; see `Listener`."""

    def __init__(self, options: Options, models: Mapping[str, Path], threads: int) -> None:
        del threads  # the models are too small to share
        self._options = options
        self._models = dict(models)
        self.words: tuple[str, ...] = tuple(models)
        self._own: Listener | None = None

    def open(self) -> str:
        """Check every file before native code sees it, then load."""
        if not library_present("pymicro_wakeword"):
            raise MissingEngine(
                "wake engine microwakeword: the package pymicro-wakeword is not installed", "tools/run"
            )
        if not self.words:
            raise EngineError(
                "wake engine microwakeword: no wake word is configured", 'wake.words = ["hey_jarvis"]'
            )
        self._own = self.another()
        return f"{len(self.words)} words: {', '.join(self.words)}"

    def close(self) -> None:
        """Delete the interpreters."""
        if self._own is not None:
            self._own.close()
            self._own = None

    def another(self) -> Listener:
        """A stream more, with interpreters of its own: their state cannot be taken out."""
        descriptions = {word: _describe(path) for word, path in self._models.items()}
        rules = {
            word: Rule(self._options.threshold or each.micro.probability_cutoff, self._options.patience)
            for word, each in descriptions.items()
        }
        return Listener(self._models, rules, round(self._options.refractory_seconds * 1_000))

    def feed(self, pcm: bytes, at_ms: int) -> Iterator[Detection]:
        """The own microphone's stream; see `Listener.feed`. Raises EngineError when closed."""
        return self._opened.feed(pcm, at_ms)

    def missed(self) -> list[Detection]:
        """Of the own microphone; see `Listener.missed`."""
        return self._opened.missed()

    def reset(self) -> None:
        """Forget the own microphone's stream."""
        if self._own is not None:
            self._own.reset()

    @property
    def _opened(self) -> Listener:
        if self._own is None:
            raise EngineError("wake engine microwakeword: it is closed")
        return self._own


def _describe(path: Path) -> _Description:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_DESCRIPTION_BYTES + 1)
        if len(content) > MAX_DESCRIPTION_BYTES:
            raise EngineError(
                f"{path} is too large for the description of a wake word", "name the .json file"
            )
        return msgspec.json.decode(content, type=_Description)
    except FileNotFoundError as error:
        raise MissingEngine(f"wake word model {path} is missing", "appliance models fetch") from error
    except OSError as error:
        raise EngineError(
            f"wake word model {path} cannot be read: {error.strerror}", f"ls -l {path}"
        ) from error
    except msgspec.DecodeError as error:
        raise EngineError(
            f"{path} does not describe a microWakeWord model: {error}", "name the model's .json file"
        ) from error


def _detector(path: Path, description: _Description) -> Any:
    """A loaded model. Raises EngineError for a file that is none."""
    from pymicro_wakeword import MicroWakeWord

    weights = path.parent / description.model
    _check_weights(weights)
    try:
        detector = MicroWakeWord.from_config(path)
    except (RuntimeError, ValueError, OSError) as error:
        raise EngineError(
            f"{weights} is no microWakeWord model: {error}", "appliance models verify"
        ) from error
    given = detector.lib.TfLiteTensorByteSize(detector.input_tensor)
    taken = detector.lib.TfLiteTensorByteSize(detector.output_tensor)
    if (given, taken) != (detector.stride * FEATURES, 1):
        detector.close()
        raise EngineError(
            f"{weights} is no microWakeWord model: {given} bytes in, {taken} out", "appliance models verify"
        )
    return detector


def _check_weights(path: Path) -> None:
    """Let the interpreter's own verifier look first: the library passes a refused model on and crashes."""
    from pymicro_wakeword import microwakeword
    from pymicro_wakeword.wakeword import TfLiteWakeWord

    try:
        size = path.stat().st_size
    except OSError as error:
        raise MissingEngine(f"wake word model {path} is missing", "appliance models fetch") from error
    interpreter = next(iter(Path(microwakeword.__file__).parent.glob("lib/*tensorflowlite_c.*")), None)
    if interpreter is None:
        raise MissingEngine("the package pymicro-wakeword has no interpreter for this machine", "tools/run")
    model = None
    if path.is_file() and 0 < size <= MAX_MODEL_BYTES:
        library = TfLiteWakeWord(interpreter).lib
        model = library.TfLiteModelCreateFromFile(os.fsencode(path))
    if not model:
        raise EngineError(f"{path} is damaged or no TensorFlow Lite model", "appliance models verify")
    library.TfLiteModelDelete(model)
