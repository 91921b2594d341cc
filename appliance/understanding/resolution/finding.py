"""Which entities a phrase means: every word of it must be explained. Pure; in doubt, none."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from appliance.understanding.resolution.index import HouseIndex, bits
from appliance.understanding.resolution.reasons import Reason, add_compounds, add_phrases, word_reasons
from appliance.understanding.resolution.scoring import best_apart, named_place
from appliance.understanding.resolution.targets import Found, Search, Target
from appliance.understanding.resolution.tokens import Token


def find(target: Target, search: Search) -> Found:
    """The entities that are meant."""
    found = _find(target, search)
    if found.problem or not target.excluded:
        return found
    mask = found.mask
    for words in target.excluded:
        left_out = _find(Target(words, every=True), msgspec.structs.replace(search, able=mask))
        if left_out.problem:
            return left_out
        mask &= ~left_out.mask
    return msgspec.structs.replace(found, mask=mask) if mask else Found(problem="nothing")


def _find(target: Target, search: Search) -> Found:
    if not target.words:
        return _unnamed(target, search)
    for level in (0, 1):
        found = _explained(target, search, level)
        if found.problem not in {"unknown", "nothing"}:
            return found
    return found


# --- without a name -----------------------------------------------------------------------------------------


def _unnamed(target: Target, search: Search) -> Found:
    """Such as "turn everything off in here", "louder", "clean"."""
    pool = search.able
    if search.implied >= 0:
        pool &= search.implied
    elif not (target.every or target.both):
        return Found(problem="nothing")
    here = pool & search.index.areas.get(search.near, 0) if search.near else 0
    if target.scope == "here":
        return Found(here) if here and (target.every or search.implied >= 0) else Found(problem="nothing")
    if target.every or target.scope == "house":
        return Found(pool) if pool else Found(problem="nothing")
    return _one_of(pool, here, search)


def _one_of(pool: int, here: int, search: Search) -> Found:
    """The only one, the one in here, or the one that is on."""
    for mask in (pool, here, here & search.preferred, pool & search.preferred if not here else 0):
        if mask and mask & (mask - 1) == 0:
            return Found(mask)
    if here and here & ~search.together == 0:
        return Found(here)
    return Found(here or pool, "several" if pool else "nothing")


# --- words explained ----------------------------------------------------------------------------------------


def _explained(target: Target, search: Search, level: int) -> Found:
    words = target.words
    reasons = [word_reasons(words, at, search.index, level) for at in range(len(words))]
    add_phrases(words, reasons, search.index, level)
    add_compounds(words, reasons, search.index, level)
    survivors = search.able & _whole_kind(words, search, level)
    for at, why in enumerate(reasons):
        union = 0
        for reason in why:
            union |= reason.mask
        if not union:
            empty = any(reason.kind in {"type", "place"} for reason in why)
            return Found(problem="nothing" if empty else "unknown", words=_unknown_words(words, reasons, at))
        survivors &= union
    if target.scope == "here" and search.near:
        survivors &= search.index.areas.get(search.near, 0)
    if not survivors:
        return Found(problem="nothing", words=target.text)
    return _choose(target, search, reasons, survivors)


def _unknown_words(words: Sequence[Token], reasons: list[list[Reason]], at: int) -> str:
    """The word that is not known, with what belongs to it: "pool heater"."""
    end = at + 1
    if end < len(words) and (not reasons[end] or any(reason.kind == "type" for reason in reasons[end])):
        end += 1
    return " ".join(token.raw or token.text for token in words[at:end])


def _whole_kind(words: Sequence[Token], search: Search, level: int) -> int:
    """Such as "the garage" that can be opened is a door, and not what else there is in the garage."""
    kind = search.index.lexicon.types.get(tuple(token.stem for token in words))
    if kind is None:
        return -1
    named = search.index.by_name.get(tuple(token.stem for token in words), 0)
    mask = (search.index.of_type(kind, level) | named) & search.able
    return mask or -1


# --- choosing -----------------------------------------------------------------------------------------------


def _choose(target: Target, search: Search, reasons: list[list[Reason]], survivors: int) -> Found:
    several = target.every or target.both or _plural(target, search)
    whole = _called_exactly(target.words, search.index, survivors, as_written=several)
    if whole and (not several or whole & (whole - 1) == 0):
        return best_apart(whole, target, search, reasons)
    survivors = _of_rare_kinds(reasons, survivors)
    if several:
        return _many(target, search, reasons, survivors)
    return best_apart(survivors, target, search, reasons)


def _of_rare_kinds(reasons: list[list[Reason]], survivors: int) -> int:
    """Such as "the lamps" are those that are called lamps, if any are."""
    for why in reasons:
        rare = any(reason.kind_word is not None and not reason.kind_word.generic for reason in why)
        named = sum(reason.mask for reason in why[:1] if reason.kind == "name")
        if rare and named & survivors:
            survivors &= named
    return survivors


def _called_exactly(words: Sequence[Token], index: HouseIndex, survivors: int, *, as_written: bool) -> int:
    """Those whose whole name was said; letter by letter when it may be a plural."""
    said = tuple(token.stem for token in words)
    if as_written and tuple(token.text for token in words) not in index.written:
        return 0
    return index.by_name.get(said, 0) & survivors


def _plural(target: Target, search: Search) -> bool:
    """Is the kind of thing in the plural? In other languages only a quantity says so."""
    if search.index.lexicon.language != "en":
        return any(token.text != token.stem and token.text in PLURALS_DE for token in target.words)
    return any(
        token.text != token.stem and token.text.endswith("s") and _is_type(token.stem, search.index)
        for token in target.words
    )


PLURALS_DE = frozenset(
    [
        "lichter",
        "lampen",
        "leuchten",
        "rollläden",
        "rolläden",
        "rollos",
        "jalousien",
        "vorhänge",
        "gardinen",
        "fenster",
        "türen",
        "steckdosen",
        "schalter",
        "ventilatoren",
        "lautsprecher",
        "heizungen",
        "thermostate",
        "markisen",
        "ventile",
        "schlösser",
    ]
)


def _is_type(stem: str, index: HouseIndex) -> bool:
    return any(phrase[-1] == stem for phrase in index.lexicon.types)


def _many(target: Target, search: Search, reasons: list[list[Reason]], survivors: int) -> Found:
    """All that fit: those in the place that was named, and those called so when a rare word was used."""
    exact = named_place(reasons)
    if exact & survivors:
        survivors &= exact
    elif any(reason.exact_place for why in reasons for reason in why):
        return best_apart(survivors, target, search, reasons)
    if not exact and not target.every and _partly_placed(reasons, survivors):
        return best_apart(survivors, target, search, reasons)
    if target.both and survivors.bit_count() != 2:
        return Found(survivors, "several", target.text)
    return _in_reach(target, search, reasons, survivors)


def _in_reach(target: Target, search: Search, reasons: list[list[Reason]], survivors: int) -> Found:
    """Such as "the lights" are those in here; without a room and without "all", only what is in one room."""
    only_kinds = all(any(reason.kind == "type" for reason in why) for why in reasons)
    if target.every or target.scope or not only_kinds:
        return Found(survivors)
    here = survivors & search.index.areas.get(search.near, 0) if search.near else 0
    if here:
        return Found(here)
    rooms = {search.index.area_of[each] for each in bits(survivors)}
    if len(rooms) > 1 and (search.near or not search.sweeping):
        return Found(survivors, "several", target.text)
    return Found(survivors)


def _partly_placed(reasons: list[list[Reason]], survivors: int) -> bool:
    """Would a part of a room's name stand for several rooms?"""
    for why in reasons:
        masks = [reason.mask & survivors for reason in why if reason.kind == "part"]
        named = any(reason.kind in {"name", "place", "type"} and reason.mask & survivors for reason in why)
        if len([mask for mask in masks if mask]) > 1 and not named:
            return True
    return False
