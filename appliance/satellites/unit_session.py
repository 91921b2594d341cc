"""What the reference satellite does with what it hears, and with what the hub says.

Decides only: sound goes out through `sound`, messages to the hub through `say`, and the time is a parameter.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from appliance.audio import pcm, tones
from appliance.audio.preroll import Preroll
from appliance.config.model import Config
from appliance.satellites import protocol
from appliance.satellites.protocol_audio import MAX_UP_PCM_BYTES, Chunk
from appliance.satellites.unit_playback import Playback
from appliance.wire import messages

NO_TURN = 0
PIECE_BYTES = 64 * pcm.BYTES_PER_MS
"""Two blocks of the microphone in one message."""
PLAYING_SECONDS = 1.0
HUB_SILENT_SECONDS = 60.0
MAX_ENDED = 8

Note = Callable[[int, str, dict[str, Any]], None]
"""(run, kind, data) for whoever watches."""
Hub = Literal["away", "here", "refused"]


class Counters(msgspec.Struct):
    """What happened since the start."""

    runs: int = 0
    chimes: int = 0
    unanswered: int = 0
    audio_bytes: int = 0
    """Sent to the hub, without headers."""
    dropped_chunks: int = 0
    lost_chunks: int = 0


class UnitSession:
    """One microphone, one loudspeaker, one hub."""

    def __init__(
        self,
        config: Config,
        say: Callable[[str, protocol.Message | Chunk], None],
        sound: Callable[[messages.Message], object],
        note: Note,
        keep: Callable[[bool, float], None],
    ) -> None:
        """`keep` hears of every change of mute and volume."""
        self._config = config
        self._settings = config.satellite
        self._say = say
        self._sound = sound
        self._note = note
        self._keep = keep
        self._preroll = Preroll(config.audio.preroll_ms)
        self._waiting = bytearray()
        self._waiting_from_ms = 0
        self._sequence = 0
        self._sending = False
        self._deadline: float | None = None
        self._asked = False
        self._ended: dict[int, None] = {}
        self._playback: Playback | None = None
        self._playing_at = 0.0
        self._session: str | None = None
        self._hub_said_at: float | None = None
        self._hub = protocol.Hub(False, 0, "", True, "it has not been heard yet")
        self._connected = False
        self.run = 0
        """The run that is under way; 0 when there is none."""
        self.state = "idle"
        self.muted = config.audio.muted
        self.volume = config.audio.volume
        self.counters = Counters()

    # --- state ----------------------------------------------------------------------------------------------

    def hub(self, now: float) -> tuple[Hub, str]:
        """Is the hub there, and if not, why."""
        if not self._connected:
            return "away", "there is no connection to its broker"
        if not self._hub.online:
            return "away", self._hub.reason or "it was stopped"
        if self._hub_said_at is None or now - self._hub_said_at > HUB_SILENT_SECONDS:
            return "away", "it has not been heard lately"
        return ("here", "") if self._hub.accepted else ("refused", self._hub.reason)

    def connection(self, connected: bool) -> None:
        """The way to the broker opened or broke: what was under way is over."""
        self._connected = connected
        if not connected:
            self._end("interrupted")
            return
        self._say("mute", protocol.Mute(self.muted))
        self._say("volume", protocol.Volume(self.volume))

    def sound_ready(self) -> None:
        """A fresh sound stage knows nothing; what its predecessor was playing is over."""
        self._sound(messages.Volume(self.volume))
        self._sound(messages.Capture(not self.muted))
        if self._playback is not None and self._playback.audible:
            self.played(self._playback.run, 0.0, 0.0)

    def mute(self, muted: bool) -> None:
        """Close or open the microphone for real."""
        self.muted = muted
        self._sound(messages.Capture(not muted))
        self._say("mute", protocol.Mute(muted))
        self._keep(muted, self.volume)
        if muted and self._sending:
            self.finish()

    def set_volume(self, level: float) -> None:
        """Loudness from now on."""
        self.volume = level
        self._sound(messages.Volume(level))
        self._say("volume", protocol.Volume(level))
        self._keep(self.muted, level)

    # --- from the own microphone ----------------------------------------------------------------------------

    def hear(self, at_ms: int, block: bytes) -> None:
        """One block of the microphone; it leaves this house only during a run."""
        if self.muted:
            return
        self._preroll.add(at_ms, block)
        if self._sending:
            self._send(at_ms, block)

    def woken(self, word: str, score: float, at_ms: int, age_ms: int, now: float) -> None:
        """The own wake word was heard; also in the middle of an answer, which is silenced then."""
        if not self._connected or (
            self._session is not None and not (self._hub.online and self._hub.accepted)
        ):
            self.counters.unanswered += 1
            self._tone(tones.error())
            return
        self._drop_run()
        self._begin(random.randrange(1, protocol.HUB_RUN))  # noqa: S311 - a number, not a secret
        self.state, self._asked = "asked", True
        self._deadline = now + self._settings.answer_seconds
        self._note(self.run, "wake", {"word": word, "score": round(score, 3)})
        age_ms = min(60_000, max(0, age_ms))
        self._say("wake", protocol.Wake(self.run, word, max(0, at_ms), min(1.0, max(0.0, score)), age_ms))
        self._open(at_ms - self._config.wake.lead_ms)

    def finish(self) -> None:
        """The speaker is done."""
        if self.run and self._sending:
            self._close_microphone()
            self._say("finish", protocol.Finish(self.run))

    def hush(self) -> None:
        """The person wants silence."""
        if self.run:
            run = self.run
            self._end("interrupted")
            self._say("cancel", protocol.Cancel(run))

    # --- from the own loudspeaker ---------------------------------------------------------------------------

    def play_started(self, turn: int, at_ms: int, now: float) -> None:
        """The first sample of this run's speech is audible."""
        if self._playback is not None and turn == self._playback.run:
            self._playback.started(now)
            self._playing_at = now
            self._say("playing", protocol.Playing(turn, 0.0, max(0, at_ms)))
            self._note(turn, "first_audio", {})

    def played(self, turn: int, seconds: float, rms: float) -> None:
        """All of it was."""
        if self._playback is not None and turn == self._playback.run:
            self.counters.lost_chunks += self._playback.lost
            self.counters.dropped_chunks += self._playback.dropped
            self._playback = None
            self._say("played", protocol.Played(turn, min(3_600.0, seconds), min(1.0, rms)))
            self._note(turn, "played", {"seconds": seconds, "rms": rms})

    # --- from the hub ---------------------------------------------------------------------------------------

    def receive(self, message: protocol.Message | Chunk, now: float) -> None:
        """One message that was understood."""
        match message:
            case protocol.Hub():
                self._hub_said(message, now)
            case protocol.Mute(muted=muted):
                self.mute(muted)
            case protocol.Volume(level=level):
                self.set_volume(level)
            case protocol.Search():
                return
            case protocol.Cancel(run=run) if self._playback is not None and self._playback.run == run:
                self._silence()
            case protocol.Call():
                self._call(message, now)
            case _ if self._belongs(message.run, now):  # type: ignore[union-attr]
                self._of_run(message, now)

    def _hub_said(self, hub: protocol.Hub, now: float) -> None:
        """What the broker kept may be old; it counts until the hub's own next word is due."""
        if self._session is not None and hub.session != self._session:
            self._end("interrupted")
        self._hub, self._session, self._hub_said_at = hub, hub.session, now

    def _belongs(self, run: int, now: float) -> bool:
        """Is it of the run that is under way, or of a new one of the hub?"""
        if run != self.run and run >= protocol.HUB_RUN and run not in self._ended:
            self._drop_run()
            self._begin(run)
        if run != self.run:
            return False
        self._asked = False
        self._deadline = None if self.state == "call" else now + self._settings.run_seconds
        return True

    def _of_run(self, message: protocol.Message | Chunk, now: float) -> None:
        match message:
            case protocol.Progress():
                self._progress(message)
            case Chunk():
                self._speech(message, now)
            case protocol.Chime():
                self.counters.chimes += 1
                if self._config.audio.chime:
                    self._tone(tones.chime())
            case protocol.Tick():
                self._tone(tones.tick())

    def _progress(self, progress: protocol.Progress) -> None:
        if progress.state == "listening":
            if not self._sending:
                self._open(None)
        else:
            self._close_microphone()
        if progress.state == "done":
            self._finished(progress.outcome)
        elif progress.state != self.state:
            self.state = progress.state
            if progress.state == "listening":
                self._note(self.run, "listening", {})

    def _speech(self, chunk: Chunk, now: float) -> None:
        if self._playback is None or self._playback.run != chunk.run:
            self._silence()
            self._playback = Playback(chunk.run, self._settings.jitter_ms / 1000)
        self._play(self._playback.add(chunk, now))

    def _call(self, call: protocol.Call, now: float) -> None:
        if call.on:
            if self._belongs(call.run, now):
                self.state = "call"
                self._deadline = None
                self._open(None)
        elif call.run == self.run:
            self._end("answered")
        else:
            self._tone(tones.error())

    # --- time -----------------------------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        """Look at the clock; ten times a second while a run is under way is enough."""
        playback = self._playback
        if playback is not None:
            self._play(playback.due(now))
            if playback.audible:
                self._deadline = None if self._deadline is None else now + self._settings.run_seconds
                if now - self._playing_at >= PLAYING_SECONDS:
                    self._playing_at = now
                    self._say("playing", protocol.Playing(playback.run, playback.played_seconds(now)))
        if self._deadline is not None and now >= self._deadline:
            self._late()

    def _late(self) -> None:
        unanswered = self._asked
        self._end("late")
        if unanswered:
            self.counters.unanswered += 1
            self._tone(tones.error())

    # --- runs -----------------------------------------------------------------------------------------------

    def _begin(self, run: int) -> None:
        self.run = run
        self._sequence = 0
        self._asked = False
        self.counters.runs += 1

    def _drop_run(self) -> None:
        """A newer run begins: this one is silent from now on."""
        if self.run:
            self._end("interrupted")
        self._silence()

    def _end(self, outcome: str) -> None:
        if self.run:
            self._close_microphone()
            self._silence()
            self._finished(outcome)

    def _finished(self, outcome: str) -> None:
        """What came of its speech is still played to its end."""
        run, self.run = self.run, 0
        self.state, self._deadline, self._asked = "idle", None, False
        self._ended[run] = None
        while len(self._ended) > MAX_ENDED:
            del self._ended[next(iter(self._ended))]
        self._note(run, "done", {"outcome": outcome or "silent"})

    # --- small things ---------------------------------------------------------------------------------------

    def _open(self, from_ms: int | None) -> None:
        """Send what the microphone hears, from then on."""
        self._sending = True
        self._waiting.clear()
        if from_ms is not None:
            for at_ms, block in self._preroll.since(from_ms):
                self._gather(at_ms, block)
            self._flush()

    def _send(self, at_ms: int, block: bytes) -> None:
        self._gather(at_ms, block)
        if len(self._waiting) >= PIECE_BYTES:
            self._flush()

    def _gather(self, at_ms: int, block: bytes) -> None:
        if len(self._waiting) + len(block) > MAX_UP_PCM_BYTES:
            self._flush()
        if not self._waiting:
            self._waiting_from_ms = at_ms
        self._waiting += block

    def _flush(self) -> None:
        if self._waiting:
            sequence, self._sequence = self._sequence, self._sequence + 1
            piece = bytes(self._waiting)
            self._waiting.clear()
            self.counters.audio_bytes += len(piece)
            self._say("audio", Chunk(self.run, sequence, self._waiting_from_ms, piece, first=sequence == 0))

    def _close_microphone(self) -> None:
        if self._sending:
            self._flush()
            self._sending = False

    def _play(self, pieces: list[messages.Message]) -> None:
        for piece in pieces:
            self._sound(piece)

    def _silence(self) -> None:
        if self._playback is not None:
            self._sound(messages.Cancel(self._playback.run))
            self._playback = None

    def _tone(self, tone: bytes) -> None:
        self._sound(messages.Play(NO_TURN, tones.RATE_HZ, tone))
        self._sound(messages.PlayEnd(NO_TURN))
