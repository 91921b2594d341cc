"""Becoming the owner, signing in, changing the passphrase: the slow part, in threads, one at a time."""

from __future__ import annotations

import asyncio
import math
import time
from http import HTTPStatus

from msgspec.structs import replace

from appliance.control import NotRunning
from appliance.errors import ControlError
from appliance.web.access import passwords, sessions
from appliance.web.access.codes import is_code
from appliance.web.access.keeper import Keeper
from appliance.web.access.state import State
from appliance.web.access.visitor import Visitor, wall
from appliance.web.context import Context
from appliance.web.problems import Refused

"""Compared with where there is no passphrase, so that it takes as long."""


class Owner:
    """The owner's affairs. Every wrong try is counted; see `failures`."""

    def __init__(self, keeper: Keeper, context: Context) -> None:
        self._keeper = keeper
        self._context = context

    @property
    def exists(self) -> bool:
        """Did somebody set a passphrase? Raises ControlError."""
        return self._keeper.store.read().owner is not None

    async def claim(self, visitor: Visitor, code: str, passphrase: str, agent: str) -> str:
        """Set the first passphrase, or a new one with a code from the console; the new session's secret.

        The console's code ends all sessions: who was owner before is not any more. Raises Refused,
        ConfigError.
        """
        passwords.checked(passphrase)
        console = is_code(self._keeper.store.read(), code, wall())
        if self.exists and not console:
            raise Refused(
                HTTPStatus.CONFLICT,
                "the appliance has an owner",
                "sign in; if the passphrase is lost, on its console: appliance token claim",
            )
        self._count(visitor)
        async with self._keeper.slow:
            known = await asyncio.to_thread(passwords.hashed, passphrase)
        if not console:
            await self._ask_for(code)
        self._keeper.failures.right(visitor.address)

        def become(state: State) -> tuple[State, str]:
            if console and not is_code(state, code, wall()):
                raise _wrong("that code was used meanwhile", "make another: appliance token claim")
            if not console and state.owner is not None:
                raise Refused(HTTPStatus.CONFLICT, "the appliance has an owner", "sign in")
            return sessions.begin(replace(state, owner=known, code=None, sessions=()), agent, wall())

        return await self._keeper.change(become)

    async def sign_in(self, visitor: Visitor, passphrase: str, agent: str) -> str:
        """A new session's secret. Raises Refused."""
        await self._check(visitor, passphrase)
        return await self._keeper.change(lambda state: sessions.begin(state, agent, wall()))

    async def change(self, visitor: Visitor, current: str, passphrase: str) -> None:
        """Another passphrase; all other sessions end. Raises Refused, ConfigError."""
        passwords.checked(passphrase)
        await self._check(visitor, current)
        async with self._keeper.slow:
            known = await asyncio.to_thread(passwords.hashed, passphrase)
        await self._keeper.change(
            lambda state: (sessions.end_others(replace(state, owner=known), visitor.id), None)
        )

    async def _check(self, visitor: Visitor, passphrase: str) -> None:
        self._count(visitor)
        owner = self._keeper.store.read().owner
        async with self._keeper.slow:
            right = await asyncio.to_thread(passwords.matches, passphrase, owner or passwords.NOBODY)
        if owner is None or not right:
            raise _wrong("that is not the passphrase", "if it is lost, on the console: appliance token claim")
        self._keeper.failures.right(visitor.address)

    async def _ask_for(self, code: str) -> None:
        """Is it the claim code of the first boot? It is used up then. Raises Refused."""
        try:
            await self._context.ask("claim_verify", code=code)
        except NotRunning:
            raise
        except ControlError as error:
            if error.message.startswith("no request"):  # no first boot on this machine
                raise _wrong(
                    "that is not the code", "make one on the console: appliance token claim"
                ) from error
            raise _wrong(error.message, error.hint) from error

    def _count(self, visitor: Visitor) -> None:
        wait = self._keeper.failures.begin(visitor.address, time.monotonic())
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            raise Refused(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too many wrong tries",
                f"again in {seconds} seconds",
                {"Retry-After": str(seconds)},
            )


def _wrong(detail: str, hint: str) -> Refused:
    return Refused(HTTPStatus.FORBIDDEN, detail, hint)
