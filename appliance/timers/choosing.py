"""Which timers a request means. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from appliance.timers import calendar
from appliance.timers.calendar import When
from appliance.timers.model import Timer
from appliance.timers.request import Request

SIMILAR = 0.75
"""A name that a recogniser heard a little wrong is still that name."""
SAME_SECONDS = 1.0


def plain(text: str) -> str:
    """A name as it is compared: small letters and digits, without articles at its start."""
    words = "".join(each if each.isalnum() else " " for each in text.casefold()).split()
    while len(words) > 1 and words[0] in ARTICLES:
        words = words[1:]
    return " ".join(words)


ARTICLES = frozenset(
    ["the", "my", "our", "a", "an", "der", "die", "das", "den", "dem", "mein", "meine", "meinen"]
)


def matching(request: Request, timers: Sequence[Timer], areas: Mapping[str, str]) -> tuple[Timer, ...]:
    """All that fit what was said; without a name, length, time or room: all of the kind."""
    found = [timer for timer in timers if request.kind in (None, timer.kind)]
    if request.id:
        return tuple(timer for timer in found if timer.id == request.id)
    if request.name:
        found = _named(request.name, found, timers, areas)
    if request.start_s:
        found = [timer for timer in found if abs(timer.duration_s - request.start_s) < SAME_SECONDS]
    if request.at is not None:
        found = [timer for timer in found if _is_at(timer, request.at)]
    if request.area:
        found = [timer for timer in found if is_in(timer, request.area, areas)]
    if request.last and found:
        found = [max(found, key=lambda timer: timer.id)]
    return tuple(found)


def _named(
    name: str, found: Sequence[Timer], timers: Sequence[Timer], areas: Mapping[str, str]
) -> list[Timer]:
    """By exact name, of whatever kind; else by part or likeness of it; else in a room of this name."""
    wanted = plain(name)
    exact = [timer for timer in found if plain(_words(timer)) == wanted]
    if exact:
        return exact
    named = [timer for timer in found if _words(timer)]
    part = [timer for timer in named if _within(wanted, plain(_words(timer)))]
    if part:
        return part
    ratios = {
        timer.id: difflib.SequenceMatcher(None, wanted, plain(_words(timer))).ratio() for timer in named
    }
    best = max(ratios.values(), default=0.0)
    if best >= SIMILAR:
        return [timer for timer in named if ratios[timer.id] == best]
    return [timer for timer in found if is_in(timer, name, areas)] if timers else []


def _words(timer: Timer) -> str:
    return timer.label or timer.text


def _within(wanted: str, words: str) -> bool:
    return f" {wanted} " in f" {words} " or (len(wanted) > 3 and wanted in words.replace(" ", ""))


def is_in(timer: Timer, area: str, areas: Mapping[str, str]) -> bool:
    """Was it set in this place, or in this area?"""
    return plain(area) in (plain(timer.room), plain(areas.get(timer.room, "")))


def _is_at(timer: Timer, when: When) -> bool:
    """Does what was said fit its time of day and day?"""
    if not timer.at:
        return False
    at = calendar.parse(timer.at)
    if when.hour >= 0 and (at.minute != when.minute or at.hour not in _possible(when)):
        return False
    if when.weekday >= 0 and when.weekday not in (at.weekday(), *timer.days):
        return False
    return not when.days or set(when.days) == set(timer.days)


def _possible(when: When) -> tuple[int, ...]:
    if when.half or not when.clock12:
        return (calendar.hour24(when),)
    return when.hour % calendar.NOON, when.hour % calendar.NOON + calendar.NOON


def one(request: Request, found: Sequence[Timer], room: str) -> tuple[Timer, ...]:
    """The one that is meant when nothing more was said: what rings, then what was set in this room."""
    if len(found) < 2:
        return tuple(found)
    for preferred in (
        [timer for timer in found if timer.state == "ringing"],
        [timer for timer in found if timer.room == room],
    ):
        if len(preferred) == 1 and not request.name:
            return tuple(preferred)
    return tuple(found)
