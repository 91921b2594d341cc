"""What a sentence means in a house: deeds and an answer. No I/O and no clock.

hassil finds which template fits; what no template says is resolved word by word (`resolution`), and where the
two disagree the smaller deed is done. In doubt nothing is done: a wrong deed is worse than none.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from appliance.home.entities import Entity, House
from appliance.understanding import phrases, questions
from appliance.understanding.deeds import ACTIONS, Action, deeds
from appliance.understanding.merging import Meaning, merged
from appliance.understanding.resolution.languages import language
from appliance.understanding.resolution.mind import Mind
from appliance.understanding.resolution.outcomes import Turn
from appliance.understanding.targets import Problem, Wanted, choices, resolve, silent
from appliance.understanding.templates import Templates
from appliance.understanding.vocabulary import Vocabulary, signature

MAX_TEXT_CHARS = 300
"""Nobody says more than this in one command."""

ARTICLES = frozenset(
    {
        *("the", "a", "an", "my", "our", "please"),
        *("der", "die", "das", "den", "dem", "mein", "meine", "meinen", "unser", "bitte"),
    }
)
_PRONOUN = re.compile(r"\bthe (?P<which>[^\d,.!?]+?) ones?[.!?]*$", re.IGNORECASE)
"""English: "the left one" is no number."""
_WORD = re.compile(r"[^\W_]+")

TIME_INTENTS = ("HassGetCurrentTime", "HassGetCurrentDate")


class Match(msgspec.Struct, frozen=True):
    """A template that fits: values and spoken words of its slots, and what it is about."""

    intent: str
    response: str
    values: dict[str, Any]
    words: dict[str, str]
    domains: frozenset[str]
    literal_chars: int
    wildcards: int

    @property
    def rank(self) -> tuple[int, int, int, str]:
        """Best first: the longest name, few words taken as they come, much that fits literally."""
        return -len(self.words.get("name", "")), self.wildcards, -self.literal_chars, self.intent


class Understander:
    """Understands sentences about one house."""

    def __init__(self, house: House, templates: Templates | None = None) -> None:
        self.templates = templates or Templates(house.language)
        self._house = house
        self._signature = signature(house)
        self._vocabulary: Vocabulary | None = None
        self._mind: Mind | None = None

    def open(self) -> None:
        """Load the language if need be, list the names, and warm up. Raises UnderstandingError."""
        if self.templates.intents is None:
            self.templates.open()
        self._list_names()
        self._warm()

    def _list_names(self) -> None:
        self._vocabulary = Vocabulary(self._house, self.templates.language)
        words = language(self.templates.language)
        self._mind = Mind(self._house, self._vocabulary.areas, words) if words else None

    def _warm(self) -> None:
        """Parse every template, the numbers, and the commonest responses now: the first use is slow."""
        for text in ("50", "set to fifty percent", "what is on"):
            self.understand(text)
        sample = (Entity("light.x", "x", "light", state="on"),)
        for intent, key in (
            ("HassTurnOn", "default"),
            ("HassTurnOff", "default"),
            ("HassGetState", "one_yesno"),
        ):
            self.templates.replies.render(intent, key, {"name": "x"}, matched=sample)

    @property
    def house(self) -> House:
        """The house as last given."""
        return self._house

    def update(self, house: House) -> bool:
        """Take the new house; True when names, places or things changed, and not only states."""
        new = signature(house)
        self._house = house
        if new == self._signature:
            if self._mind is not None:
                self._mind.update(house)
            return False
        self._signature = new
        self._list_names()
        return True

    def understand(self, text: str, area: str = "", now: str = "", last: Turn | None = None) -> Meaning:
        """The meaning of a sentence heard in `area` (an id) at `now` (local time, ISO 8601).

        `last` is the `turn` of the meaning before it, for "it" and "and in the bedroom".
        """
        if not 0 < len(text.strip()) <= MAX_TEXT_CHARS:
            return Meaning(phrases.not_understood(self._language), "none")
        if self._language.startswith("en"):
            text = _PRONOUN.sub(r"the \g<which>", text.strip())
        found = self._templates(text, area, now)
        if self._mind is None:
            return found
        return merged(found, self._mind.understand(text, area, last), self._language)

    def _templates(self, text: str, area: str, now: str) -> Meaning:
        """What the templates alone make of it."""
        best = self._best(text, area)
        if best is None or _only_a_name(text, best):
            return Meaning(phrases.not_understood(self._language), "none")
        if best.intent == "HassNevermind":
            return Meaning(phrases.okay(self._language), "intent", best.intent)
        if best.intent in TIME_INTENTS:
            answer = questions.about_time(self.templates.replies, best.intent, self._house.now or now)
            return Meaning(answer, "intent", best.intent) if answer else self._cannot(best)
        if best.intent == "HassGetState":
            return self._state(best, area)
        if best.intent == "HassClimateGetTemperature":
            return self._temperature(best, area)
        action = ACTIONS.get(best.intent)
        return self._act(best, action, area) if action else self._cannot(best)

    @property
    def _language(self) -> str:
        return self._house.language

    # --- recognising -----------------------------------------------------------------------------------

    def _best(self, text: str, area: str) -> Match | None:
        """The template that fits best."""
        from hassil.recognize import recognize_all

        place = next((each for each in self._house.areas if each.id == area), None)
        found = recognize_all(
            text,
            self.templates.intents,
            slot_lists=self._names.lists,
            intent_context={"area": {"value": place.id, "text": place.name}} if place else None,
            language=self.templates.language,
        )
        return min(map(_match, found), key=lambda match: match.rank, default=None)

    def _wanted(self, match: Match, area: str, domains: frozenset[str], *, single: bool) -> Wanted:
        values = match.values
        name = str(values.get("name", ""))
        own = match.domains
        return Wanted(
            name=name,
            named=frozenset(self._names.entity_ids(name)) if name else frozenset(),
            area=str(values.get("area", "")),
            floor=str(values.get("floor", "")),
            domains=own & domains if own and domains else own or domains,
            device_class=str(values.get("device_class", "")),
            single=single,
            near=area,
        )

    @property
    def _names(self) -> Vocabulary:
        if self._vocabulary is None:
            raise RuntimeError("the understander was not opened")
        return self._vocabulary

    def _resolve(self, wanted: Wanted) -> tuple[Entity, ...] | Problem:
        return resolve(wanted, self._house, self._names.areas)

    # --- answering -------------------------------------------------------------------------------------

    def _act(self, match: Match, action: Action, area: str) -> Meaning:
        wanted = self._wanted(match, area, action.domains, single=action.single)
        if not wanted.name and not wanted.domains:
            return self._cannot(match)
        found = self._resolve(wanted)
        if isinstance(found, Problem):
            return self._problem(match, wanted, found)
        awake = tuple(entity for entity in found if not silent(entity)) or found
        done = deeds(action, awake, match.values)
        if not done:
            name = awake[0].name if len(awake) == 1 else ""
            answer = phrases.failure_answer(self._language, "refused", name)
            return Meaning(answer, "intent", match.intent, unsure=True)
        words = self._words(match, awake)
        reply = self.templates.replies.render(match.intent, match.response, words, matched=awake)
        return Meaning(reply or phrases.done(self._language), "intent", match.intent, done)

    def _state(self, match: Match, area: str) -> Meaning:
        single = match.response in questions.ONE
        wanted = self._wanted(match, area, frozenset(), single=single)
        found = self._resolve(wanted)
        if isinstance(found, Problem):
            return self._problem(match, wanted, found)
        slots: dict[str, Any] = self._words(match, found)
        if "state" in match.values:
            slots["state"] = match.values["state"]
        answer = questions.about_states(self.templates.replies, self._language, match.response, slots, found)
        return Meaning(answer, "intent", match.intent)

    def _temperature(self, match: Match, area: str) -> Meaning:
        domains = match.domains or questions.TEMPERATURE_DOMAINS
        wanted = self._wanted(match, area, domains, single=False)
        found = self._resolve(wanted)
        if isinstance(found, Problem):
            return self._problem(match, wanted, found)
        sources = questions.temperature_sources(found)
        if len(sources) != 1:
            return self._problem(match, wanted, Problem("several" if sources else "nothing", sources))
        answer = questions.about_temperature(self.templates.replies, self._words(match, sources), sources[0])
        return Meaning(answer, "intent", match.intent)

    def _problem(self, match: Match, wanted: Wanted, problem: Problem) -> Meaning:
        """Ask back when several things fit; say what is missing when nothing does."""
        if problem.kind == "several":
            listed = choices(problem.candidates, self._house, self._names.areas)
            same_name = len({entity.name for entity in problem.candidates}) == 1
            name = problem.candidates[0].name if same_name else ""
            return Meaning(
                phrases.which_one(self._language, name, listed), "intent", match.intent, unsure=True
            )
        return Meaning(self._nothing(match, wanted), "none", match.intent)

    def _nothing(self, match: Match, wanted: Wanted) -> str:
        error = self.templates.replies.error
        place = "area" if wanted.area else "floor" if wanted.floor else ""
        where = {place: self._place_name(match, place)} if place else {}
        suffix = f"_in_{place}" if place else ""
        if wanted.name:
            text = error(f"no_entity{suffix}", entity=match.words.get("name", wanted.name), **where)
        elif wanted.device_class:
            text = error(f"no_device_class{suffix}", device_class=wanted.device_class, **where)
        else:
            text = error(f"no_domain{suffix}", domain=min(wanted.domains, default=""), **where)
        return text or phrases.not_understood(self._language)

    def _cannot(self, match: Match) -> Meaning:
        return Meaning(phrases.cannot_yet(self._language), "none", match.intent)

    def _words(self, match: Match, entities: tuple[Entity, ...]) -> dict[str, Any]:
        """The slots as words for a response: names as the house writes them, the rest as it was said."""
        words: dict[str, Any] = {slot: match.words[slot] or value for slot, value in match.values.items()}
        for place in ("area", "floor"):
            if place in words:
                words[place] = self._place_name(match, place)
        if "name" in words and entities:
            words["name"] = entities[0].name
        return words

    def _place_name(self, match: Match, kind: str) -> str:
        places = self._house.areas if kind == "area" else self._house.floors
        wanted = match.values.get(kind)
        return next((place.name for place in places if place.id == wanted), str(wanted))


def _match(result: Any) -> Match:
    entities = result.entities_list
    return Match(
        intent=result.intent.name,
        response=result.response or "default",
        values={each.name: each.value for each in entities},
        words={each.name: each.text.strip() for each in entities},
        domains=_domains(result.intent_data),
        literal_chars=result.text_chunks_matched,
        wildcards=sum(each.is_wildcard for each in entities),
    )


def _domains(intent_data: Any) -> frozenset[str]:
    """The domains that a template is for; empty when it does not say."""
    said = intent_data.slots.get("domain") or intent_data.requires_context.get("domain")
    if isinstance(said, dict):
        said = said.get("value")
    if isinstance(said, str):
        return frozenset({said})
    return frozenset(said or ())


def _only_a_name(text: str, match: Match) -> bool:
    """A name alone is no wish: half a sentence, an answer to something, or another person's talk."""
    said, name = _WORD.findall(text.casefold()), _WORD.findall(match.words.get("name", "").casefold())
    return bool(name) and not [word for word in said if word not in name and word not in ARTICLES]
