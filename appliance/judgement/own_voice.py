"""Was that somebody, or our own loudspeaker in our own microphone? Pure.

What was heard while one of our loudspeakers spoke, or directly afterwards, and resembles what it said, is not
obeyed: neither as a command nor as an answer. Every room counts, since one room's loudspeaker is heard in the
next. Times are seconds of one monotonic clock.
"""

from __future__ import annotations

import difflib
from collections import deque
from collections.abc import Iterable

import msgspec

from appliance.judgement.words import normal

TAIL_SECONDS = 1.5
"""How long after its end speech may still be heard: the card's buffer, a satellite's jitter, echo."""
LONGEST_SECONDS = 120.0
"""No sentence is spoken longer; one whose end nobody told (a satellite that vanished) has ended by then."""
SIMILAR = 0.7
"""Share of the heard words that must appear in the spoken ones, in order, to be taken for an echo."""
KEPT = 64
MAX_WORDS = 400


class Said(msgspec.Struct, frozen=True):
    """Something that one of our loudspeakers says; `ended` is infinite while it still speaks."""

    text: str
    began: float
    ended: float = float("inf")
    room: str = ""


def is_echo(text: str, heard_from: float, heard_until: float, said: Iterable[Said]) -> bool:
    """Does what was heard in that time resemble what was being said, or had just been said?"""
    words = normal(text).split()[:MAX_WORDS]
    if not words:
        return False
    near = [each for each in said if _audible(each, heard_from, heard_until)]
    return any(_resembles(words, normal(each.text).split()[:MAX_WORDS]) for each in near)


def _audible(said: Said, heard_from: float, heard_until: float) -> bool:
    """Could it be heard then?"""
    ended = min(said.ended, said.began + LONGEST_SECONDS)
    return said.began <= heard_until and heard_from <= ended + TAIL_SECONDS


def _resembles(heard: list[str], spoken: list[str]) -> bool:
    blocks = difflib.SequenceMatcher(None, heard, spoken, autojunk=False).get_matching_blocks()
    if sum(block.size for block in blocks) >= SIMILAR * len(heard):
        return True
    # A recogniser that splits or joins words: compared by letters.
    letters = difflib.SequenceMatcher(None, "".join(heard), "".join(spoken), autojunk=False)
    longest = letters.find_longest_match()
    return longest.size >= max(4, SIMILAR * len("".join(heard)))


class OwnVoice:
    """What was said lately, bounded."""

    def __init__(self) -> None:
        self._said: deque[Said] = deque(maxlen=KEPT)

    def says(self, room: str, text: str, began: float) -> None:
        """The loudspeaker of this room begins to say this, or will before long."""
        self._said.append(Said(text, began, room=room))

    def said(self, room: str, ended: float) -> None:
        """Everything that was being said there has ended, or was cut short."""
        self._said = deque((_ended(each, room, ended) for each in self._said), KEPT)

    def is_echo(self, text: str, heard_from: float, heard_until: float) -> bool:
        """See `is_echo`."""
        return is_echo(text, heard_from, heard_until, self._said)


def _ended(said: Said, room: str, ended: float) -> Said:
    return msgspec.structs.replace(said, ended=min(said.ended, ended)) if said.room == room else said
