"""llama.cpp through llama-cpp-python: a GGUF model that answers in pieces and stops when told.

`models["model"]` is the GGUF file. The prompt is evaluated in slices of about a quarter of a second, measured
as it goes, so that the stage answers its heartbeat and a cancellation also during a long prompt; inside a
slice the abort callback watches the deadline. What a prompt shares with the one before stays in the cache.
"""

from __future__ import annotations

import codecs
import logging
import time
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from appliance.engines import gbnf, llama_prompt
from appliance.engines.contract import Completion, EngineOptions, MissingEngine
from appliance.engines.llama_sampling import Sampler, Taste
from appliance.engines.llama_session import MODEL_HINT, Session
from appliance.errors import EngineError

MAX_PROMPT_CHARS = 16_000
"""Tokenisers of some models match long runs of text recursively; more than this could end the process."""
SLICE_SECONDS = 0.25

_log = logging.getLogger(__name__)


class Options(EngineOptions, frozen=True):
    """Size of the context, and how tokens are chosen."""

    context_tokens: Annotated[int, Meta(ge=64, le=131_072)] = 2_048
    """Prompt and answer together; less when the model was trained with less."""
    batch_tokens: Annotated[int, Meta(ge=32, le=2_048)] = 64
    """Most prompt tokens evaluated at once."""
    temperature: Annotated[float, Meta(ge=0.0, le=2.0)] = 0.7
    """0 always takes the likeliest token."""
    top_k: Annotated[int, Meta(ge=1, le=1_000)] = 40
    top_p: Annotated[float, Meta(gt=0.0, le=1.0)] = 0.9
    min_p: Annotated[float, Meta(ge=0.0, le=1.0)] = 0.05
    repeat_penalty: Annotated[float, Meta(ge=1.0, le=2.0)] = 1.1
    seed: Annotated[int, Meta(ge=0, le=2**32 - 2)] | None = None
    """None is another answer every time."""


class Slices:
    """How many prompt tokens to evaluate at once: as many as fit a time, measured as it goes."""

    def __init__(self, largest: int, seconds: float = SLICE_SECONDS) -> None:
        self._largest = largest
        self._seconds = seconds
        self.size = min(8, largest)

    def took(self, tokens: int, seconds: float) -> None:
        """Learn from a slice; growth is at most twofold, so one lucky measurement does no harm."""
        fitting = int(self._seconds * tokens / max(seconds, 1e-6))
        self.size = max(1, min(fitting, self.size * 2, self._largest))


