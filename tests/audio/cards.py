"""Cards that are choosier than the one at hand."""

from __future__ import annotations

from typing import Any

from appliance.audio.portaudio import Direction, PortAudio
from appliance.audio.streams import Format


class OnlyThese(PortAudio):
    """The real library with a card that offers no other formats."""

    def __init__(self, *formats: Format) -> None:
        super().__init__()
        self._only = list(formats)

    def formats(self, direction: Direction, device: dict[str, Any]) -> list[Format]:
        del direction, device
        return self._only
