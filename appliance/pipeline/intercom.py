"""Two places hear each other until one hangs up, has a turn of its own, or the time is over."""

from __future__ import annotations

import asyncio

from appliance.audio import pcm
from appliance.pipeline.shared import Shared
from appliance.pipeline.site import Site

PIECE_BYTES = 96 * pcm.BYTES_PER_MS
"""Three blocks of a microphone in one piece: fewer packets, and still within what an ear takes as at once."""


class Call:
    """One open line."""

    def __init__(self, one: Site, other: Site, shared: Shared) -> None:
        self.sites = (one, other)
        self._turns = (shared.next_turn(), shared.next_turn())
        self._rest = (bytearray(), bytearray())

    def open(self) -> None:
        """Let each one's microphone reach the other's loudspeaker."""
        for near, site in enumerate(self.sites):
            site.on_audio = lambda block, near=near: self._carry(near, block)

    def close(self) -> None:
        """Silence on both ends."""
        for site, turn in zip(self.sites, self._turns, strict=True):
            site.on_audio = site.on_turn = None
            site.output.cancel(turn)

    def _carry(self, near: int, block: bytes) -> None:
        far, rest = 1 - near, self._rest[near]
        rest += block
        if len(rest) >= PIECE_BYTES:
            self.sites[far].output.play(self._turns[far], pcm.RATE_HZ, bytes(rest))
            rest.clear()


class Intercom:
    """All open lines; a place has at most one."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._calls: dict[str, tuple[Call, asyncio.TimerHandle]] = {}

    def connect(self, one: Site, other: Site) -> bool:
        """Open a line between two idle places; False when that is not possible."""
        if one is other or not (one.idle and other.idle) or {one.name, other.name} & self._calls.keys():
            return False
        call = Call(one, other, self._shared)
        seconds = self._shared.config.satellites.announce_seconds
        timer = asyncio.get_running_loop().call_later(seconds, self.hang_up, one.name)
        for site in call.sites:
            self._calls[site.name] = (call, timer)
            site.on_turn = lambda name=site.name: self.hang_up(name)
        call.open()
        return True

    def hang_up(self, name: str) -> None:
        """Close the line of this place, if it has one."""
        if name not in self._calls:
            return
        call, timer = self._calls[name]
        timer.cancel()
        for site in call.sites:
            self._calls.pop(site.name, None)
        call.close()

    def close(self) -> None:
        """Hang up everywhere."""
        for name in tuple(self._calls):
            self.hang_up(name)
