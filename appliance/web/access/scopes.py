"""What a token may be allowed to do. The owner's session may do everything. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from appliance.errors import ControlError

Scope = Literal["speak", "chat", "read", "control", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
ALL = frozenset(SCOPES)
MEANINGS: dict[Scope, str] = {
    "speak": "make speech, list voices",
    "chat": "ask and talk, with deeds through the appliance's policy",
    "read": "status, turns, devices, timers, health, metrics, logs without words",
    "control": "volume, mute, timers, devices through the appliance's policy, announcements",
    "admin": "settings, people, tokens, models, updates, backup, set-up",
}


def checked(names: Iterable[str]) -> tuple[Scope, ...]:
    """In the order of SCOPES, each once. Raises ControlError for none, or one that does not exist."""
    wanted = set(names)
    strange = sorted(wanted - ALL)
    if strange or not wanted:
        what = (
            f"there is no scope {strange[0][:40]!r}" if strange else "a token without a scope can do nothing"
        )
        raise ControlError(what, f"one or more of: {', '.join(SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in wanted)
