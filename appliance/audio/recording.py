"""The microphone's side of a real card: from its blocks to ours, at its own rate if it must be."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from appliance.audio import pcm
from appliance.audio.capture import SECOND_NS, AudioClock, Blocker, Event, Heard
from appliance.audio.portaudio import PortAudio
from appliance.audio.streams import Format, Microphone
from appliance.errors import AudioError

if TYPE_CHECKING:
    from appliance.audio.convert import MicrophoneConverter

SILENT_SECONDS = 2.0
"""A stream that gave no block for so long is dead."""


class Recording:
    """Opens, watches and reads the microphone."""

    def __init__(self, library: PortAudio, name: str, clock: AudioClock, wake: Callable[[], None]) -> None:
        self._library = library
        self._name = name
        self._clock = clock
        self._wake = wake
        self._wanted = False
        self._microphone: Microphone | None = None
        self._converter: MicrophoneConverter | None = None
        self._blocker = Blocker()
        self._lost = 0

    @property
    def is_open(self) -> bool:
        """A stream is open."""
        return self._microphone is not None

    def want(self, *, on: bool) -> None:
        """Should it be open? Closes it at once when not."""
        self._wanted = on
        if not on:
            self.close()

    def should_open(self) -> bool:
        """Wanted, and not open."""
        return self._wanted and self._microphone is None

    def open(self) -> str:
        """Open it in the first format that the card takes; its name. Raises AudioError."""
        device = self._library.find("input", self._name)
        label = str(device["name"])
        failure: Exception | None = None
        for wanted in self._library.formats("input", device):
            microphone = Microphone(self._library.sounddevice, device["index"], wanted, self._wake)
            try:
                microphone.open()
            except self._library.sounddevice.PortAudioError as error:
                microphone.close()
                failure = error
                continue
            self._start(microphone)
            return label
        hint = "another program may hold it: `fuser -v /dev/snd/*`"
        raise AudioError(f"microphone {label!r} cannot be opened: {failure}", hint)

    def close(self) -> None:
        """Close the stream; the card is free."""
        microphone, self._microphone = self._microphone, None
        if microphone is not None:
            microphone.close()
            self._lost += microphone.take_lost()
            self._clock.stop(time.monotonic_ns())

    def broken(self, now: float) -> bool:
        """The stream ended by itself, or gives nothing any more."""
        microphone = self._microphone
        return microphone is not None and (
            microphone.ended or now - microphone.last_block_at > SILENT_SECONDS
        )

    def deadlines(self) -> list[float]:
        """When to look whether it still lives, in seconds of the monotonic clock."""
        return (
            [self._microphone.last_block_at + SILENT_SECONDS + 0.01] if self._microphone is not None else []
        )

    def blocks(self, now: float) -> list[Event]:
        """Everything that was recorded since."""
        events: list[Event] = []
        while self._microphone is not None and (block := self._microphone.take()) is not None:
            first, mono = block.first_frame, block.frames
            # When the stream's sample 0 would have been recorded, by this block's own time.
            origin_ns = int((block.at - first / self._microphone.format.rate_hz) * SECOND_NS)
            if self._converter is not None:
                first, mono = self._converter.feed(first, mono)
            for start, whole in self._blocker.feed(first, mono):
                at_ms = self._clock.block(start, pcm.BLOCK_SAMPLES, int(now * 1e9))
                events.append(Heard(at_ms, whole, origin_ns + start * SECOND_NS // pcm.RATE_HZ))
        return events

    def take_lost(self) -> int:
        """Blocks lost since the last call."""
        lost, self._lost = self._lost, 0
        return lost + (self._microphone.take_lost() if self._microphone is not None else 0)

    def _start(self, microphone: Microphone) -> None:
        self._microphone = microphone
        self._converter = _converter(microphone.format)
        self._blocker = Blocker()
        self._clock.start(time.monotonic_ns())


def _converter(wanted: Format) -> MicrophoneConverter | None:
    if wanted == Format(pcm.RATE_HZ, 1):
        return None
    from appliance.audio.convert import MicrophoneConverter

    return MicrophoneConverter(wanted.rate_hz, wanted.channels)
