"""Sentences about timers, alarms and reminders, in English and German, as requests. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, cast

from msgspec.structs import replace

from appliance.timers import tables_de, tables_en
from appliance.timers.calendar import When
from appliance.timers.marking import Marked, mark
from appliance.timers.model import MAX_LABEL, MAX_TEXT, Kind
from appliance.timers.request import Do, Request
from appliance.timers.tables import Tables
from appliance.timers.tokens import MAX_SENTENCE

LANGUAGES: Mapping[str, Tables] = {"en": tables_en.TABLES, "de": tables_de.TABLES}
_MACRO = re.compile(r"\{([A-Z]+)\}")
_GROUP = re.compile(r"\(\?P<(\w+?)\d*>")


WORDS = ("label", "name", "text", "area")
"""Groups that hold words of the speaker's own."""


def tables(language: str) -> Tables | None:
    """Of "en", "de", "de-AT" …; None for a language that nobody has described."""
    return LANGUAGES.get(language.replace("_", "-").partition("-")[0].casefold())


def parse(
    sentence: str, language: str, *, pending: Request | None = None, ringing: bool = False
) -> Request | None:
    """What a sentence wants of the timers; None when it is about something else.

    `pending` is what the last answer asked about, so that "ten minutes" says how long; `ringing` lets "stop"
    and "ten more minutes" mean what rings here.
    """
    known = tables(language)
    if known is None or not sentence.strip() or len(sentence) > MAX_SENTENCE:
        return None
    marked = mark(sentence, known)
    whole = _whole(marked, known, ringing=ringing)
    if whole is not None:
        return whole
    chosen = _chosen(marked, known, pending) if pending is not None else None
    if chosen is not None and (chosen.start_s or chosen.at or chosen.last):
        return chosen
    for do, expression in _compiled(known.code):
        match = expression.fullmatch(marked.text)
        if match is not None:
            return _request(do, match, marked, known)
    return _reply(marked, known, pending) if pending is not None else None


def refuses(sentence: str, language: str) -> bool:
    """Is this "never mind", as a reply to a question?"""
    known = tables(language)
    return known is not None and mark(sentence, known).text in known.never_mind


def _whole(marked: Marked, known: Tables, *, ringing: bool) -> Request | None:
    """Short sentences that only mean something while it rings."""
    if not ringing:
        return None
    text = marked.text
    if text in known.stop or (not text and any(map(str.isalpha, marked.sentence))):
        return Request("stop")
    length = re.fullmatch(r"(?:noch |another |just )?(§d\d+)(?: more| longer| mehr| laenger)?", text)
    return Request("snooze", seconds=marked.seconds[length[1]]) if length else None


