"""Versions and their order, as of semver.org, with as many numbers as one likes. Pure."""

from __future__ import annotations

import re

from appliance.updating.errors import UpdateError

MAX_CHARS = 64
FORM = re.compile(
    r"(?P<numbers>\d{1,9}(?:\.\d{1,9}){0,3})"
    r"(?:-(?P<before>[0-9A-Za-z-]{1,32}(?:\.[0-9A-Za-z-]{1,32}){0,4}))?(?:\+[0-9A-Za-z.-]{1,32})?",
    re.ASCII,
)

Key = tuple[tuple[int, ...], int, tuple[tuple[int, int, str], ...]]


def key(version: str) -> Key:
    """What to compare by: "2026.11.2-beta.1" comes before "2026.11.2". Raises UpdateError."""
    match = FORM.fullmatch(version) if len(version) <= MAX_CHARS else None
    if match is None:
        raise UpdateError(
            f"{version[:MAX_CHARS]!r} is not a version", 'such as "2026.11.2" or "2026.12.0-beta.1"'
        )
    numbers = [int(each) for each in match["numbers"].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    before = match["before"]
    parts = tuple(_part(each) for each in before.split(".")) if before else ()
    return tuple(numbers), 0 if before else 1, parts


def _part(text: str) -> tuple[int, int, str]:
    return (0, int(text), "") if text.isdigit() else (1, 0, text)


def newer(version: str, than: str) -> bool:
    """Is it newer? Raises UpdateError when either is no version."""
    return key(version) > key(than)
