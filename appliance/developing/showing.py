"""A line of the log on a terminal: a colour for each process or part, brighter what is bad. Pure."""

from __future__ import annotations

import re
from zlib import crc32

from appliance.observe import entries
from appliance.observe.entries import Entry

PALETTE = (36, 32, 35, 34, 96, 92, 95, 94)
LEVELS = {"debug": "2", "warning": "33", "error": "31", "critical": "1;31"}
OWN = {
    "sound": 96, "wake": 95, "vad": 94, "stt": 92, "intent": 36, "llm": 35, "tts": 32, "web": 34, "dev": 33,
}  # fmt: skip
WIDTH = 12
ABOUT_A_STAGE = re.compile(r"stage (\w{2,10}): ")


def who(entry: Entry) -> str:
    """Whose line it is: a stage's name, or the first part of the component."""
    said = ABOUT_A_STAGE.match(entry.message)
    if entry.stage or said:
        return entry.stage or (said[1] if said else "")
    parts = entry.component.split(".")
    return parts[1] if parts[0] == "stages" and len(parts) > 1 else parts[0] or "appliance"


def colour(name: str) -> int:
    """The same for the same name, in every run."""
    return OWN.get(name, PALETTE[crc32(name.encode()) % len(PALETTE)])


def plain(entry: Entry) -> str:
    """For the file."""
    return f"{who(entry)[:WIDTH]:<{WIDTH}} {entries.shown(entry)}"


def coloured(entry: Entry) -> str:
    """For the terminal."""
    name = who(entry)
    level = LEVELS.get(entry.level, "")
    text = entries.shown(entry)
    text = f"\x1b[{level}m{text}\x1b[0m" if level else text
    return f"\x1b[{colour(name)}m{name[:WIDTH]:<{WIDTH}}\x1b[0m {text}"
