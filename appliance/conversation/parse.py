"""What a model wrote, held against what it was offered and the home as it is now. Pure.

A grammar may have been kept or not (a server elsewhere knows none): nothing is taken for granted here. One
call that does not fit, and none is done; a wrong deed is worse than none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

import msgspec

from appliance.conversation import tools
from appliance.conversation.grammar import MAX_CALLS, MAX_TARGETS
from appliance.conversation.roster import Roster
from appliance.conversation.tools import LOOK_UP, Offer
from appliance.home.entities import Entity, House
from appliance.wire.messages import Deed

MAX_OUTPUT_CHARS = 4_000
CALL_MARKS = ("[", "{")
"""What calls begin with; no spoken sentence does."""
_OPPOSITES = (frozenset({"turn_on", "turn_off"}), frozenset({"open", "close"}), frozenset({"start", "dock"}))

Why = Literal["unreadable", "too_many", "not_offered", "value", "changed", "contradiction"]


class Call(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One call as it is written; at most one argument."""

    do: str
    to: str | tuple[str, ...]
    percent: float | None = None
    degrees: float | None = None
    kelvin: float | None = None
    color: str | None = None
    mode: str | None = None

    def targets(self) -> tuple[str, ...]:
        """Its entities, each once, in order."""
        return (self.to,) if isinstance(self.to, str) else tuple(dict.fromkeys(self.to))

    def argument(self) -> tuple[str, float | str] | None:
        """Name and value; None when there is none. Raises ValueError for more than one."""
        names = ("percent", "degrees", "kelvin", "color", "mode")
        given: list[tuple[str, Any]] = [(name, getattr(self, name)) for name in names]
        given = [(name, value) for name, value in given if value is not None]
        if len(given) > 1:
            raise ValueError("more than one argument")
        return given[0] if given else None


class Calls(msgspec.Struct, frozen=True):
    """What is to be done, and whose state is to be read."""

    deeds: tuple[Deed, ...] = ()
    lookups: tuple[str, ...] = ()


class Refusal(msgspec.Struct, frozen=True):
    """Nothing of it is done."""

    why: Why


def is_calls(text: str) -> bool:
    """Is it calls, or words?"""
    return unfenced(text).startswith(CALL_MARKS)


def calls(text: str, roster: Roster, house: House, marked: Collection[str] = ()) -> Calls | Refusal:
    """The deeds of an output; `roster` is what was shown to the model for this very request. Never raises."""
    read = _read(text)
    if isinstance(read, Refusal):
        return read
    if not 0 < len(read) <= MAX_CALLS or any(not 0 < len(call.targets()) <= MAX_TARGETS for call in read):
        return Refusal("too_many")
    by_id = {entity.id: entity for entity in house.entities}
    done: dict[str, set[str]] = {}
    deeds: list[Deed] = []
    lookups: list[str] = []
    for call in read:
        for target in call.targets():
            if call.do == LOOK_UP:
                if target not in roster.ids() or call.argument() is not None:
                    return Refusal("not_offered")
                lookups.append(target)
                continue
            made = _deed(call, target, roster, by_id, marked)
            if isinstance(made, Refusal):
                return made
            done.setdefault(target, set()).add(call.do)
            deeds.append(made)
    if any(pair <= each for each in done.values() for pair in _OPPOSITES):
        return Refusal("contradiction")
    return Calls(_merged(deeds), tuple(dict.fromkeys(lookups)))


def unfenced(text: str) -> str:
    """Without the code fence that some models put around everything."""
    text = text.strip()
    if text.startswith("```"):
        text = text.removeprefix("```").removeprefix("json").removesuffix("```").strip()
    return text


def _read(text: str) -> list[Call] | Refusal:
    text = unfenced(text)
    if len(text) > MAX_OUTPUT_CHARS:
        return Refusal("too_many")
    try:
        if text.startswith("{"):
            read = [msgspec.json.decode(text.encode(), type=Call)]
        else:
            read = msgspec.json.decode(text.encode(), type=list[Call])
        for call in read:
            call.argument()
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return Refusal("unreadable")
    return read


def _deed(
    call: Call, target: str, roster: Roster, by_id: Mapping[str, Entity], marked: Collection[str]
) -> Deed | Refusal:
    offer = roster.offer(call.do, target)
    if offer is None:
        return Refusal("not_offered")
    if not _still(offer, by_id, marked):
        return Refusal("changed")
    argument = call.argument()
    if argument is not None and (offer.value is None or offer.value.name != argument[0]):
        return Refusal("value")
    return offer.deed(argument[1] if argument else None) or Refusal("value")


def _still(offer: Offer, by_id: Mapping[str, Entity], marked: Collection[str]) -> bool:
    """Would the same be offered of the home as it is now?"""
    entity = by_id.get(offer.entity_id)
    return entity is not None and offer in tools.offers(entity, by_id, marked)


def _merged(deeds: list[Deed]) -> tuple[Deed, ...]:
    """The same call on several entities as one deed, each entity once."""
    found: dict[tuple[str, str, str], Deed] = {}
    for deed in deeds:
        key = (deed.domain, deed.service, repr(sorted(deed.data.items())))
        known = found.get(key)
        names = dict.fromkeys((*(known.entity_id if known else ()), *deed.entity_id))
        found[key] = msgspec.structs.replace(deed, entity_id=tuple(names))
    return tuple(found.values())
