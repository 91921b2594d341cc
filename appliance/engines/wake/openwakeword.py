"""openWakeWord: small ONNX classifiers on Google's speech embedding, about 80 ms a frame.

Library https://github.com/dscripka/openWakeWord (Apache-2.0). Models: `melspectrogram`, `embedding`, and one
file for each word; those published are CC BY-NC-SA 4.0.
"""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from appliance.audio import pcm
from appliance.engines.contract import Detection, EngineOptions, MissingEngine
from appliance.engines.loading import library_present
from appliance.engines.sayings import Rule, Sayings
from appliance.errors import EngineError

FRAME_SAMPLES = 1_280
FRAME_BYTES = FRAME_SAMPLES * pcm.SAMPLE_BYTES
MEL_FRAMES = 76
"""Spectrogram frames of 10 ms under one embedding."""
NEEDED_SAMPLES = FRAME_SAMPLES + 3 * 160
"""What the library reads back of its buffer of raw samples for each frame."""
UNTOLD_FRAMES = 5
"""The library scores the first frames of a stream as nothing."""
EMBEDDING_WIDTH = 96
FEATURES = ("melspectrogram", "embedding")
OWN_THRESHOLD = 0.3
"""With three frames in a row: fewer false accepts than 0.5 with one (docs/performance.md)."""


class Options(EngineOptions, frozen=True):
    """Keys of `wake.options`."""

    threshold: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.0
    """Score that counts; 0 takes the one this engine was measured best with."""
    patience: Annotated[int, Meta(ge=1, le=20)] = 3
    """Frames of 80 ms in a row that must reach it."""
    refractory_seconds: Annotated[float, Meta(ge=0.0, le=60.0)] = 1.5
    """No second detection within this time."""


class _State(msgspec.Struct):
    """What the library remembers of one stream; it never changes these arrays in place."""

    features: Any
    spectrogram: Any
    samples: deque[int]
    window: Any = None
    """The spectrogram that was embedded last, and its embedding: silence costs nearly nothing."""
    embedding: Any = None

    def copy(self) -> _State:
        """The same, to go on from."""
        return _State(self.features, self.spectrogram, self.samples.copy(), self.window, self.embedding)


class Listener:
    """One microphone's stream; all streams share the engine's sessions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sayings = engine.new_sayings()
        self._rest = b""
        self._state: _State | None = None

    def feed(self, pcm: bytes, at_ms: int) -> Iterator[Detection]:
        """Take the block that starts at `at_ms`; yields each saying once, at most three frames late."""
        import numpy as np

        if self._state is None:
            self._state = self._engine.silence()
        data = self._rest + pcm
        whole = len(data) // FRAME_BYTES * FRAME_BYTES
        start_ms = at_ms - len(self._rest) / _BYTES_PER_MS
        self._rest = data[whole:]
        for end in range(FRAME_BYTES, whole + 1, FRAME_BYTES):
            samples = np.frombuffer(data, np.int16, FRAME_SAMPLES, end - FRAME_BYTES)
            scores = self._engine.score(samples, self._state)
            detection = self._sayings.feed(scores, round(start_ms + end / _BYTES_PER_MS))
            if detection is not None:
                yield detection

    def missed(self) -> list[Detection]:
        """What was nearly a word since the last call."""
        return self._sayings.missed()

    def reset(self) -> None:
        """Forget the stream: as if only silence had been heard. The library's own reset costs 36 MB."""
        self._rest = b""
        self._sayings.reset()
        self._state = None

    def close(self) -> None:
        """Nothing is held but the stream."""
        self.reset()


