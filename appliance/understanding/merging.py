"""What the templates found and what was resolved, made one. Pure; where they disagree, the safer."""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from appliance.understanding import phrases
from appliance.understanding.resolution.mind import Reply
from appliance.understanding.resolution.outcomes import Turn
from appliance.wire.messages import Deed


class Meaning(msgspec.Struct, frozen=True):
    """Deeds, and what to say when they succeed (or instead of any). `source` "none": ask somebody else."""

    answer: str
    source: Literal["intent", "none"]
    intent: str = ""
    deeds: tuple[Deed, ...] = ()
    unsure: bool = False
    """The answer only says why nothing is done."""
    turn: Turn | None = None
    """To be given back with the next sentence of the same room."""


_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
OWN_ANSWERS = frozenset({"ask_which", "ask_value", "ask_count", "ask_where", "ask_who"})
"""Lists and measurements: the templates leave out what is above a few, or take one thermometer of several."""


def merged(found: Meaning, reply: Reply, language: str) -> Meaning:
    """One meaning of both, in words of the language."""
    if reply.chosen:
        return _resolved(reply)
    if found.deeds:
        return _agreed(found, reply, language)
    if found.intent == "HassGetState" and reply.deeds:
        return _resolved(reply)  # "all the lights off" is no question
    if reply.understood and reply.intent in OWN_ANSWERS and not _says_the_same(found, reply):
        return _resolved(reply)
    if reply.understood and reply.intent == "ask_yesno" and _contradicts(found, reply):
        return _resolved(reply)
    if found.source == "intent" and not found.unsure:
        return msgspec.structs.replace(found, turn=reply.turn)
    if reply.understood:
        return _resolved(reply)
    if found.unsure and reply.trouble is not None and reply.trouble.kind == "several":
        return msgspec.structs.replace(found, turn=reply.turn)
    if reply.trouble is not None and reply.trouble.kind in {"several", "refused", "negated"}:
        return Meaning(reply.answer, "intent", found.intent, unsure=True, turn=reply.turn)
    if reply.trouble is not None and reply.trouble.kind in {"unknown", "nothing"} and not found.intent:
        return Meaning(reply.answer, "none", unsure=True)
    return found


def _says_the_same(found: Meaning, reply: Reply) -> bool:
    """Does the template name the same measurement, in fewer words?"""
    numbers = _NUMBER.findall(found.answer)
    same = bool(numbers) and numbers == _NUMBER.findall(reply.answer)
    return found.source == "intent" and reply.intent == "ask_value" and same


def _contradicts(found: Meaning, reply: Reply) -> bool:
    """Another yes or no: the templates look at fewer kinds of things. Or a state that is no word."""
    first, other = found.answer.split(",")[0].strip("."), reply.answer.split(",")[0].strip(".")
    return first != other or "_" in found.answer


def _resolved(reply: Reply) -> Meaning:
    return Meaning(reply.answer, "intent", reply.intent, reply.deeds, turn=reply.turn)


def _agreed(found: Meaning, reply: Reply, language: str) -> Meaning:
    """A template fits: it is done unless resolution says that less is meant."""
    mine = _entities(found.deeds)
    if reply.deeds:
        other = _entities(reply.deeds)
        if other < mine or (other == mine and len(reply.deeds) > len(found.deeds)):
            return _resolved(reply)
        if found.intent == "HassLightSet" and all(deed.domain == "climate" for deed in reply.deeds):
            return _resolved(reply)
        if mine <= other:
            return msgspec.structs.replace(found, turn=reply.turn)
        return Meaning(phrases.not_understood(language), "none", found.intent)
    kind = reply.trouble.kind if reply.trouble else ""
    unable = (
        {entity.id for entity in reply.trouble.candidates} if reply.trouble and kind == "refused" else set()
    )
    if kind == "negated" or (kind == "several" and len(mine) > 1) or (unable and mine <= unable):
        return Meaning(reply.answer, "intent", found.intent, unsure=True, turn=reply.turn)
    return found


def _entities(deeds: tuple[Deed, ...]) -> set[str]:
    return {entity for deed in deeds for entity in deed.entity_id}
