"""The resolution layer as a whole: one sentence in one house. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from appliance.home.entities import Entity, House
from appliance.understanding.resolution import asking, situations
from appliance.understanding.resolution.answering import Answerer
from appliance.understanding.resolution.asking import Question
from appliance.understanding.resolution.choosing import choose
from appliance.understanding.resolution.index import HouseIndex
from appliance.understanding.resolution.languages import Language
from appliance.understanding.resolution.lists import list_deeds, read_list
from appliance.understanding.resolution.outcomes import Done, Resolved, Trouble, Turn
from appliance.understanding.resolution.resolver import Resolver
from appliance.understanding.resolution.saying import about_deeds, about_trouble
from appliance.understanding.resolution.situations import Complaint
from appliance.understanding.resolution.targets import Target
from appliance.understanding.resolution.tokens import Token, name_words, tokenize
from appliance.understanding.resolution.wishes import place_only
from appliance.understanding.resolution.words import listed, say
from appliance.wire.messages import Deed


class Reply(msgspec.Struct, frozen=True):
    """What a sentence came to."""

    answer: str = ""
    deeds: tuple[Deed, ...] = ()
    intent: str = ""
    trouble: Trouble | None = None
    turn: Turn | None = None
    """To be given back with the next sentence."""
    chosen: bool = False
    """It answers what was asked back: nothing else is meant by it."""

    @property
    def understood(self) -> bool:
        """Something is done or answered."""
        return self.trouble is None and bool(self.deeds or self.answer)


class Mind:
    """Resolves sentences about one house; its index is kept while names and places stay the same."""

    def __init__(self, house: House, areas: dict[str, str | None], language: Language) -> None:
        self._language = language
        self._areas: Mapping[str, str | None] = areas
        self._index = HouseIndex(house, areas, language.lexicon)
        self.update(house)

    def update(self, house: House) -> None:
        """The same house with other states."""
        self._house = house
        self._resolver = Resolver(house, self._index)
        self._answerer = Answerer(house, self._index)

    def understand(self, text: str, near: str, last: Turn | None = None) -> Reply:
        """The meaning of a sentence heard in the area `near`."""
        tokens = [self._index.corrected(token) for token in tokenize(text, self._language.lexicon)]
        if not tokens:
            return Reply(trouble=Trouble("unclear"))
        if (reply := self._list(tokens)) is not None:
            return reply
        if last is not None and (reply := self._choice(tokens, last)) is not None:
            return reply
        if last is not None and (reply := self._again(tokens, near, last)) is not None:
            return reply
        if (reply := self._question(tokens, near)) is not None:
            return reply
        if (reply := self._complaint(tokens, near)) is not None:
            return reply
        return self._command(self._resolver.command(tokens, near, last))

    @property
    def _code(self) -> str:
        return self._language.lexicon.language

    # --- lists -----------------------------------------------------------------------------------------

    def _list(self, tokens: Sequence[Token]) -> Reply | None:
        wish = read_list(tokens, self._language.lists, self._index, self._house)
        if wish is None:
            return None
        deeds = list_deeds(wish)
        if isinstance(deeds, str):
            answer = say(self._code, "no_item", item=deeds, name=wish.place.name)
            return Reply(answer, trouble=Trouble("nothing", words=deeds))
        key = {"add": "added", "complete": "completed", "remove": "removed"}[wish.deal]
        answer = say(self._code, key, item=listed(self._code, wish.items), name=wish.place.name)
        return Reply(answer, deeds, f"list_{wish.deal}")

    # --- questions -------------------------------------------------------------------------------------

    def _question(self, tokens: Sequence[Token], near: str) -> Reply | None:
        """The answer; None when it is no question."""
        sure = False
        for protect in (True, False):
            found = asking.ask(tokens, self._language.questions, self._index, protect=protect)
            sure = sure or asking.is_question(tokens, self._language.questions)
            if found is None:
                continue
            if answer := self._answerer.answer(found, near):
                return Reply(answer, intent=f"ask_{found.kind}", turn=Turn(question=found))
        return Reply(trouble=Trouble("unclear")) if sure else None

    # --- the answer to a question of ours --------------------------------------------------------------

    def _choice(self, tokens: Sequence[Token], last: Turn) -> Reply | None:
        """One of the things that were offered; None when the words are no answer to that."""
        if last.offered is None or not last.offered.act.kind:
            return None
        able = self._resolver.able(last.offered.act, last.offered.candidates)
        found = choose(tokens, able, self._words_of, self._language.lexicon)
        if not found:
            return None
        reply = self._command(self._resolver.chosen(last.offered.act, found))
        return msgspec.structs.replace(reply, chosen=True)

    def _words_of(self, entity: Entity) -> frozenset[str]:
        area = next((each for each in self._house.areas if each.id == entity.area), None)
        names = [entity.name, *entity.aliases, *((area.name, *area.aliases) if area is not None else ())]
        return frozenset(stem for name in names for stem in name_words(name, self._language.lexicon))

    # --- the same again --------------------------------------------------------------------------------

    def _again(self, tokens: Sequence[Token], near: str, last: Turn) -> Reply | None:
        """Such as "what about the bedroom?": the last question or deed, about something else."""
        rest = self._after_lead(tokens)
        if rest is None:
            return None
        if last.question is None:
            resolved = self._resolver.command(rest, near, last)
            return self._command(resolved) if resolved.trouble is None else None
        skipped = {"prep", "article", "filler", "and"}
        kinds = [{tag.kind for tag in self._language.lexicon.tags((token.text,))} for token in rest]
        kept = tuple(
            token for token, found in zip(rest, kinds, strict=True) if not token.pause and not found & skipped
        )
        question = self._elsewhere(last.question, Target(kept))
        answer = self._answerer.answer(question, near) if kept else ""
        return Reply(answer, intent=f"ask_{question.kind}", turn=Turn(question=question)) if answer else None

    def _after_lead(self, tokens: Sequence[Token]) -> Sequence[Token] | None:
        for length in (4, 3, 2, 1):
            if tuple(token.text for token in tokens[:length]) in self._language.about_again:
                return tokens[length:]
        return None

    def _elsewhere(self, question: Question, target: Target) -> Question:
        if place_only(target, self._index):
            kinds = tuple(
                token for token in question.target.words if (token.stem,) in self._language.lexicon.types
            )
            target = Target((*target.words, *kinds), every=question.target.every)
        return msgspec.structs.replace(question, target=target)

    # --- complaints and commands -----------------------------------------------------------------------

    def _complaint(self, tokens: Sequence[Token], near: str) -> Reply | None:
        found = situations.complaint(tokens, self._language.complaints, self._index)
        if found is None:
            return None
        resolved = self._resolver.wished((found.wish,), near, None)
        if found.what == "dark":
            resolved = self._lighter(found, resolved, near)
        if resolved.trouble is not None and resolved.trouble.kind in {"unknown", "unclear"}:
            return None
        return self._command(resolved)

    def _lighter(self, found: Complaint, resolved: Resolved, near: str) -> Resolved:
        """Lights that are off go on; when all are on already they get brighter; never a whole house."""
        target = found.wish.targets[0]
        lit = resolved.done[0].entities if resolved.done else ()
        if not near and len(target.words) < 2:
            return Resolved(trouble=Trouble("several", found.wish.act, candidates=lit))
        if situations.lit_already(lit):
            wish = msgspec.structs.replace(found.wish, act=situations.BRIGHTER)
            brighter = self._resolver.wished((wish,), near, None)
            return brighter if brighter.trouble is None else resolved
        return resolved

    def _command(self, resolved: Resolved) -> Reply:
        if resolved.trouble is not None:
            answer = about_trouble(self._code, resolved.trouble, self._house, self._areas)
            if resolved.trouble.kind == "unknown" and self._is_for_later(resolved.trouble.words):
                answer = say(self._code, "later")
            several = resolved.trouble if resolved.trouble.kind == "several" else None
            return Reply(answer, trouble=resolved.trouble, turn=Turn(offered=several) if several else None)
        turn = Turn(done=resolved.done)
        return Reply(about_deeds(self._code, resolved), resolved.deeds, _intent(resolved.done), turn=turn)

    def _is_for_later(self, words: str) -> bool:
        """Is what was not explained a time or a condition?"""
        return any(word.casefold() in self._language.later for word in words.split())


def _intent(done: Sequence[Done]) -> str:
    return "+".join(dict.fromkeys(f"{each.act.kind}_{each.act.about}".rstrip("_") for each in done))
