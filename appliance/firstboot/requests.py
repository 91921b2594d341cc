"""What the local socket can be asked about the set-up: so the owner needs not be root."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from appliance.control import Answer, Handler
from appliance.errors import ControlError
from appliance.firstboot import forgetting, notes, prepare
from appliance.firstboot.codes import grouped
from appliance.firstboot.errors import SetupError
from appliance.firstboot.ownership import Claim
from appliance.firstboot.places import Places, service_user

MAX_CODE = 64


class SetupRequests:
    """Handlers by name, for `ControlServer`."""

    def __init__(self, places: Places | None = None, data: Path | None = None) -> None:
        """`data` is the appliance's own folder, as it sees it itself."""
        self._places = places or Places()
        self._data = data or self._places.data

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table of requests."""
        return {
            "setup_code": self._code,
            "setup_reset": self._reset,
            "claim_verify": self._claim,
            "factory_reset": self._forget,
        }

    async def _code(self, request: Answer) -> Answer:
        del request
        return await asyncio.to_thread(code, self._places)

    async def _claim(self, request: Answer) -> Answer:
        given = request.get("code")
        if not isinstance(given, str) or len(given) > MAX_CODE:
            raise ControlError(f"claim_verify: `code` is a text of up to {MAX_CODE} characters")
        return await asyncio.to_thread(claimed, self._places, given)

    async def _reset(self, request: Answer) -> Answer:
        if request.get("sure") is not True:
            raise ControlError("setup_reset forgets every owner", "ask with `sure`: true")
        return await asyncio.to_thread(reset, self._places)

    async def _forget(self, request: Answer) -> Answer:
        if request.get("sure") is not True:
            raise ControlError("factory_reset removes everything that was kept", "ask with `sure`: true")
        return await asyncio.to_thread(forget, self._data)


def forget(data: Path, image: Path = forgetting.IMAGE) -> dict[str, Any]:
    """Start anew and remove everything that was kept. Raises SetupError."""
    if not image.exists():
        raise SetupError(
            "this is not the appliance's image, which could remove everything",
            f"stop the appliance and remove {data}",
        )
    forgetting.mark(data)
    return {"factory reset": "the machine starts anew and removes everything"}


def claimed(places: Places, given: str) -> dict[str, Any]:
    """Use the code up: who gave it is the owner. Raises SetupError, and Wrong for another code."""
    return {"token": Claim(places.claim, service_user()).verify(given)}


def code(places: Places) -> dict[str, Any]:
    """The claim code of this start. Raises SetupError."""
    return {"code": grouped(notes.claim_code(places))}


def reset(places: Places) -> dict[str, Any]:
    """Forget the owners, and make a new code. Raises SetupError."""
    Claim(places.claim, service_user()).reset()
    prepare.renew_code(places)
    return code(places)
