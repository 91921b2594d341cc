"""The sound stage: microphone and loudspeaker, with a card ("portaudio") or without ("virtual").

Options: `input_device`, `output_device` (a PortAudio name or number, or "default"), `volume` 0…1, and what
shall be done to the microphone: `echo_cancellation`, `echo_canceller`, `noise_suppression` 0…4,
`auto_gain_dbfs` 0…31. Those of the microphone may be changed by another `Configure` while running. The
microphone stays closed until `Capture(on=True)` comes.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from appliance.audio import cleaning
from appliance.audio.capture import Card, Finished, Heard, Lost, SoundDevice, Spoken, Started, Told
from appliance.audio.echo import Method
from appliance.engines.contract import EngineOptions, MissingEngine
from appliance.errors import AudioError, EngineError
from appliance.wire import messages

MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 192_000


class Options(EngineOptions, frozen=True):
    """What `Configure.options` may hold."""

    input_device: str = "default"
    output_device: str = "default"
    volume: float = 0.8
    echo_cancellation: bool = False
    echo_canceller: Method = "speex"
    noise_suppression: Annotated[int, Meta(ge=0, le=4)] = 0
    auto_gain_dbfs: Annotated[int, Meta(ge=0, le=31)] = 0

    def wanted(self) -> cleaning.Wanted:
        """What shall be done to the microphone."""
        return cleaning.Wanted(
            self.echo_cancellation, self.echo_canceller, self.noise_suppression, self.auto_gain_dbfs
        )


class SoundStage:
    """Carries sound between the supervisor and a device; see `stages.loop.Stage`."""

    def __init__(self) -> None:
        self._device: SoundDevice | None = None
        self._cleaner = cleaning.Cleaner()
        # What could not be sent before a generator was closed stays here, in order.
        self._outbox: deque[messages.Message] = deque()

    def open(self, configure: messages.Configure) -> str:
        """Open the device. Raises EngineError for a wrong option, MissingEngine without PortAudio."""
        options = _options(configure.options)
        device = _device(configure.engine, options)
        try:
            line = device.open()
        except AudioError as error:
            raise MissingEngine(error.message, error.hint) from error
        self._device = device
        missing = self._clean(options)
        return "; ".join([line, *filter(None, [str(self._cleaner)]), *missing])

    def close(self) -> None:
        """Release the device."""
        if self._device is not None:
            self._device.close()
            self._device = None
        self._cleaner.close()

    def handle(self, message: messages.Message) -> Iterator[messages.Message]:
        """Obey, then tell what happened since."""
        device = self._opened()
        match message:
            case messages.Capture(on=on):
                device.capture(on=on)
            case messages.Configure(options=given):
                self._reconfigure(given)
            case messages.Inject(pcm=speech):
                device.inject(speech)
            case messages.Play(turn=turn, rate_hz=rate_hz, pcm=speech) if (
                MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ
            ):
                device.play(turn, rate_hz, speech)
            case messages.Play(rate_hz=rate_hz):
                self._outbox.append(messages.Note("error", f"speech of {rate_hz} Hz was dropped"))
            case messages.PlayEnd(turn=turn):
                device.end(turn)
            case messages.Volume(level=level):
                device.volume(min(1.0, max(0.0, level)))
        return self._tell()

    def cancelled(self, turn: int) -> Iterator[messages.Message]:
        """Silence this turn at once."""
        self._opened().stop(turn)
        return self._tell()

    def source(self) -> int:
        """The device's descriptor."""
        return self._opened().fileno()

    def poll(self) -> Iterator[messages.Message]:
        """The device has something to do."""
        return self._tell()

    def _clean(self, options: Options) -> list[str]:
        """Do this to the microphone from now on; what is missing for it, which is also noted once."""
        missing = self._cleaner.want(options.wanted())
        self._opened().tell_emitted(on=self._cleaner.needs_emitted)
        self._outbox.extend(messages.Note("warning", f"{each.message}: {each.hint}") for each in missing)
        return [each.message for each in missing]

    def _reconfigure(self, given: dict[str, messages.OptionValue]) -> None:
        try:
            options = _options(given)
            self._clean(options)
            self._opened().volume(options.volume)
        except EngineError as error:
            self._outbox.append(messages.Note("error", f"{error.message}: {error.hint}"))

    def _opened(self) -> SoundDevice:
        if self._device is None:
            raise EngineError("the sound stage was not opened")
        return self._device

    def _tell(self) -> Iterator[messages.Message]:
        events = self._cleaner.feed(self._opened().service(), time.monotonic_ns())
        self._outbox.extend(_message(event) for event in events)
        while self._outbox:
            yield self._outbox.popleft()


def _options(given: dict[str, messages.OptionValue]) -> Options:
    try:
        return msgspec.convert(given, Options)
    except msgspec.ValidationError as error:
        known = ", ".join(Options.__struct_fields__)
        raise EngineError(f"options of the sound stage: {error}", f"known keys: {known}") from error


def _device(engine: str, options: Options) -> SoundDevice:
    """The engine's device, not opened yet; each module is imported only where it is used."""
    if engine == "virtual":
        from appliance.audio.virtual import VirtualDevice

        return VirtualDevice(options.volume)
    if engine == "portaudio":
        from appliance.audio.device import PortAudioDevice

        return PortAudioDevice(options.input_device, options.output_device, options.volume)
    raise EngineError(f"there is no sound engine {engine!r}", 'one of: "portaudio", "virtual"')


def _message(event: Told) -> messages.Message:
    match event:
        case Heard(at_ms=at_ms, pcm=block):
            return messages.MicAudio(at_ms, block)
        case Spoken(at_ms=at_ms):
            return messages.Injected(at_ms)
        case Started(turn=turn, at_ms=at_ms):
            return messages.PlayStarted(turn, at_ms)
        case Finished():
            seconds, rms = round(event.seconds, 3), round(event.rms, 5)
            return messages.Played(event.turn, event.at_ms, seconds, rms, event.interrupted)
        case Lost(input_blocks=lost_in, output_blocks=lost_out):
            return messages.Overrun(lost_in, lost_out)
        case Card():
            return messages.DeviceState(event.direction, event.present, event.device, event.hint)


STAGE = SoundStage