@cache
def _compiled(code: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The expressions of a language, macros put in."""
    known = LANGUAGES[code]
    return tuple((do, _expression(text, known)) for do, text in known.patterns)


def _expression(text: str, known: Tables) -> re.Pattern[str]:
    while _MACRO.search(text):
        text = _MACRO.sub(lambda match: known.macros[match[1]], text)
    seen: dict[str, int] = {}

    def numbered(match: re.Match[str]) -> str:
        """A name may stand in one expression several times; only one of them matches."""
        seen[match[1]] = seen.get(match[1], 0) + 1
        return f"(?P<{match[1]}{seen[match[1]]}>"

    return re.compile(_GROUP.sub(numbered, text))


def _groups(match: re.Match[str], marked: Marked) -> dict[str, list[str]]:
    """What was found by name: marks as they are, words as they were said."""
    found: dict[str, list[str]] = {}
    for name, text in match.groupdict().items():
        if text:
            begin, end = match.span(name)
            key = name.rstrip("0123456789")
            found.setdefault(key, []).append(marked.original(begin, end) if key in WORDS else text)
    return found


def _request(do: str, match: re.Match[str], marked: Marked, known: Tables) -> Request:
    groups = _groups(match, marked)
    action, _, kind = do.partition(" ")
    seconds, when = _times([*groups.get("d", []), *groups.get("t", [])], marked)
    starts, at = _times([*groups.get("start", []), *groups.get("at", [])], marked)
    name = _first(groups, "name")[:MAX_LABEL]
    if name and at is None:
        name, at = _named_time(name, known)
    return Request(
        do=cast("Do", "lengthen" if action == "shorten" else action),
        kind=cast("Kind | None", kind or _kind(groups, known)),
        seconds=-seconds if action == "shorten" else seconds,
        when=when,
        label=_first(groups, "label")[:MAX_LABEL],
        text=_first(groups, "text")[:MAX_TEXT],
        name=name,
        start_s=starts,
        at=at,
        area=_first(groups, "area")[:MAX_LABEL],
        last="last" in groups,
        next="next" in groups,
    )


def _named_time(name: str, known: Tables) -> tuple[str, When | None]:
    """`My seven thirty alarm`: what stands where a name would is a time, if it can be one."""
    marked = mark(f"{min(known.at)} {name}", known)
    when = marked.whens.get(marked.text)
    return ("", when) if when is not None else (name, None)


def _first(groups: Mapping[str, list[str]], name: str) -> str:
    return groups.get(name, [""])[0]


def _kind(groups: Mapping[str, list[str]], known: Tables) -> str | None:
    said = _first(groups, "kind").lower()
    return next((kind for word, kind in known.kinds.items() if said.startswith(word)), None)


def _times(groups: list[str], marked: Marked) -> tuple[float, When | None]:
    """Seconds, or one time put together from several marks."""
    marks = [each for group in groups for each in group.split()]
    seconds = sum(marked.seconds.get(each, 0.0) for each in marks)
    whens = [marked.whens[each] for each in marks if each in marked.whens]
    when = None
    for each in whens:
        when = each if when is None else _merged(when, each)
    return seconds, when


def _merged(one: When, other: When) -> When:
    """What either of them says."""
    fields: dict[str, Any] = {}
    for name in ("in_days", "weekday", "days"):
        mine = getattr(one, name)
        fields[name] = mine if mine not in (-1, ()) else getattr(other, name)
    timed = one if one.hour >= 0 else other
    return replace(timed, **fields)


# --- replies to a question -----------------------------------------------------------------------------


def _reply(marked: Marked, known: Tables, pending: Request) -> Request | None:
    """The rest of a request that a question asked for."""
    if pending.do == "set" and pending.kind == "reminder" and not pending.text:
        return replace(pending, text=marked.original(0, len(marked.text))[:MAX_TEXT])
    return _with_time(marked, known, pending) if _lacks_time(pending) else _chosen(marked, known, pending)


def _lacks_time(pending: Request) -> bool:
    untimed = not pending.seconds and (pending.when is None or pending.when.hour < 0)
    return pending.do == "set" or (pending.do in ("lengthen", "move") and untimed)


def _chosen(marked: Marked, known: Tables, pending: Request) -> Request | None:
    """Which of several, when that was asked."""
    match = _expression(known.one_of, known).fullmatch(marked.text)
    if match is None or _lacks_time(pending):
        return None
    groups = _groups(match, marked)
    starts, at = _times([*groups.get("start", []), *groups.get("at", [])], marked)
    name = _first(groups, "name")[:MAX_LABEL]
    return replace(pending, name=name, start_s=starts, at=at, last="last" in groups, next=False)


def _with_time(marked: Marked, known: Tables, pending: Request) -> Request | None:
    words = [piece.text for piece in marked.pieces]
    marks = [word for word in words if word.startswith("§")]
    if len(words) - len(marks) > 1 or not marks:
        # A number alone is a time of day when one was asked for.
        if pending.kind == "timer" or len(words) != 1:
            return None
        marked = mark(f"{min(known.at)} {marked.sentence}", known)
        marks = [piece.text for piece in marked.pieces if piece.text.startswith("§")]
        if not marks:
            return None
    seconds, when = _times(marks, marked)
    if pending.when is not None and when is not None:
        when = _merged(when, pending.when)
    return replace(pending, seconds=seconds, when=when or pending.when)
