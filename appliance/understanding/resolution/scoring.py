"""How well entities fit a phrase, and whether the best is good enough. Pure."""

from __future__ import annotations

from appliance.understanding.resolution.index import HouseIndex, bits
from appliance.understanding.resolution.reasons import SLIP, Reason
from appliance.understanding.resolution.targets import Found, Search, Target

MARGIN = 0.25
"""By how much the best must be better than the next."""

WORST = 1.6

EXACT = 0.35
"""A phrase costlier than this is not good enough for a door."""

MAX_SCORED = 200

ELSEWHERE = 2.0
"""What it costs to be in another room than the one that was said, unless that is all of the name."""


def named_place(reasons: list[list[Reason]]) -> int:
    """The entities in the places that were named in full."""
    mask = 0
    for why in reasons:
        for reason in why:
            if reason.exact_place:
                mask |= reason.mask
    return mask


def best_apart(survivors: int, target: Target, search: Search, reasons: list[list[Reason]]) -> Found:
    """The best of several, when it is better by a margin."""
    if survivors.bit_count() > MAX_SCORED or _only_a_kind(reasons):
        return _tied(survivors, target, search, reasons, 0.0)
    exact = any(reason.exact_place for why in reasons for reason in why)
    scored = sorted((_cost(each, target, search.index, reasons, exact), each) for each in bits(survivors))
    best = scored[0][0]
    guess = search.guarded and any(token.slips for token in target.words)
    if guess or best > (EXACT if search.guarded else WORST):
        return Found(survivors, "several" if len(scored) > 1 else "unknown", target.text)
    tied = sum(1 << each for cost, each in scored if cost - best < MARGIN)
    return _tied(tied, target, search, reasons, best)


def _only_a_kind(reasons: list[list[Reason]]) -> bool:
    """Such as "the light" is none of many by its name."""
    return all(any(reason.kind_word and reason.kind_word.generic for reason in why) for why in reasons)


def _tied(tied: int, target: Target, search: Search, reasons: list[list[Reason]], cost: float) -> Found:
    if tied & (tied - 1) == 0:
        return Found(tied, cost=cost)
    here = tied & search.index.areas.get(search.near, 0) if search.near else 0
    if search.guarded:
        return Found(tied, "several", target.text)
    main = _main_part(tied, search.index)
    options = (main, here, _main_part(here, search.index), here & search.preferred)
    for mask in options:
        if mask and mask & (mask - 1) == 0:
            return Found(mask, cost=cost)
    if tied & search.preferred and not here:
        one = tied & search.preferred
        if one & (one - 1) == 0:
            return Found(one, cost=cost)
    only_kinds = all(any(reason.kind == "type" for reason in why) for why in reasons)
    if here and only_kinds and here & ~search.together == 0:
        return Found(here, cost=cost)
    return Found(here or tied, "several", target.text)


_RANK = (
    "light",
    "fan",
    "climate",
    "media_player",
    "cover",
    "lock",
    "vacuum",
    "valve",
    "humidifier",
    "switch",
)


def _main_part(tied: int, index: HouseIndex) -> int:
    """Of entities with one name in one place, the one that the thing mainly is."""
    if not tied:
        return 0
    numbers = list(bits(tied))
    if len({(index.names[each][:1], index.area_of[each]) for each in numbers}) != 1:
        return 0
    for domain in _RANK:
        mask = tied & index.domains.get(domain, 0)
        if mask:
            return mask
    return 0


def _cost(number: int, target: Target, index: HouseIndex, reasons: list[list[Reason]], exact: bool) -> float:
    bit = 1 << number
    total, said, placed = SLIP * sum(token.slips for token in target.words), set[str](), False
    for why in reasons:
        fitting = [reason for reason in why if reason.mask & bit]
        best = min(fitting, key=lambda reason: reason.cost)
        total += best.cost
        said |= {reason.word for reason in fitting if reason.word}
        placed |= any(reason.exact_place for reason in fitting)
    unsaid = _unsaid(number, target, index, said, placed=placed or not exact)
    total += unsaid
    if placed:
        return total - 0.3
    return total + (ELSEWHERE if exact and unsaid > 0.1 else 0.0)


def _unsaid(number: int, target: Target, index: HouseIndex, said: set[str], *, placed: bool) -> float:
    """What part of the name was not said: nothing costs nothing, a telling word costs much."""
    area = index.area_words.get(index.area_of[number], ()) if placed else ()
    stems = {token.stem for token in target.words} | said
    costs = [1.0]
    for name in index.names[number]:
        rest = [word for word in name if word not in stems]
        if rest and max((len(word) for word in name if word in stems), default=2) < 2:
            costs = [each + 2.0 for each in costs]
            continue
        if not rest:
            costs.append(0.0)
            continue
        silent = all(
            word in index.lexicon.noise or word in area or _own_type(word, number, index) for word in rest
        )
        costs.append(0.1 if silent else 0.5)
    return min(costs)


def _own_type(word: str, number: int, index: HouseIndex) -> bool:
    kind = index.lexicon.types.get((word,))
    return kind is not None and kind.generic and bool(index.of_type(kind, 1) >> number & 1)
