"""While a room speaks, a word that only asks for silence is heard without the wake word; nothing else is.

One room at a time, since each listener holds a recogniser: a turn of another room must never wait for one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from appliance.audio.endpoint import SpeechStarted
from appliance.dialogue.stopping import only_stop
from appliance.pipeline.assent import Utterance
from appliance.pipeline.ears import Ears
from appliance.pipeline.shared import Shared
from appliance.pipeline.site import Site
from appliance.pipeline.trace import TurnNote
from appliance.wire import messages

END_SILENCE_MS = 250
"""Silence after the word: shorter than in a sentence, for nobody goes on after "stop"."""
ENOUGH = 0.6
"""So sure a word for silence must be: less than a deed, for the worst that comes of it is silence."""
LONGEST_MS = 3_000
"""Who speaks longer says something else; listening begins anew."""
ENDS = frozenset({"listening", "played", "done"})


class Overhearing:
    """See the module. Used in one event loop."""

    def __init__(self, shared: Shared, site: Callable[[str], Site | None]) -> None:
        self._shared = shared
        self._site_of = site
        self._listener: _Listener | None = None

    def note(self, note: TurnNote) -> None:
        """What happens in the rooms: it begins with the first sound of a reply, and ends with the reply."""
        if note.kind == "first_audio":
            site = self._site_of(note.site)
            if site is not None and self._listener is None and self._shared.config.turn.stop_word:
                self._listener = _Listener(site, self._shared)
        elif note.kind in ENDS and self._listener is not None and self._listener.site.name == note.site:
            self._listener.close()
            self._listener = None

    def takes(self, message: messages.Message) -> bool:
        """Was this meant for the listener?"""
        listener = self._listener
        if listener is None or getattr(message, "turn", 0) != listener.turn:
            return False
        match message:
            case messages.Voice():
                listener.voice(message)
            case messages.Transcript(text=text, nearly=nearly, confidence=confidence):
                listener.heard(text or (nearly if confidence >= ENOUGH else ""))
        return True

    def stage_ready(self, stage: str) -> None:
        """A fresh stage knows nothing of it."""
        if self._listener is not None:
            self._listener.ears.stage_ready(stage)


class _Listener:
    """Ears of their own beside those of the room, from the first audio on that comes while it speaks."""

    def __init__(self, site: Site, shared: Shared) -> None:
        self.site = site
        self.turn = 0
        self._shared = shared
        self.ears = Ears(shared.stages, shared.config)
        self._utterance = Utterance()
        self._began_ms = 0
        site.ears.tap = self._hear

    def close(self) -> None:
        """Listen no more."""
        self.site.ears.tap = None
        self._forget()

    def voice(self, message: messages.Voice) -> None:
        """Somebody speaks, or is done."""
        for event in self.ears.voice(message):
            if isinstance(event, SpeechStarted):
                self._began_ms = event.at_ms
                self._utterance.began = _now() - self._age_seconds(event.at_ms)
            else:
                self._utterance.ended = _now() - self._age_seconds(event.at_ms)
                self.ears.finish()
        if self._began_ms and message.at_ms - self._began_ms > LONGEST_MS:
            self._anew()

    def heard(self, text: str) -> None:
        """What was said: a word for silence, or nothing that concerns us."""
        own = self._shared.assent.is_own_voice(text, self._utterance)
        if only_stop(text, self._shared.config.language) and not own:
            asyncio.get_running_loop().call_soon(self._silence)
        else:
            self._anew()

    def _silence(self) -> None:
        if self._shared.timers is not None:
            self._shared.timers.stop_ringing(self.site.name)
        self.site.hush()

    def _hear(self, at_ms: int, block: bytes) -> None:
        self.ears.microphone(at_ms, block)
        if not self.turn:
            self._begin()

    def _begin(self) -> None:
        self.turn = self._shared.next_turn()
        self._began_ms = 0
        self._utterance = Utterance()
        self.ears.listen(self.turn, None)
        self.ears.wait(self.turn, END_SILENCE_MS)

    def _anew(self) -> None:
        self._forget()
        self._begin()

    def _forget(self) -> None:
        if self.turn:
            self.ears.stop()
            for stage in ("vad", "stt"):
                self._shared.stages.send(stage, messages.Cancel(self.turn))
        self.turn = 0

    def _age_seconds(self, at_ms: int) -> float:
        return max(0, self.ears.clock_ms() - at_ms) / 1000


def _now() -> float:
    return asyncio.get_running_loop().time()
