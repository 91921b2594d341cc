"""What the local socket can ask about people and the audit; used on the files alone when nothing runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from appliance.control import Answer, Handler
from appliance.errors import ControlError
from appliance.judgement.identity.profiles import MAX_PERMISSIONS, MAX_ROOMS, ROLES, Profile
from appliance.judgement.judge import Judge
from appliance.judgement.rules import MAX_CHARACTERS

MAX_NAME = 200
MAX_PIN = 64
DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000


class JudgementRequests:
    """Handlers by name."""

    def __init__(self, judge: Judge, forget: Callable[[str], Awaitable[object]] | None = None) -> None:
        """`forget` removes what others keep of a person."""
        self._judge = judge
        self._forget = forget

    def handlers(self) -> dict[str, Handler]:
        """What is added to the table that `ControlServer` serves."""
        return {
            "audit_list": self._audit_list,
            "audit_clear": self._audit_clear,
            "person_add": self._add,
            "person_list": self._list,
            "person_remove": self._remove,
            "person_pin": self._pin,
            "person_enrol": self._enrol,
        }

    async def _audit_list(self, request: Answer) -> Answer:
        since, limit = request.get("since", 0.0), request.get("limit", DEFAULT_LIMIT)
        if isinstance(since, bool) or not isinstance(since, int | float):
            raise ControlError("audit_list: `since` is a number of seconds since 1970")
        if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MAX_LIMIT:
            raise ControlError(f"audit_list: `limit` is a whole number from 1 to {MAX_LIMIT}")
        person = _text(request, "person", "")
        rows = await asyncio.to_thread(self._judge.audit.list, float(since), person, limit)
        return {"rows": [msgspec.to_builtins(row) for row in rows]}

    async def _audit_clear(self, request: Answer) -> Answer:
        del request
        return {"cleared": await asyncio.to_thread(self._judge.audit.clear)}

    async def _add(self, request: Answer) -> Answer:
        role = request.get("role", "adult")
        if role not in ROLES:
            raise ControlError(f"there is no role {str(role)[:MAX_NAME]!r}", f"one of: {', '.join(ROLES)}")
        profile = Profile(
            _text(request, "name"),
            role,
            _texts(request, "permissions", MAX_PERMISSIONS),
            _texts(request, "rooms", MAX_ROOMS),
        )
        return _shown(await asyncio.to_thread(self._judge.household.add, profile), has_pin=False)

    async def _list(self, request: Answer) -> Answer:
        del request
        return {"people": [_shown(profile, has_pin=pin) for profile, pin in self._judge.household.people()]}

    async def _remove(self, request: Answer) -> Answer:
        name = self._judge.household.named(_text(request, "name")).name
        if self._forget is not None:
            await self._forget(name)
        await self._judge.forget(name)
        return {"removed": name, "still_in_rules": self._judge.rules_about(name)}

    async def _pin(self, request: Answer) -> Answer:
        name = self._judge.household.named(_text(request, "name")).name
        pin = request.get("pin")
        if not isinstance(pin, str) or len(pin) > MAX_PIN:
            raise ControlError("person_pin needs a `pin`, in digits")
        await asyncio.to_thread(self._judge.household.set_pin, name, pin)
        return {"name": name, "pin": True}

    async def _enrol(self, request: Answer) -> Answer:
        name, room = _text(request, "name"), _text(request, "room", "local")
        enrolment = self._judge.enrol(name, room)
        return {"name": enrolment.name, "room": room, "needed": enrolment.needed}


def _text(request: Answer, key: str, default: str | None = None) -> str:
    value = request.get(key, default)
    if not isinstance(value, str) or len(value) > MAX_NAME or (not value and default is None):
        raise ControlError(f"`{key}` must be a text of 1 to {MAX_NAME} characters")
    return value


def _texts(request: Answer, key: str, limit: int) -> tuple[str, ...]:
    value = request.get(key, [])
    texts = isinstance(value, list) and all(isinstance(each, str) for each in value)
    if not texts or len(value) > limit or any(len(each) > MAX_CHARACTERS for each in value):
        raise ControlError(f"`{key}` must be a list of at most {limit} texts")
    return tuple(value)


def _shown(profile: Profile, *, has_pin: bool) -> dict[str, Any]:
    """A person without secrets: of the voice only how much of it is known."""
    return {
        "name": profile.name,
        "role": profile.role,
        "permissions": list(profile.permissions),
        "rooms": list(profile.rooms),
        "voices": len(profile.voices),
        "pin": has_pin,
    }