class Engine:
    """openWakeWord on ONNX Runtime, one thread."""

    def __init__(self, options: Options, models: Mapping[str, Path], threads: int) -> None:
        self._options = options
        self._models = dict(models)
        self._threads = threads
        self.words: tuple[str, ...] = tuple(word for word in models if word not in FEATURES)
        self._model: Any = None
        self._state: _State | None = None
        """Whose stream the library's buffers hold now."""
        self._silence: _State | None = None
        self._own = Listener(self)

    def new_sayings(self) -> Sayings:
        """Nothing heard yet."""
        rule = Rule(self._options.threshold or OWN_THRESHOLD, self._options.patience)
        return Sayings(dict.fromkeys(self.words, rule), round(self._options.refractory_seconds * 1_000))

    def open(self) -> str:
        """Load, warm, and take digital silence as what was heard before the stream."""
        self._require_files()
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        with _light_import():
            import openwakeword
        import onnxruntime

        onnxruntime.set_default_logger_severity(3)
        try:
            self._model = self._load(openwakeword, onnxruntime)
            self._warm()
        except _foreign_errors() as error:
            self.close()
            reason = str(error).strip().split("\n")[0] or type(error).__name__
            raise EngineError(
                f"openWakeWord cannot use its models: {reason[:300]}", "appliance models verify"
            ) from error
        return f"{len(self.words)} words: {', '.join(self.words)}"

    def close(self) -> None:
        """Drop the models."""
        self._model = None
        self._state = self._silence = None

    def feed(self, pcm: bytes, at_ms: int) -> Iterator[Detection]:
        """The own microphone's stream; see `Listener.feed`."""
        return self._own.feed(pcm, at_ms)

    def missed(self) -> list[Detection]:
        """Of the own microphone; see `Listener.missed`."""
        return self._own.missed()

    def reset(self) -> None:
        """Forget the own microphone's stream."""
        self._own.reset()

    def another(self) -> Listener:
        """A stream more over the same sessions: about 80 kB."""
        return Listener(self)

    def silence(self) -> _State:
        """What the library remembers after nothing but digital silence. Raises EngineError when closed."""
        if self._silence is None:
            raise EngineError("wake engine openwakeword: it is closed")
        return self._silence.copy()

    def score(self, samples: Any, state: _State) -> dict[str, float]:
        """Scores after one frame more of the stream that `state` holds; it is moved on."""
        features = self._model.preprocessor
        self._state = state
        features.feature_buffer, features.melspectrogram_buffer = state.features, state.spectrogram
        features.raw_data_buffer = state.samples
        scores = self._model.predict(samples)
        state.features, state.spectrogram = features.feature_buffer, features.melspectrogram_buffer
        return {word: float(scores[self._library_name(word)]) for word in self.words}

    def _require_files(self) -> None:
        if not library_present("openwakeword"):
            raise MissingEngine(
                "wake engine openwakeword: the package openwakeword is not installed", "tools/run"
            )
        for name in (*FEATURES, *self.words):
            path = self._models.get(name)
            if path is None or not path.is_file():
                what = f"wake engine openwakeword: no model file {name!r}" + (f" at {path}" if path else "")
                raise MissingEngine(what, "appliance models fetch")
        if not self.words:
            raise EngineError(
                "wake engine openwakeword: no wake word is configured", 'wake.words = ["hey_jarvis"]'
            )
        names = [self._library_name(word) for word in self.words]
        if len(set(names)) != len(names):
            # The library calls a model by its file's name.
            raise EngineError("wake.words: two models have the same file name", "rename one of the files")

    def _library_name(self, word: str) -> str:
        return os.path.splitext(self._models[word].name)[0]  # noqa: PTH122 (exactly as the library does)

    def _load(self, library: Any, onnxruntime: Any) -> Any:
        paths = {name: str(path) for name, path in self._models.items()}
        with _unembedded(library.utils.AudioFeatures):
            model = library.Model(
                wakeword_models=[paths[word] for word in self.words],
                inference_framework="onnx",
                melspec_model_path=paths["melspectrogram"],
                embedding_model_path=paths["embedding"],
            )
        for word in self.words:
            self._check_shape(model, word)
        features = model.preprocessor
        # It keeps ten seconds and copies all of them for every frame, at the price of a third of the CPU.
        features.raw_data_buffer = deque(maxlen=NEEDED_SAMPLES)
        features.melspectrogram_max_len = MEL_FRAMES
        features.embedding_model = None
        features.embedding_model = onnxruntime.InferenceSession(
            paths["embedding"],
            sess_options=_session_options(onnxruntime, self._threads),
            providers=["CPUExecutionProvider"],
        )
        features.feature_buffer_max_len = max(model.model_inputs.values())
        features.embedding_model_predict = self._remembering(features.embedding_model_predict)
        return model

    def _remembering(self, embed: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """The same spectrogram has the same embedding: a muted or gated microphone costs nearly nothing."""

        def remembered(window: Any) -> Any:
            import numpy as np

            state = self._state
            if state is None:
                return embed(window)
            if state.window is None or not np.array_equal(state.window, window):
                state.window, state.embedding = window, embed(window)
            return state.embedding

        return remembered

    def _check_shape(self, model: Any, word: str) -> None:
        name = self._library_name(word)
        frames, outputs = model.model_inputs[name], model.model_outputs[name]
        if not isinstance(frames, int) or not 1 <= frames <= 100 or outputs != 1:
            raise ValueError(f"{self._models[word]} is not the model of one wake word")

    def _warm(self) -> None:
        import numpy as np

        longest = max(self._model.model_inputs.values())
        silence = np.zeros(FRAME_SAMPLES, np.int16)
        heard = self._model.preprocessor._get_melspectrogram(np.zeros(NEEDED_SAMPLES, np.int16))  # noqa: SLF001
        # All spectrogram frames of silence are the same one, so it is embedded once.
        spectrogram = np.tile(np.asarray(heard[-1], np.float64), (MEL_FRAMES, 1))
        past = deque([0] * NEEDED_SAMPLES, maxlen=NEEDED_SAMPLES)
        state = _State(np.zeros((longest, EMBEDDING_WIDTH)), spectrogram, past)
        for _ in range(max(longest, UNTOLD_FRAMES) + 1):
            self.score(silence, state)
        self._silence = state
        self._own.reset()


_BYTES_PER_MS = pcm.BYTES_PER_MS


def _session_options(onnxruntime: Any, threads: int) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


@contextmanager
def _light_import() -> Iterator[None]:
    """Import openWakeWord without what it needs only for training and downloading.

    Its verifier training imports scikit-learn and scipy (150 MB), its downloader requests (12 MB).
    """
    verifier = ModuleType("openwakeword.custom_verifier_model")
    verifier.train_custom_verifier = None  # type: ignore[attr-defined]
    stand_ins = {"openwakeword.custom_verifier_model": verifier, "requests": ModuleType("requests")}
    absent = {name: module for name, module in stand_ins.items() if name not in sys.modules}
    sys.modules.update(absent)
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


@contextmanager
def _unembedded(features: Any) -> Iterator[None]:
    """Construct without the four seconds of noise that the library embeds: half of its start, and 20 MB."""
    import numpy as np

    name = "_get_embeddings"
    own = getattr(features, name)
    setattr(features, name, lambda *_: np.zeros((1, EMBEDDING_WIDTH)))
    try:
        yield
    finally:
        setattr(features, name, own)


def _foreign_errors() -> tuple[type[Exception], ...]:
    """What ONNX Runtime and the library raise for a file that is no such model."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    own = [each for each in vars(state).values() if isinstance(each, type) and issubclass(each, Exception)]
    return (*own, RuntimeError, ValueError, IndexError, KeyError, TypeError)
