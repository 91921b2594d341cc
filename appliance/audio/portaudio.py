"""PortAudio as this program needs it: which device is meant, what it can do, and how to see new cards."""

from __future__ import annotations

from typing import Any, Literal

from appliance.audio import pcm
from appliance.audio.streams import Format
from appliance.errors import AudioError

Direction = Literal["input", "output"]
WHAT: dict[Direction, str] = {"input": "microphone", "output": "loudspeaker"}
LIST_COMMAND: dict[Direction, str] = {"input": "arecord -l", "output": "aplay -l"}
DEFAULT = ("", "default")
COMMON_RATES_HZ = (48_000, 44_100)
MAX_CHANNELS = 8


class PortAudio:
    """The library, imported by `open`. Its errors become AudioError with a remedy."""

    def __init__(self) -> None:
        self.sounddevice: Any = None

    def open(self) -> str:
        """Import it. Raises AudioError when PortAudio is not installed."""
        try:
            import sounddevice
        except (ImportError, OSError) as error:
            raise AudioError(f"PortAudio cannot be loaded: {error}", "apt install libportaudio2") from error
        self.sounddevice = sounddevice
        return str(sounddevice.get_portaudio_version()[1]).partition(",")[0]

    def refresh(self) -> None:
        """Look for cards anew; no stream may be open. PortAudio sees new cards in no other way."""
        library = self.sounddevice
        try:
            while library._initialized:  # noqa: SLF001 - the library has no public way
                library._terminate()  # noqa: SLF001
            library._initialize()  # noqa: SLF001
        except library.PortAudioError as error:
            raise AudioError(
                f"PortAudio cannot start: {error}", "look at the system's sound server"
            ) from error

    def find(self, direction: Direction, name: str) -> dict[str, Any]:
        """What PortAudio knows about this device. Raises AudioError when there is none, or several."""
        wanted = None if name.strip().casefold() in DEFAULT else int(name) if name.isdecimal() else name
        try:
            found: dict[str, Any] = self.sounddevice.query_devices(wanted, direction)
        except (ValueError, self.sounddevice.PortAudioError) as error:
            raise AudioError(_missing(direction, name, error), self._hint(direction)) from error
        return found

    def formats(self, direction: Direction, device: dict[str, Any]) -> list[Format]:
        """Formats to try, the one that costs nothing first."""
        own = int(device["default_samplerate"])
        channels = min(max(1, int(device[f"max_{direction}_channels"])), MAX_CHANNELS)
        first = [Format(pcm.RATE_HZ, 1)] if direction == "input" else []
        rates = dict.fromkeys((own, *COMMON_RATES_HZ))
        counts = dict.fromkeys((1, min(2, channels), channels))
        return list(dict.fromkeys([*first, *(Format(rate, count) for rate in rates for count in counts)]))

    def _hint(self, direction: Direction) -> str:
        """What to do about a missing device."""
        devices = self.sounddevice.query_devices()
        names = [str(device["name"]) for device in devices if device[f"max_{direction}_channels"] > 0]
        choice = f"choose audio.{direction}_device from: {', '.join(names[:6])}" if names else ""
        plug = f"plug in a {WHAT[direction]} and look at `{LIST_COMMAND[direction]}`"
        without = 'audio.device = "none" runs without a card'
        return "; ".join(part for part in (choice or plug, without) if part)


def _missing(direction: Direction, name: str, error: Exception) -> str:
    several = "Multiple" in str(error)
    if name.strip().casefold() in DEFAULT:
        return f"there is no {WHAT[direction]}"
    return f"{'several devices are' if several else f'there is no {WHAT[direction]}'} called {name!r}"
