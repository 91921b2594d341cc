"""What the local socket can be asked about the set-up: so the owner needs not be root."""

from __future__ import annotations

import asyncio
from typing import Any

from appliance.control import Answer, Handler
from appliance.errors import ControlError
from appliance.firstboot import notes, prepare
from appliance.firstboot.codes import grouped
from appliance.firstboot.ownership import Claim
from appliance.firstboot.places import Places, service_user

MAX_CODE = 64


class SetupRequests:
    """Handlers by name, for `ControlServer`."""

    def __init__(self, places: Places | None = None) -> None:
        self._places = places or Places()

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table of requests."""
        return {"setup_code": self._code, "setup_reset": self._reset, "claim_verify": self._claim}

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
