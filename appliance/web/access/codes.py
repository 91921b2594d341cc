"""Codes made on the console (`appliance token claim`): who types one becomes the owner. Pure."""

from __future__ import annotations

import secrets

from msgspec.structs import replace

from appliance.web.access import marks
from appliance.web.access.state import Code, State

CODE_SECONDS = 3_600
"""How long one can be used."""
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP = 4, 4


def make_code(state: State, now: int) -> tuple[State, str]:
    """A code for the console: whoever types it in the page within the hour becomes the owner."""
    groups = ["".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS)]
    code = "-".join(groups)
    return replace(state, code=Code(marks.mark(plain(code)), now + CODE_SECONDS)), code


def plain(code: str) -> str:
    """As it was meant, however it was typed."""
    return "".join(each for each in code.lower() if each.isalnum())


def is_code(state: State, code: str, now: int) -> bool:
    """Is it the console's code, in time?"""
    known = state.code
    in_time = known is not None and known.expires - CODE_SECONDS <= now < known.expires
    return known is not None and in_time and secrets.compare_digest(marks.mark(plain(code)), known.mark)
