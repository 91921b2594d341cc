"""A GGUF model held open in llama.cpp: tokens in, logits out, stopped for certain at a deadline.

Built on the library's C interface, whose high-level class offers no way to stop a prompt's evaluation. The
abort callback runs after every node of the compute graph, so a decode ends within a millisecond or so of its
deadline. Source: llama.h of llama.cpp as packed in llama-cpp-python 0.3.36.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from appliance.engines.contract import MissingEngine
from appliance.engines.loading import library_present
from appliance.errors import EngineError

MODEL_HINT = "appliance models verify; then fetch the model again"
GGUF_MAGIC = b"GGUF"
GGUF_VERSIONS = (2, 3)
_LOG_ERROR, _LOG_CONTINUED = 4, 5
_DECODED, _ABORTED = 0, 2
_FIRST_SEQUENCE = 0
_TO_THE_END = -1
_PIECE_BYTES = 256


def load_library() -> Any:
    """The bindings, logging errors only. Raises MissingEngine."""
    if not library_present("llama_cpp"):
        raise MissingEngine(
            "llama-cpp-python is still being built", "tools/run builds it; voice works without it meanwhile"
        )
    try:
        from llama_cpp import llama_cpp as native
    except (OSError, RuntimeError, ImportError) as error:
        raise MissingEngine(
            f"llama-cpp-python cannot be loaded: {error}", "apt-get install libgomp1"
        ) from error
    _Log.install(native)
    native.llama_backend_init()
    return native


class _Log:
    """What llama.cpp reports: errors are kept for the next EngineError, and shown unless expected."""

    last: ClassVar[deque[str]] = deque(maxlen=8)
    muted: ClassVar[bool] = False
    _callback: ClassVar[Any] = None
    _level: ClassVar[int] = 0

    @classmethod
    def install(cls, native: Any) -> None:
        if cls._callback is None:
            cls._callback = native.llama_log_callback(cls._take)
        native.llama_log_set(cls._callback, ctypes.c_void_p(0))

    @classmethod
    def _take(cls, level: int, text: bytes, user: object) -> None:
        del user
        if level != _LOG_CONTINUED:
            cls._level = level
        if cls._level == _LOG_ERROR:
            line = text.decode(errors="replace").strip()
            cls.last.append(line[:300])
            if not cls.muted:
                print(f"llama.cpp: {line}", file=sys.stderr)


def check_header(path: Path) -> None:
    """Raises MissingEngine when the file is absent, EngineError when it is no GGUF file."""
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except FileNotFoundError as error:
        raise MissingEngine(f"{path}: this model is not there", "appliance models fetch") from error
    except OSError as error:
        raise EngineError(f"{path}: {error.strerror}", MODEL_HINT) from error
    if start[:4] != GGUF_MAGIC or len(start) < 8:
        raise EngineError(f"{path}: not a GGUF file", MODEL_HINT)
    version = int.from_bytes(start[4:], "little")
    if version not in GGUF_VERSIONS:
        raise EngineError(f"{path}: GGUF version {version} is not supported", MODEL_HINT)


class Session:
    """One model, one sequence of tokens in its cache."""

    def __init__(self, path: Path, context_tokens: int, batch_tokens: int, threads: int) -> None:
        self._path = path
        self._wanted_context = context_tokens
        self._batch_tokens = batch_tokens
        self._threads = threads
        self.native: Any = None
        self.model: Any = None
        self.context: Any = None
        self.vocabulary: Any = None
        self.context_tokens = 0
        self.vocabulary_size = 0
        self.first = self.last = -1
        """Token that begins a text, and token that ends one; -1 for none."""
        self.wants_first = False
        self.deadline = 0.0
        """Monotonic time at which a running decode stops."""
        self.cached: list[int] = []
        """Tokens whose keys and values are in the cache."""
        self.rewinds = True
        """Can the end of the cache be taken off? A recurrent model has one state, not one for each token."""
        self._kept_tokens: list[int] = []
        self._kept_state: Any = None

    def open(self) -> None:
        """Load the model. Raises MissingEngine or EngineError."""
        self.native = load_library()
        check_header(self._path)
        _Log.last.clear()
        self.model = self.native.llama_model_load_from_file(
            str(self._path).encode(), self.native.llama_model_default_params()
        )
        if not self.model:
            reason = _Log.last[0] if _Log.last else "it cannot be loaded"
            raise EngineError(f"{self._path}: not a working model: {reason}", MODEL_HINT)
        if not self.native.llama_model_has_decoder(self.model) or self.native.llama_model_has_encoder(
            self.model
        ):
            raise EngineError(f"{self._path}: this model does not generate text", "choose another llm.model")
        self._open_context()

    def _open_context(self) -> None:
        native = self.native
        self.vocabulary = native.llama_model_get_vocab(self.model)
        self.vocabulary_size = native.llama_vocab_n_tokens(self.vocabulary)
        if self.vocabulary_size < 1:
            raise EngineError(f"{self._path}: a model without a vocabulary", MODEL_HINT)
        self.first, self.last = (
            native.llama_vocab_bos(self.vocabulary),
            native.llama_vocab_eos(self.vocabulary),
        )
        self.wants_first = self.first >= 0 and bool(native.llama_vocab_get_add_bos(self.vocabulary))
        trained = native.llama_model_n_ctx_train(self.model)
        settings = native.llama_context_default_params()
        settings.n_ctx = min(self._wanted_context, trained) if trained > 0 else self._wanted_context
        settings.n_batch = settings.n_ubatch = self._batch_tokens
        settings.n_threads = settings.n_threads_batch = self._threads
        settings.no_perf = True
        self.context = native.llama_init_from_model(self.model, settings)
        if not self.context or not native.llama_get_memory(self.context):
            raise EngineError(f"{self._path}: no room for its context of {settings.n_ctx} tokens", MODEL_HINT)
        self.context_tokens = settings.n_ctx
        recurrent = native.llama_model_is_recurrent(self.model) or native.llama_model_is_hybrid(self.model)
        self.rewinds = not recurrent
        self._abort = native.ggml_abort_callback(self._overdue)
        native.llama_set_abort_callback(self.context, self._abort, None)

    def close(self) -> None:
        """Free context and model; may be called twice."""
        if self.context:
            self.native.llama_free(self.context)
        if self.model:
            self.native.llama_model_free(self.model)
        self.context = self.model = self.vocabulary = None
        self.cached, self._kept_tokens, self._kept_state = [], [], None

    def _overdue(self, data: object) -> bool:
        del data
        return time.monotonic() >= self.deadline

    def describe(self) -> str:
        """The model's own short description."""
        buffer = ctypes.create_string_buffer(256)
        self.native.llama_model_desc(self.model, buffer, len(buffer))
        return buffer.value.decode(errors="replace")

    def rewind(self, prompt: Sequence[int]) -> int:
        """Keep in the cache what this prompt begins with, drop the rest; how many tokens need no evaluation.

        At least the last token is evaluated again: its logits are not in the cache.
        """
        common = 0
        for ours, theirs in zip(self.cached, prompt[:-1], strict=False):
            if ours != theirs:
                break
            common += 1
        memory = self.native.llama_get_memory(self.context)
        removable = self.rewinds or common == len(self.cached)
        if not removable or not self.native.llama_memory_seq_rm(memory, _FIRST_SEQUENCE, common, _TO_THE_END):
            self.native.llama_memory_clear(memory, True)
            self.cached = []
            return self._restore(prompt)
        self.cached = list(prompt[:common])
        return common

    def keep(self) -> None:
        """Keep the state of what is evaluated now, for a model that cannot rewind to it."""
        if self.rewinds or self._kept_tokens == self.cached:
            return
        size = self.native.llama_state_seq_get_size(self.context, _FIRST_SEQUENCE)
        state = (ctypes.c_uint8 * size)()
        written = self.native.llama_state_seq_get_data(self.context, state, size, _FIRST_SEQUENCE)
        self._kept_tokens, self._kept_state = (list(self.cached), state) if written == size else ([], None)

    def _restore(self, prompt: Sequence[int]) -> int:
        """Into an empty cache: the kept state, if this prompt begins with it; its number of tokens."""
        count = len(self._kept_tokens)
        if not 0 < count < len(prompt) or list(prompt[:count]) != self._kept_tokens:
            return 0
        state = self._kept_state
        if not self.native.llama_state_seq_set_data(self.context, state, len(state), _FIRST_SEQUENCE):
            self.native.llama_memory_clear(self.native.llama_get_memory(self.context), True)
            return 0
        self.cached = list(self._kept_tokens)
        return count

    def decode(self, tokens: Sequence[int]) -> bool:
        """Evaluate tokens behind the cache; False when the deadline stopped it. Raises EngineError."""
        most = self.native.llama_n_batch(self.context)
        if not 0 < len(tokens) <= most:
            # llama.cpp would end the process.
            raise EngineError(f"{self._path}: {len(tokens)} tokens at once are not from 1 to {most}")
        _Log.last.clear()
        array = (self.native.llama_token * len(tokens))(*tokens)
        _Log.muted = True  # being stopped at the deadline is no error
        status = self.native.llama_decode(self.context, self.native.llama_batch_get_one(array, len(tokens)))
        _Log.muted = False
        if status == _DECODED:
            self.cached += tokens
            return True
        # Whatever part was evaluated goes: `cached` must say exactly what is there.
        memory = self.native.llama_get_memory(self.context)
        if not self.native.llama_memory_seq_rm(memory, _FIRST_SEQUENCE, len(self.cached), _TO_THE_END):
            self.native.llama_memory_clear(memory, True)
            self.cached = []
        if status != _ABORTED:
            reason = _Log.last[-1] if _Log.last else f"status {status}"
            raise EngineError(f"{self._path}: llama.cpp failed to decode: {reason}", MODEL_HINT)
        return False

    def tokens(self, text: str, *, markup: bool) -> list[int]:
        """Tokenise. Only in `markup` do names like `<|user|>` become special tokens."""
        data = text.encode(errors="replace")
        room = len(data) + 8
        array = (self.native.llama_token * room)()
        count = self.native.llama_tokenize(self.vocabulary, data, len(data), array, room, False, markup)
        if count < 0:
            raise EngineError(f"{self._path}: cannot tokenise a text of {len(data)} bytes")
        return list(array[:count])

    def piece(self, token: int) -> bytes:
        """The bytes of one token; nothing for a special one."""
        for room in (_PIECE_BYTES, 64 * _PIECE_BYTES):
            buffer = ctypes.create_string_buffer(room)
            count = self.native.llama_token_to_piece(self.vocabulary, token, buffer, room, 0, False)
            if count >= 0:
                return buffer.raw[:count]
        return b""

    def ends(self, token: int) -> bool:
        """Does this token end a generation?"""
        return bool(self.native.llama_vocab_is_eog(self.vocabulary, token))

    def token_text(self, token: int) -> str:
        """A token as the vocabulary spells it, "" for none."""
        if token < 0:
            return ""
        return bytes(self.native.llama_vocab_get_text(self.vocabulary, token) or b"").decode(errors="replace")

    def chat_template(self) -> str:
        """The model's own chat template, "" when it has none."""
        template = self.native.llama_model_chat_template(self.model, None)
        return bytes(template or b"").decode(errors="replace")