class Engine:
    """One model, one generation at a time."""

    def __init__(self, options: Options, models: Mapping[str, Path], threads: int) -> None:
        self._options = options
        self._models = models
        self._threads = threads
        self._session: Session | None = None
        self._template = llama_prompt.PLAIN
        self._slices = Slices(options.batch_tokens)
        self._busy = False

    def open(self) -> str:
        """Load and evaluate one token. Raises MissingEngine or EngineError."""
        path = self._models.get("model")
        if path is None:
            raise MissingEngine("llm.model: no language model is chosen", "appliance models list")
        session = Session(path, self._options.context_tokens, self._options.batch_tokens, self._threads)
        try:
            session.open()
            session.deadline = float("inf")
            self._warm(session, path)
            template = llama_prompt.read(
                session.chat_template(), session.token_text(session.first), session.token_text(session.last)
            )
        except BaseException:
            session.close()
            raise
        self._session, self._template = session, template
        kind = "own chat template" if template.own else "no chat template"
        return f"{session.describe()}, {session.context_tokens} tokens, {kind}"

    def close(self) -> None:
        """Free the model; may be called twice."""
        if self._session is not None:
            self._session.close()
        self._session = None

    def generate(
        self, system: str, text: str, grammar: str, max_tokens: int, deadline_seconds: float
    ) -> Iterator[str | Completion]:
        """Pieces of text ("" while the prompt is read), then one Completion.

        Its reason is "stop" (the model or the grammar ended), "length", "deadline", or "refused": an unsafe
        grammar, or a prompt that leaves no room in the context. Closing the generator stops the work.
        """
        session = self._session
        if session is None or self._busy:
            raise EngineError(
                "the language model is not open" if session is None else "one generation at a time"
            )
        self._busy = True
        try:
            session.deadline = time.monotonic() + deadline_seconds
            yield from self._answer(session, system, text, grammar, max_tokens)
        finally:
            self._busy = False

    def _answer(
        self, session: Session, system: str, text: str, grammar: str, max_tokens: int
    ) -> Iterator[str | Completion]:
        prompt, beginning = self._prompt(session, system, text)
        room = session.context_tokens - len(prompt)
        if not prompt or room < 1:
            _log.warning("a prompt of %d tokens does not fit %d", len(prompt), session.context_tokens)
            yield Completion("refused", len(prompt), 0)
            return
        try:
            if grammar:
                gbnf.check(grammar)
            sampler = Sampler(session, self._taste(), grammar)
        except EngineError as error:
            _log.warning("%s", error.message)
            yield Completion("refused", len(prompt), 0)
            return
        try:
            known = session.rewind(prompt)
            prefill = len(prompt) - known
            if not (yield from self._read(session, prompt, known, beginning)):
                yield Completion("deadline", len(prompt), 0, prefill)
                return
            reason, tokens = yield from _write(session, sampler, min(max_tokens, room), strip=not grammar)
            yield Completion(reason, len(prompt), tokens, prefill)
        finally:
            sampler.close()

    def _read(
        self, session: Session, prompt: list[int], done: int, beginning: int
    ) -> Generator[str, None, bool]:
        """Evaluate the prompt from token `done` on, slice by slice; False when the deadline came first.

        Where the `beginning` that all turns share ends, the state is kept.
        """
        while done < len(prompt):
            end = min(done + self._slices.size, beginning if done < beginning else len(prompt))
            started = time.monotonic()
            if not session.decode(prompt[done:end]):
                return False
            self._slices.took(end - done, time.monotonic() - started)
            done = end
            if done == beginning:
                session.keep()
            yield ""
        return True

    def _prompt(self, session: Session, system: str, text: str) -> tuple[list[int], int]:
        """The prompt's tokens, and how many of them come before the text.

        No tokens when there is nothing to say or far too much.
        """
        if not text.strip() or len(system) + len(text) > min(MAX_PROMPT_CHARS, 8 * session.context_tokens):
            return [], 0
        tokens: list[int] = []
        beginning = 0
        for part in self._template.parts(system):
            if part.kind == "text":
                beginning = len(tokens)
            words = {"system": system, "text": text}.get(part.kind)
            tokens += session.tokens(part.markup if words is None else words, markup=words is None)
        if session.wants_first and tokens[:1] != [session.first]:
            tokens.insert(0, session.first)
            beginning += 1
        return tokens, beginning

    def _taste(self) -> Taste:
        chosen = self._options
        return Taste(
            chosen.temperature, chosen.top_k, chosen.top_p, chosen.min_p, chosen.repeat_penalty, chosen.seed
        )

    def _warm(self, session: Session, path: Path) -> None:
        """One token through the whole model; a damaged one shows here."""
        session.decode([max(session.first, 0)])
        sampler = Sampler(session, self._taste(), "")
        try:
            if sampler.pick() is None:
                raise EngineError(f"{path}: the model's numbers are broken", MODEL_HINT)
        finally:
            sampler.close()


def _write(
    session: Session, sampler: Sampler, most: int, *, strip: bool
) -> Generator[str, None, tuple[str, int]]:
    """Generate up to `most` tokens; returns (reason, number of tokens)."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for count in range(most):
        token = sampler.pick()
        if token is None or session.ends(token):
            yield decoder.decode(b"", final=True)
            return "stop", count
        piece = decoder.decode(session.piece(token))
        if strip:
            piece = piece.lstrip()
            strip = not piece
        yield piece
        if not session.decode([token]):
            return "deadline", count + 1
    return "length", most
