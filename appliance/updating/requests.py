"""What the running appliance's local socket can be asked about updates; the web page will ask the same."""

from __future__ import annotations

import msgspec

from appliance.control import Answer, Handler
from appliance.errors import ControlError
from appliance.updating.updates import Updates


class UpdateRequests:
    """Handlers by name, for `ControlServer`."""

    def __init__(self, updates: Updates) -> None:
        self._updates = updates

    def handlers(self) -> dict[str, Handler]:
        """The table."""
        return {
            "update": self._status,
            "update_check": self._check,
            "update_install": self._install,
            "update_rollback": self._roll_back,
        }

    async def _status(self, request: Answer) -> Answer:
        del request
        return self._shown()

    async def _check(self, request: Answer) -> Answer:
        del request
        await self._updates.check()
        return self._shown()

    async def _install(self, request: Answer) -> Answer:
        """`source`: a path on this machine, such as of an upload, or an address; without it, the channel."""
        source = request.get("source", "")
        if not isinstance(source, str):
            raise ControlError("update_install: `source` is a path or an address")
        await self._updates.install(source)
        return self._shown()

    async def _roll_back(self, request: Answer) -> Answer:
        del request
        return {"version": await self._updates.roll_back()}

    def _shown(self) -> Answer:
        shown: Answer = msgspec.to_builtins(self._updates.view)
        return {**shown, "available": self._updates.available}
