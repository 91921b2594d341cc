"""One browser's conversation: a place in the appliance that outlives its connections by a minute."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable

from appliance.calls import protocol
from appliance.calls.client import Call
from appliance.errors import Malformed, PeerGone, TooBig
from appliance.tasks import end
from appliance.web.talk import phases, wire
from appliance.web.talk.outbox import Outbox
from appliance.web.talk.stamping import Stamps

LOG = logging.getLogger(__name__)
SEND_SECONDS = 10.0
"""An appliance that takes nothing for so long is gone."""
TOKEN_BYTES = 24


def new_token() -> str:
    """Nobody guesses it."""
    return secrets.token_urlsafe(TOKEN_BYTES)


class Conversation:
    """What the appliance says goes into the `outbox`; `tell` is called whenever something is new there."""

    def __init__(
        self,
        call: Call,
        name: str,
        hello: wire.Hello,
        clock: Callable[[], float] = time.monotonic,
        *,
        token: str = "",
    ) -> None:
        """`call` is open; `clock` in seconds; without a `token` it gets one."""
        self.token = token or new_token()
        self.name = name
        self.outbox = Outbox()
        self.heard = 0
        """Number of the browser's last frame."""
        self.lost = 0
        """Frames that the browser left out because its connection was too slow."""
        self.state = phases.State()
        self.over = False
        """The appliance is gone, or the conversation was ended."""
        self.ended = False
        """The browser said `bye`."""
        self.tell: Callable[[], None] = lambda: None
        self._call = call
        self._mode = hello.mode
        self._clock = clock
        self._stamps = Stamps()
        self._owed: set[int] = set()
        """Turns whose speech the browser got whole; it has not said yet that it was heard."""
        self._task: asyncio.Task[None] | None = None

    async def settle(self) -> None:
        """Nobody listens to what was sent any more. Raises ConnectionError, TimeoutError."""
        for turn in sorted(self._owed):
            await self._heard_all(turn)

    async def start(self, *, wake: bool) -> None:
        """Begin to take what the appliance says. Raises ConnectionError."""
        if wake:
            await self._send(protocol.Search(on=True))
        self._task = asyncio.create_task(self._follow(), name=self.name)

    async def close(self) -> None:
        """Hang up; may be called twice."""
        await end(self._task)
        await self._call.close()
        self._finish()

    def _finish(self) -> None:
        self.over = True
        self.tell()

    # --- from the browser ---------------------------------------------------------------------------------

    async def take(self, frame: wire.Numbered | wire.Audio) -> None:
        """What the browser says; what came before is left out. Raises ConnectionError, TimeoutError."""
        if frame.n <= self.heard:
            return
        self.lost += frame.n - self.heard - 1
        self.heard = frame.n
        match frame:
            case wire.Audio(clock_ms=clock_ms, pcm=pcm):
                at_ms = self._stamps.stamp(clock_ms, len(pcm), self._clock() * 1_000)
                if at_ms is not None:
                    await self._send(protocol.Audio(at_ms, pcm))
            case wire.Press():
                await self._send(protocol.Talk())
                self._stamps.press()
            case wire.Release():
                await self._send(protocol.Finish())
                self._become(phases.released(self.state))
            case wire.Text(text=text, id=number):
                await self._send(protocol.Ask(text.strip(), number))
            case wire.Hush():
                await self._send(protocol.Hush())
            case wire.Playing(turn=turn, at_ms=at_ms):
                await self._send(protocol.Playing(turn, self._stamps.shifted(at_ms)))
            case wire.Played(turn=turn):
                self._owed.discard(turn)
                await self._send(protocol.Played(turn))
            case wire.SetWake(on=on):
                await self._send(protocol.Search(on))
            case wire.SetMode(mode=mode):
                self._mode = mode
                if mode == "text":
                    await self.settle()
            case wire.Ping(at=at):
                jitter_ms = round(self._stamps.jitter_ms, 1)
                self._put("pong", at=at, heard=self.heard, lost=self.lost, jitter_ms=jitter_ms)
            case wire.Bye():
                self.ended = True
                self._finish()

    async def _send(self, frame: protocol.FromCaller) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await self._call.send(frame)

    # --- from the appliance -------------------------------------------------------------------------------

    async def _follow(self) -> None:
        try:
            async for frame in self._call.frames():
                await self._pass(frame)
        except (PeerGone, Malformed, TooBig, ConnectionError, TimeoutError) as error:
            LOG.info("%s: the appliance is gone: %s", self.name, error)
        self._finish()

    async def _pass(self, frame: protocol.ToCaller) -> None:
        """One frame of the appliance, on to the browser."""
        match frame:
            case protocol.Note():
                self._note(frame)
            case protocol.Play(turn=turn, rate_hz=rate_hz, pcm=pcm):
                if self._mode == "voice":
                    self.outbox.put(wire.Speech(turn, rate_hz, pcm))
                    self.tell()
            case protocol.End(turn=turn):
                await self._end(turn)
            case protocol.Cancel(turn=turn):
                self.outbox.forget(turn)
                self._owed.discard(turn)
                self._put("cancel", turn=turn)
            case protocol.Sound(turn=turn, what=what):
                self._put("sound", turn=turn, what=what)
            case protocol.Searched(on=on, reason=reason):
                self._put("wake", on=on, reason=reason)
            case protocol.Volume(level=level):
                self._put("volume", level=level)
            case protocol.Begun(id=number, turn=turn):
                self._put("begun", id=number, turn=turn)
            case protocol.Refused(id=number, message=message, hint=hint):
                self._put("refused", id=number, message=message, hint=hint)

    async def _end(self, turn: int) -> None:
        """All speech of this turn is there; who only reads has heard it now."""
        if self._mode == "voice":
            self._owed.add(turn)
            self._put("end", turn=turn)
            return
        await self._heard_all(turn)

    async def _heard_all(self, turn: int) -> None:
        self._owed.discard(turn)
        await self._send(protocol.Playing(turn))
        await self._send(protocol.Played(turn))

    def _note(self, note: protocol.Note) -> None:
        self._put("note", turn=note.turn, kind=note.kind, at_ms=note.at_ms, data=note.data)
        self._become(phases.follow(self.state, note))

    def _become(self, state: phases.State) -> None:
        if state != self.state:
            self.state = state
            self._put("state", phase=state.phase, turn=state.turn)

    def _put(self, what: str, /, **fields: object) -> None:
        self.outbox.put(wire.Told(what, fields))
        self.tell()
