"""Things to put on lists, and to take off them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from appliance.home.entities import Entity, House
from appliance.understanding.resolution.finding import find
from appliance.understanding.resolution.index import HouseIndex, bits
from appliance.understanding.resolution.lexicon import Phrase
from appliance.understanding.resolution.targets import Search, Target
from appliance.understanding.resolution.tokens import Token
from appliance.wire.messages import Deed

Deal = Literal["add", "complete", "remove"]
MAX_ITEM_CHARS = 200


class ListWords(msgspec.Struct, frozen=True):
    """How one language speaks of lists."""

    openers: Mapping[Phrase, Deal]
    links: frozenset[str]
    """Words between the item and its list."""
    silent: frozenset[str]
    """Words that belong to neither."""
    usual: tuple[str, ...]
    """What the name of the list for shopping has in it."""
    alone: frozenset[str]
    """Words that want nothing but an item: "add milk"."""
    endings: frozenset[Phrase]
    """What may follow at the end: "as done"."""


class ListWish(msgspec.Struct, frozen=True):
    """Something to be done with an item of a list."""

    deal: Deal
    items: tuple[str, ...]
    place: Entity


def read_list(tokens: Sequence[Token], words: ListWords, index: HouseIndex, house: House) -> ListWish | None:
    """The wish, if there is one list that is meant."""
    able = index.domains.get("todo", 0)
    deal, start = _opener(tokens, words)
    if not able or deal is None:
        return None
    rest = _without_ending(list(tokens[start:]), words)
    for at in range(len(rest) - 1, 0, -1):
        if rest[at].text not in words.links:
            continue
        place = _place(rest[at + 1 :], words, index, house)
        if place is not None:
            items = _items(_without_ending(rest[:at], words), words)
            return ListWish(deal, items, place) if items else None
    place = _usual(index.domains["todo"], words, house)
    if deal != "add" or place is None or any(token.text in words.links for token in rest):
        return None
    items = _items(rest, words)
    return ListWish(deal, items, place) if items and tokens[start - 1].text in words.alone else None


def _usual(mask: int, words: ListWords, house: House) -> Entity | None:
    """Such as "the list" is the only one, or the one for shopping."""
    lists = [house.entities[each] for each in bits(mask)]
    shopping = [each for each in lists if any(word in each.name.casefold() for word in words.usual)]
    chosen = lists if len(lists) == 1 else shopping
    return chosen[0] if len(chosen) == 1 else None


def _opener(tokens: Sequence[Token], words: ListWords) -> tuple[Deal | None, int]:
    texts = tuple(token.text for token in tokens)
    for start in range(min(8, len(texts))):
        for length in (3, 2, 1):
            deal = words.openers.get(texts[start : start + length])
            if deal:
                return deal, start + length
        if texts[start] not in words.silent:
            return None, 0
    return None, 0


def _without_ending(rest: list[Token], words: ListWords) -> list[Token]:
    for length in (3, 2, 1):
        if tuple(token.text for token in rest[-length:]) in words.endings and len(rest) > length:
            return rest[:-length]
    return rest


def _place(tokens: Sequence[Token], words: ListWords, index: HouseIndex, house: House) -> Entity | None:
    named = tuple(token for token in tokens if token.text not in words.silent and not token.pause)
    search = Search(index, index.domains.get("todo", 0))
    found = find(Target(named), search)
    if found.problem == "several" and all(index.lexicon.types.get((token.stem,)) for token in named):
        return _usual(found.mask, words, house)
    if found.problem or found.mask & (found.mask - 1):
        return None
    return house.entities[next(bits(found.mask))]


def _items(tokens: Sequence[Token], words: ListWords) -> tuple[str, ...]:
    """One item; several when commas part them."""
    parts: list[list[str]] = [[]]
    commas = any(token.pause for token in tokens)
    for token in tokens:
        if token.pause or (commas and token.text in {"and", "und"}):
            parts.append([])
        elif parts[-1] or token.text not in words.silent:
            parts[-1].append(token.raw or token.text)
    while parts and parts[-1] and parts[-1][-1].lower() in {"off", "please", "bitte"}:
        parts[-1].pop()
    texts = [" ".join(part)[:MAX_ITEM_CHARS] for part in parts if part]
    return tuple(texts)


def existing(place: Entity, item: str) -> str | None:
    """The item on the list as it is written there."""
    listed = place.attributes.get("todo_items") or place.attributes.get("items") or []
    names = [str(each.get("summary", "") if isinstance(each, dict) else each) for each in listed]
    return next((name for name in names if name.casefold() == item.casefold()), None)


def list_deeds(wish: ListWish) -> tuple[Deed, ...] | str:
    """The deeds; or the item that is not on the list."""
    deeds = []
    for item in wish.items:
        if wish.deal == "add":
            deeds.append(Deed("todo", "add_item", (wish.place.id,), {"item": item}))
            continue
        known = existing(wish.place, item)
        if known is None:
            return item
        if wish.deal == "complete":
            deeds.append(
                Deed("todo", "update_item", (wish.place.id,), {"item": known, "status": "completed"})
            )
        else:
            deeds.append(Deed("todo", "remove_item", (wish.place.id,), {"item": known}))
    return tuple(deeds)
