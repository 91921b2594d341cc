"""The llm "stage" that is a server elsewhere: `send` what a stage would get, and get what a stage would say.

One generation at a time; a few wait, and their waiting counts. When the server cannot be used, `state` is
WAITING and `trouble` says why; it is looked for at intervals, so nobody has to restart anything.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from typing import Literal

from appliance.conversation.waiting import Line
from appliance.errors import ApplianceError, EngineError
from appliance.remote_llm import http, protocols
from appliance.remote_llm.options import Server
from appliance.remote_llm.protocols import BadAnswer, Piece
from appliance.supervision.states import State
from appliance.tasks import begin, end
from appliance.wire import messages
from appliance.wire.messages import Generate, Generated, Token

LOG = logging.getLogger(__name__)
_REFUSES_THE_KEY = frozenset({401, 403})
Reason = Literal["stop", "length", "deadline", "cancelled", "refused"]
_FAILURES = (BadAnswer, OSError, TimeoutError)


class RemoteLlm:
    """`start` and `stop` may each be called once, in one event loop."""

    def __init__(
        self,
        server: Server,
        deliver: Callable[[messages.Message], None],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`deliver` gets every Token and Generated; `changed` is called when `state` is another."""
        self._server = server
        self._deliver = deliver
        self._changed = changed
        self._line = Line()
        self._task: asyncio.Task[None] | None = None
        self._running: asyncio.Task[Reason] | None = None
        self._wake = asyncio.Event()
        self.state = State.STOPPED
        self.trouble: ApplianceError | None = None
        """Why it cannot be asked now."""

    async def start(self) -> None:
        """Look for the server, now and whenever it is away."""
        self._set(State.STARTING)
        self._task = begin(self._watch(), "llm server")

    async def stop(self) -> None:
        """End everything; nothing is delivered any more."""
        self._set(State.STOPPED)
        await end(self._task, self._running)
        self._task = self._running = None

    def send(self, message: messages.Message) -> bool:
        """Generate or Cancel; False when it is not taken, as with a stage that is not ready."""
        match message:
            case Generate():
                now = asyncio.get_running_loop().time()
                if self.state is not State.READY or not self._line.join(message, now):
                    return False
                self._next()
                return True
            case messages.Cancel(turn=turn):
                if self._line.leave(turn) and self._running is not None:
                    self._running.cancel()
                return True
            case _:
                return False

    # --- one generation ------------------------------------------------------------------------------------

    def _next(self) -> None:
        """Begin the next one when none runs; say so about those that waited for too long."""
        step = self._line.step(asyncio.get_running_loop().time())
        for turn in step.late:
            self._deliver(Generated(turn, "deadline", 0, 0, 0.0, 0.0))
        if step.send is not None:
            count = _Count(step.send.turn, asyncio.get_running_loop().time)
            self._running = asyncio.create_task(self._generate(step.send, count), name="llm answer")
            self._running.add_done_callback(partial(self._ended, count))

    def _ended(self, count: _Count, task: asyncio.Task[Reason]) -> None:
        """Each generation ends with one Generated, whatever became of it."""
        self._running = None
        self._line.served(count.turn)
        if self.state is State.STOPPED:
            return
        error = None if task.cancelled() else task.exception()
        if error is not None:
            LOG.error("an answer of the language model failed", exc_info=error)
        reason: Reason = "cancelled" if task.cancelled() else "refused" if error else task.result()
        self._deliver(count.ended(reason))
        self._next()

    async def _generate(self, question: Generate, count: _Count) -> Reason:
        try:
            async with asyncio.timeout(question.deadline_ms / 1000) as deadline:
                return await self._ask(question, count)
        except _FAILURES as error:
            if isinstance(error, TimeoutError) and deadline.expired():
                return "deadline"
            self._away(error)
            # What was said already stays said; an answer that breaks off is over.
            return "length" if count.pieces else "refused"

    async def _ask(self, question: Generate, count: _Count) -> Reason:
        server = self._server
        reason: Reason | None = None
        body = protocols.request(server, question)
        async with http.asked(server, "POST", protocols.PATHS[server.protocol], body) as answer:
            _check(answer.status)
            async with aclosing(answer.lines()) as lines:
                async for line in lines:
                    piece = protocols.piece(server.protocol, line)
                    if piece is None:
                        continue
                    reason = piece.reason or reason
                    count.learn(piece)
                    if count.pieces > question.max_tokens:
                        return "length"  # a server that knows no limit; a piece is a token or more
                    if piece.text:
                        self._deliver(Token(question.turn, piece.text))
                    if piece.last:
                        return reason or "stop"
        if reason is None:
            raise BadAnswer("it broke off")
        return reason

    # --- is it there? --------------------------------------------------------------------------------------

    async def _watch(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._probe()
            except _FAILURES as error:
                self._away(error)
                await asyncio.sleep(self._server.options.retry_seconds)
                continue
            self.trouble = None
            self._set(State.READY)
            await self._wake.wait()
            await asyncio.sleep(self._server.options.retry_seconds)

    async def _probe(self) -> None:
        path = protocols.PROBES[self._server.protocol]
        async with asyncio.timeout(self._server.options.connect_seconds * 2):
            async with http.asked(self._server, "GET", path) as answer:
                # Not every server has a list of models; one that answers is there.
                if answer.status != 404:
                    _check(answer.status)

    def _away(self, error: Exception) -> None:
        """It cannot be used; `_watch` looks again."""
        told = explain(self._server, error)
        if self.trouble is None or self.trouble.message != told.message:
            LOG.warning("%s", told)
        self.trouble = told
        self._set(State.WAITING)
        self._wake.set()

    def _set(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self._changed()


class _Count:
    """What is told at the end of a generation."""

    def __init__(self, turn: int, clock: Callable[[], float]) -> None:
        self.turn = turn
        self._clock = clock
        self._started = clock()
        self._first_ms = 0.0
        self._told = Piece()
        self.pieces = 0

    def learn(self, piece: Piece) -> None:
        if piece.text and not self.pieces:
            self._first_ms = self._ms()
        self.pieces += bool(piece.text)
        if piece.prompt_tokens is not None or piece.tokens is not None:
            self._told = piece

    def ended(self, reason: Reason) -> Generated:
        """Tokens as the server counts them, or else its pieces."""
        told = self._told
        tokens = self.pieces if told.tokens is None else told.tokens
        prompt, prefill = told.prompt_tokens or 0, told.prefill_tokens or 0
        return Generated(self.turn, reason, prompt, tokens, self._first_ms, self._ms(), prefill)

    def _ms(self) -> float:
        return round((self._clock() - self._started) * 1000, 1)


class _Status(BadAnswer):
    """Another status than 200."""

    def __init__(self, status: int) -> None:
        super().__init__(f"it answers with status {status}")
        self.status = status


def _check(status: int) -> None:
    if status != 200:
        raise _Status(status)


def explain(server: Server, error: Exception) -> EngineError:
    """Why this server cannot be asked, for a person; never what it sent, never the key."""
    where = f"the language model's server at {server.where}"
    if isinstance(error, _Status) and error.status in _REFUSES_THE_KEY:
        return EngineError(f"{where} does not accept the key", "check llm.options.key_file")
    if isinstance(error, _Status) and error.status == 404:
        return EngineError(f"{where} does not know this model or path", "check llm.model and llm.options.url")
    if isinstance(error, BadAnswer):
        return EngineError(
            f"{where} cannot be used: {error}", "check llm.engine, llm.model and llm.options.url"
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message
        return EngineError(
            f"the certificate of {where} cannot be trusted: {reason}", "set llm.options.tls_ca_file"
        )
    if isinstance(error, TimeoutError):
        return EngineError(f"{where} does not answer", "is the machine on, and is a firewall in between?")
    reason = getattr(error, "strerror", None) or type(error).__name__
    return EngineError(f"{where} cannot be reached: {reason}", "is it running, and is llm.options.url right?")
