"""A presence in a process of its own, to be killed: `python -m tests.presence.process JSON`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec

from appliance.mqtt.address import Address
from tests.presence.panels import HeldPanel, present


class Settings(msgspec.Struct, frozen=True):
    """The broker, and the data directory."""

    host: str
    port: int
    username: str
    password: str
    data: str


async def main(settings: Settings) -> None:
    """Be there until killed."""
    address = Address(settings.host, settings.port, settings.username, settings.password)
    async with present(address, HeldPanel(Path(settings.data))):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=Settings)))
