"""What one satellite says becomes acts of its place."""

from __future__ import annotations

from appliance.pipeline.places import Place
from appliance.satellites import protocol
from appliance.satellites.hub_output import IDLE, SatelliteOutput
from appliance.satellites.protocol_audio import Chunk, Sequence, unwrap

MAX_AGE_MS = 5_000
"""Nobody waits any more for an answer to an older wake word."""


class Satellite(SatelliteOutput):
    """Lives as long as its name is known, connected or not."""

    def _listen_anew(self) -> None:
        super()._listen_anew()
        self._sequence = Sequence()
        self._clock_ms: int | None = None
        self._heard_run = self._woken_run = 0
        self._heard_at = self._wiring.clock()

    # --- coming and going -----------------------------------------------------------------------------------

    def joined(self, place: Place) -> None:
        """It takes part from now on."""
        self._listen_anew()
        self.place = place

    def left(self) -> None:
        """It does not any more; its place is gone already."""
        self._stop_pumping()
        self.place = None
        self.state = IDLE

    def renewed(self) -> None:
        """It lost its connection and is back: what was under way there is over."""
        if self.place is not None:
            self._hang_up()
            self.place.hush()
            place = self.place
            self._stop_pumping()
            self._listen_anew()
            self.place = place

    def overran(self) -> None:
        """It sends more than it may and is not listened to: its turn cannot go on."""
        if self.place is not None:
            self.place.hush()

    def look(self, now: float, quiet_seconds: float) -> None:
        """Free the turn of a satellite that is silent while it should send."""
        owes = self.state == "listening" or (self._speech is not None and self._speech.owed)
        if not owes or self.place is None or not self.place.turn:
            self._owes_since = now
        elif now - max(self._owes_since, self._heard_at) > quiet_seconds:
            self._owes_since = now
            self.counters.vanished += 1
            self._wiring.faults.count(self.name, "vanished", "nothing came in the middle of a turn")
            self.place.hush()

    # --- what it says ---------------------------------------------------------------------------------------

    def receive(self, leaf: str, message: protocol.Message | Chunk) -> None:
        """One message that was understood; availability and capabilities are the hub's matter."""
        self._heard_at = self._wiring.clock()
        match message:
            case protocol.Mute():
                self.mute = message
                self._wiring.changed(self.name)
            case protocol.Volume(level=level):
                self.level_of_volume = level
                self._wiring.changed(self.name)
            case protocol.Level():
                self.health = message
                self._wiring.changed(self.name)
            case _ if self.place is not None:
                self._act(self.place, leaf, message)

    def _act(self, place: Place, leaf: str, message: protocol.Message | Chunk) -> None:
        match message:
            case Chunk() if leaf == "stream":
                self._stream(place, message)
            case Chunk():
                self._audio(place, message)
            case protocol.Wake():
                self._wake(place, message)
            case protocol.Playing(run=run) if self._is_current(place, run):
                self._playing(place, message)
            case protocol.Played(run=run) if self._is_current(place, run):
                self._played(place, message)
            case protocol.Finish(run=run) if self._is_current(place, run):
                self._finish(place)
            case protocol.Cancel(run=run):
                if run == self._call_run:
                    self._wiring.call(self.name, "")
                elif self._is_current(place, run):
                    place.hush()
            case protocol.Button():
                self._wiring.button(self.name, message)
            case protocol.Intercom(to=to):
                self._wiring.call(self.name, to)

    def _is_current(self, place: Place, run: int) -> bool:
        return self._runs.is_run_of(run, place.turn)

    def _wake(self, place: Place, wake: protocol.Wake) -> None:
        if wake.run == self._woken_run:
            return
        self._woken_run = wake.run
        if wake.age_ms > MAX_AGE_MS:
            self._say("run", protocol.Progress(wake.run, "done", "late"))
            return
        self._clock_ms = wake.at_ms
        self._sequence = Sequence()
        with self._runs.claiming(wake.run):
            turn = place.woken(wake.word, wake.score, wake.at_ms, wake.age_ms)
        if not turn:
            self._say("run", protocol.Progress(wake.run, "done", "elsewhere"))

    def _audio(self, place: Place, chunk: Chunk) -> None:
        if not (self._is_current(place, chunk.run) or (chunk.run and chunk.run == self._call_run)):
            self.counters.stale_chunks += 1
            return
        if chunk.run != self._heard_run:
            self._heard_run, self._sequence = chunk.run, Sequence()
        self._hear(place, chunk)
        if chunk.last:
            self._finish(place)

    def _stream(self, place: Place, chunk: Chunk) -> None:
        if chunk.run == 0 and self.capabilities is not None and not self.capabilities.detects:
            self._hear(place, chunk)
        else:
            self.counters.stale_chunks += 1

    def _hear(self, place: Place, chunk: Chunk) -> None:
        lost = self._sequence.lost
        if not self._sequence.accept(chunk):
            self.counters.stale_chunks += 1
            return
        self.counters.lost_chunks += self._sequence.lost - lost
        self.counters.audio_bytes += len(chunk.pcm)
        self._clock_ms = unwrap(self._clock_ms, chunk.at_ms) if self._clock_ms is not None else chunk.at_ms
        if chunk.pcm:
            place.hear(self._clock_ms, chunk.pcm)

    def _finish(self, place: Place) -> None:
        if self.state == "listening":
            self._progress(place.turn, "transcribing")
            place.finish()

    def _playing(self, place: Place, playing: protocol.Playing) -> None:
        if self._speech is None or self._speech.run != playing.run:
            return
        if playing.seconds == 0 or not self._speech.heard:
            self._speech.heard = True
            known = self._clock_ms is not None and playing.at_ms
            place.play_started(place.turn, playing.at_ms if known else None)
        self._speech.playing(playing.seconds, self._wiring.clock())
        self._send_speech()

    def _played(self, place: Place, played: protocol.Played) -> None:
        if self._speech is not None and self._speech.run == played.run:
            self._speech.over = True
            place.played(place.turn, played.seconds, played.rms)
