"""From the parts of a sentence to wishes and the phrases they are for. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from appliance.understanding.resolution.acts import Act
from appliance.understanding.resolution.index import HouseIndex
from appliance.understanding.resolution.pieces import items, segments
from appliance.understanding.resolution.reading import Clause, Reader
from appliance.understanding.resolution.targets import Target
from appliance.understanding.resolution.tokens import Token

_RELATIVE = frozenset({"up", "down", "raise", "lower", "more", "less"})


class Wish(msgspec.Struct, frozen=True):
    """What is to be done to what."""

    act: Act
    targets: tuple[Target, ...]
    same: bool = False
    """To the same things as the wish before."""
    spoken: bool = True
    """Was it said what to do, and not only a value?"""
    options: tuple[tuple[Act, tuple[Target, ...]], ...] = ()
    """Another way to read it: the words after "to" as a choice."""


class Reading(msgspec.Struct, frozen=True):
    """A whole sentence."""

    wishes: tuple[Wish, ...] = ()
    negated: bool = False
    fragment: tuple[Target, ...] = ()
    """Things that were named without saying what to do: a follow-up."""


def read(tokens: Sequence[Token], index: HouseIndex, *, protect: bool) -> Reading | None:
    """The wishes of a sentence; None when a part of it says nothing that can be done."""
    protected = [False] * len(tokens)
    for start, end in index.named_spans(tokens) if protect else ():
        protected[start:end] = [True] * (end - start)
    clauses = [Reader(segment, index).read() for segment in segments(items(tokens, protected, index))]
    if any(clause.crowded for clause in clauses):
        return None
    if any(clause.negated for clause in clauses):
        return Reading(negated=True)
    return _joined(clauses, index)


def _placed(waiting: list[Target], own: list[Target], index: HouseIndex) -> list[Target]:
    """Such as "in the kitchen, turn on the lights": places that stand in front belong to what follows."""
    if not (waiting and own and own[0].words) or not all(place_only(each, index) for each in waiting):
        return waiting + own
    return [msgspec.structs.replace(own[0], words=(*own[0].words, *each.words)) for each in waiting]


class _Part(msgspec.Struct):
    """Clauses that make up one wish."""

    clause: Clause
    targets: list[Target]
    same: bool = False


def _joined(clauses: Sequence[Clause], index: HouseIndex) -> Reading | None:
    parts: list[_Part] = []
    waiting: list[Target] = []
    for clause in clauses:
        own = [_target(clause)] if clause.targeted else []
        if not clause.acting:
            if clause.about:
                return None
            if parts:
                parts[-1].targets += own
                parts[-1].clause.excluded += clause.excluded
            else:
                waiting += own
        elif parts and not clause.verb and _kind(parts[-1].clause, index) is None:
            parts[-1] = _completed(parts[-1], clause, own)
        else:
            parts.append(_new_part(clause, _placed(waiting, own, index), parts))
            waiting = []
    if not parts:
        return Reading(fragment=tuple(waiting)) if waiting else None
    return _wishes(parts, index)


def _new_part(clause: Clause, targets: list[Target], parts: list[_Part]) -> _Part:
    before = parts[-1].clause if parts else None
    if before is not None and not clause.verb and not clause.about:
        clause.about = before.about
    same = not targets and before is not None
    return _Part(clause, targets, same)


def _completed(part: _Part, clause: Clause, own: list[Target]) -> _Part:
    """Such as "turn the lamp | and the fan off": the second says what the first began."""
    clause.verb = part.clause.verb
    clause.about = clause.about or part.clause.about
    clause.excluded = [*part.clause.excluded, *clause.excluded]
    return _Part(clause, [*part.targets, *own], part.same)


def _wishes(parts: Sequence[_Part], index: HouseIndex) -> Reading | None:
    wishes = []
    for part in parts:
        act = act_of(part.clause, index)
        choice = _with_option(part, index)
        if act is None and choice is None:
            return None
        targets = with_kinds(part.targets, index)
        if act is None and choice is not None:
            act, targets = choice[0], choice[1]
            choice = None
        assert act is not None
        spoken = bool(part.clause.verb or part.clause.particle)
        wishes.append(Wish(act, targets, part.same, spoken, (choice,) if choice else ()))
    return Reading(tuple(wishes))


def _target(clause: Clause) -> Target:
    return Target(
        words=tuple(clause.words),
        every=clause.every,
        both=clause.both,
        scope=clause.scope,
        pronoun=clause.pronoun,
        excluded=tuple(tuple(words) for words in clause.excluded if words),
    )


def _with_option(part: _Part, index: HouseIndex) -> tuple[Act, tuple[Target, ...]] | None:
    """Such as "set the TV to HDMI 1": the words after "to" are a choice."""
    clause = part.clause
    if not clause.tail or clause.verb not in {"set", "put", "turn", "select"} or len(part.targets) != 1:
        return None
    if clause.particle or clause.more:
        return None
    count = len(clause.tail)
    words = [token.text for token in clause.tail]
    if clause.number is not None:
        words.append(f"{clause.number:g}")
    target = msgspec.structs.replace(part.targets[0], words=part.targets[0].words[:-count])
    act = Act("set", about=clause.about, option=" ".join(words))
    del index
    return act, (target,)


# --- the wish itself ----------------------------------------------------------------------------------------


def _kind(clause: Clause, index: HouseIndex) -> str | None:
    kind = index.lexicon.actions.get((clause.verb, clause.particle))
    if kind == "set" and not (clause.valued or clause.more):
        return None
    return kind or None


def act_of(clause: Clause, index: HouseIndex) -> Act | None:
    """What a clause wants done; None when it does not say."""
    kind = index.lexicon.actions.get((clause.verb, clause.particle))
    if kind is None:
        return None
    if kind in {"", "set"}:
        if not (clause.valued or clause.more or (kind and clause.words)) or (kind == "" and clause.verb):
            return None
        kind = "set"
    about, sign = clause.about, 0
    if clause.more:
        said, sign = clause.more[:-1], 1 if clause.more.endswith("+") else -1
        if said and about and said != about:
            return None
        about, kind = said or about, "change"
    by = clause.by or (kind in _RELATIVE and clause.number is not None and not clause.to)
    if clause.by and not sign and kind == "set":
        return None
    return Act(
        kind=kind,
        about=about,
        number=clause.number,
        unit=clause.unit,
        level=clause.level,
        color=clause.color,
        mode=clause.mode,
        sign=sign,
        amount=clause.amount,
        by=by,
    )


# --- things that share their kind ---------------------------------------------------------------------------


def place_only(target: Target, index: HouseIndex) -> bool:
    """Is nothing named but a place?"""
    words = tuple(token.stem for token in target.words)
    return bool(words) and words in index.places


def _kind_words(target: Target, index: HouseIndex) -> tuple[Token, ...]:
    """The last phrase of it that is a kind of thing."""
    stems = tuple(token.stem for token in target.words)
    for start in range(len(stems)):
        for end in range(len(stems), start, -1):
            if stems[start:end] in index.lexicon.types and end == len(stems):
                return target.words[start:end]
    for start in range(len(stems)):
        for end in range(len(stems), start, -1):
            if stems[start:end] in index.lexicon.types:
                return target.words[start:end]
    return ()


def with_kinds(targets: Sequence[Target], index: HouseIndex) -> tuple[Target, ...]:
    """Such as "the kitchen and hallway lights", "the lights in the kitchen and the hallway"."""
    found = list(targets)
    for at, target in enumerate(found):
        if len(found) < 2 or not place_only(target, index):
            continue
        others = [*found[at + 1 :], *reversed(found[:at])]
        kinds = (_kind_words(other, index) for other in others)
        kind = next((words for words in kinds if words), ())
        every = target.every or any(other.every for other in others)
        found[at] = msgspec.structs.replace(target, words=(*target.words, *kind), every=every)
    return tuple(found)
