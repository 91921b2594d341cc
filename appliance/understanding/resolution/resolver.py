"""A sentence about a house: wishes resolved to deeds, or what stands in the way. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from appliance.home.entities import Entity, House
from appliance.home.guard import GUARDED_COVERS
from appliance.understanding.deeds import Call
from appliance.understanding.resolution import doing, wishes
from appliance.understanding.resolution.acts import Act
from appliance.understanding.resolution.finding import find
from appliance.understanding.resolution.index import HouseIndex, bits
from appliance.understanding.resolution.outcomes import Done, Resolved, Trouble, Turn
from appliance.understanding.resolution.targets import Found, Search, Target
from appliance.understanding.resolution.tokens import Token
from appliance.understanding.resolution.wishes import Reading, Wish, place_only
from appliance.understanding.targets import silent
from appliance.wire.messages import Deed

MAX_WISHES = 6
MAX_TARGETS = 12
MAX_ACTS = 200
"""So many wishes are kept with who can fulfil them."""
_EVERYTHING = ("light", "switch", "fan", "media_player", "humidifier")
_IMPLIED: dict[str, tuple[str, ...]] = {
    "brightness": ("light",),
    "color": ("light",),
    "color_temp": ("light",),
    "dim": ("light",),
    "brighten": ("light",),
    "volume": ("media_player",),
    "track": ("media_player",),
    "source": ("media_player",),
    "play": ("media_player",),
    "pause": ("media_player",),
    "next": ("media_player",),
    "stop": ("media_player",),
    "previous": ("media_player",),
    "mute": ("media_player",),
    "unmute": ("media_player",),
    "shuffle": ("media_player",),
    "temperature": ("climate",),
    "heat": ("climate",),
    "cool": ("climate",),
    "speed": ("fan",),
    "swing": ("fan",),
    "oscillate": ("fan",),
    "position": ("cover",),
    "tilt": ("cover",),
    "humidity": ("humidifier", "climate"),
    "clean": ("vacuum",),
    "mow": ("lawn_mower",),
    "dock": ("vacuum", "lawn_mower"),
    "locate": ("vacuum",),
    "lock": ("lock",),
    "unlock": ("lock",),
    "arm": ("alarm_control_panel",),
    "disarm": ("alarm_control_panel",),
    "mode": ("climate",),
}


class Resolver:
    """Commands to one house."""

    def __init__(self, house: House, index: HouseIndex) -> None:
        self._house = house
        self._index = index
        self._able: dict[Act, tuple[int, dict[int, Call]]] = {}

    def command(self, tokens: Sequence[Token], near: str, last: Turn | None) -> Resolved:
        """What a sentence wants done."""
        best = Resolved(trouble=Trouble("unclear"))
        for protect in (True, False):
            reading = wishes.read(tokens, self._index, protect=protect)
            if reading is None:
                continue
            found = self._reading(reading, near, last)
            if found.trouble is None or found.trouble.kind in {"negated", "refused", "several"}:
                return found
            if _telling(found.trouble) > _telling(best.trouble):
                best = found
        return best

    def wished(self, asked: Sequence[Wish], near: str, last: Turn | None) -> Resolved:
        """The deeds of these wishes: all or none."""
        deeds: list[Deed] = []
        done: list[Done] = []
        for wish in asked[:MAX_WISHES]:
            before = done[-1] if done else None
            found = self._wish(wish, near, before, last)
            if isinstance(found, Trouble):
                guess = not wish.spoken and found.kind in {"unknown", "nothing"}
                return Resolved(trouble=Trouble("unclear") if guess else found)
            own = tuple(self._deeds(found))
            done.append(msgspec.structs.replace(found, deeds=own))
            deeds += own
        return Resolved(tuple(deeds), tuple(done))

    def able(self, act: Act, entities: Sequence[Entity]) -> tuple[Entity, ...]:
        """Those of these that can do it, as they are now."""
        return self._entities(self._mask(entities) & self._abilities(act)[0])

    def chosen(self, act: Act, entities: Sequence[Entity]) -> Resolved:
        """The deeds of an act on these, which are able to it."""
        done = Done(act, tuple(entities), ())
        own = tuple(self._deeds(done))
        return Resolved(own, (msgspec.structs.replace(done, deeds=own),))

    # --- one reading -----------------------------------------------------------------------------------

    def _reading(self, reading: Reading, near: str, last: Turn | None) -> Resolved:
        if reading.negated:
            return Resolved(trouble=Trouble("negated"))
        if reading.fragment:
            return self._follow_up(reading.fragment, near, last)
        return self.wished(reading.wishes, near, last)

    def _follow_up(self, named: tuple[Target, ...], near: str, last: Turn | None) -> Resolved:
        """Such as "and in the bedroom": the last wish again, on other things."""
        if last is None or not last.done:
            return Resolved(trouble=Trouble("unclear"))
        before = last.done[-1]
        targets = tuple(self._in_place_of(target, before.targets) for target in named)
        return self.wished((Wish(before.act, targets),), near, None)

    def _in_place_of(self, target: Target, before: tuple[Target, ...]) -> Target:
        if not place_only(target, self._index) or not before:
            return target
        both = wishes.with_kinds((target, before[0]), self._index)
        return both[0]

    def _wish(self, wish: Wish, near: str, before: Done | None, last: Turn | None) -> Done | Trouble:
        found = self._one_way(wish.act, () if wish.same else wish.targets, near, before, last)
        for act, targets in wish.options:
            if isinstance(found, Trouble) and found.kind in {"unknown", "nothing", "refused", "unclear"}:
                other = self._one_way(act, () if wish.same else targets, near, before, last)
                found = other if isinstance(other, Done) else found
        return found

    def _one_way(
        self,
        act: Act,
        targets: tuple[Target, ...],
        near: str,
        before: Done | None,
        last: Turn | None,
    ) -> Done | Trouble:
        if len(targets) > MAX_TARGETS:
            return Trouble("unclear", act)
        if not targets:
            return self._again(act, before, near, last)
        mask = 0
        for target in targets:
            found = self._target(act, target, near, before, last)
            if isinstance(found, Trouble):
                return found
            mask |= found
        recent = before or (last.done[-1] if last and last.done else None)
        if recent is not None and any(target.pronoun and not target.words for target in targets):
            targets = recent.targets
        return Done(act, self._entities(mask), targets)

    def _again(self, act: Act, before: Done | None, near: str, last: Turn | None) -> Done | Trouble:
        """Nothing was named: the things of before, or what the verb is about."""
        recent = before or (last.done[-1] if last and last.done else None)
        able = self._abilities(act)[0]
        if recent is not None:
            mask = self._mask(recent.entities) & able
            if mask:
                return Done(act, self._entities(mask), recent.targets)
        found = self._target(act, Target(), near, None, None)
        return found if isinstance(found, Trouble) else Done(act, self._entities(found), (Target(),))

    # --- one phrase ------------------------------------------------------------------------------------

    def _target(
        self, act: Act, target: Target, near: str, before: Done | None, last: Turn | None
    ) -> int | Trouble:
        able = self._abilities(act)[0]
        if target.pronoun and not target.words:
            recent = before or (last.done[-1] if last and last.done else None)
            mask = self._mask(recent.entities) & able if recent else 0
            if not recent and last is not None and last.question is not None:
                return self._target(act, last.question.target, near, None, None)
            if mask or (act.kind != "change" and self._implied(act) < 0):
                return mask or Trouble("unclear", act)
            target = Target(scope=target.scope)  # "make it warmer": nothing in particular
        search = self._search(act, able, target, near)
        if act.kind in {"clean", "mow"} and place_only(target, self._index):
            target = Target()
        if named := self._named_but_unable(target, able):
            return Trouble("refused", act, target.text, self._entities(named))
        found = self._room_itself(act, target, able) or find(target, search)
        if found.problem:
            return self._trouble(act, target, found, near)
        return self._checked(act, target, search, found)

    def _search(self, act: Act, able: int, target: Target, near: str) -> Search:
        implied = self._implied(act)
        placed = not target.words or place_only(target, self._index)
        if placed and act.kind in {"on", "off"} and not act.about:
            implied = self._domains(_EVERYTHING) if target.every else implied
            able &= self._domains(_EVERYTHING) | self._index.by_name.get(_stems(target), 0)
        if (
            target.every
            and not target.words
            and act.kind in {"open", "close", "raise", "lower", "up", "down"}
        ):
            implied = self._domains(("cover",)) & ~self._entrances()
        return Search(
            index=self._index,
            able=able,
            near=near,
            preferred=self._preferred(act, able),
            implied=implied,
            guarded=doing.guarded(act),
            sweeping=act.kind in {"off", "close", "lock", "stop", "pause", "lower", "down"}
            and not act.valued,
            together=self._domains(("light",)),
        )

    def _named_but_unable(self, target: Target, able: int) -> int:
        """Things of just this name that cannot do it: then no other thing is meant either."""
        if target.every or target.excluded or place_only(target, self._index):
            return 0
        named = self._index.by_name.get(_stems(target), 0)
        acting = sum(1 << each for each in bits(named) if doing.acts_at_all(self._house.entities[each]))
        return acting if acting and not named & able else 0

    def _room_itself(self, act: Act, target: Target, able: int) -> Found | None:
        """Such as "set the bedroom to 20": a room stands for its heating, or for its lights."""
        words = _stems(target)
        if not place_only(target, self._index) or target.excluded or self._index.by_name.get(words, 0) & able:
            return None
        mask = 0
        for place in self._index.places[words]:
            mask |= place.mask & able
        climate, lights = mask & self._domains(("climate",)), mask & self._domains(("light",))
        warm = act.kind in {"set", "heat", "cool", "change"} and (act.number is None or 7 <= act.number <= 30)
        if climate and climate & (climate - 1) == 0 and warm and act.unit != "percent" and not act.mode:
            return Found(climate)
        return Found(lights) if lights and lights == mask else None

    def _checked(self, act: Act, target: Target, search: Search, found: Found) -> int | Trouble:
        """What lets somebody in needs exact words, and is never one of many by chance."""
        mask = found.mask
        risky = mask & self._risky(act)
        if not risky:
            return self._awake(mask)
        if risky != mask or (risky & (risky - 1) and not target.every):
            kept = mask & ~risky
            if kept and not target.every:
                return self._awake(kept)
            if risky & (risky - 1) and not target.every:
                return Trouble("several", act, target.text, self._entities(mask))
        if search.guarded:
            return mask
        return self._guarded_again(act, target, search)

    def _guarded_again(self, act: Act, target: Target, search: Search) -> int | Trouble:
        exact = find(target, msgspec.structs.replace(search, guarded=True))
        if exact.problem:
            return Trouble("several", act, target.text, self._entities(exact.mask))
        return exact.mask

    def _risky(self, act: Act) -> int:
        if act.kind in {"unlock", "disarm"}:
            return self._index.everyone
        if act.kind in {"open", "on", "up", "raise", "set", "toggle", "change"}:
            return self._entrances()
        return 0

    def _entrances(self) -> int:
        mask = 0
        for number in bits(self._domains(("cover",))):
            kind = self._house.entities[number].attributes.get("device_class")
            mask |= (1 << number) if kind in GUARDED_COVERS else 0
        return mask

    def _awake(self, mask: int) -> int:
        """Of several, those that can be reached."""
        awake = sum(1 << each for each in bits(mask) if not silent(self._house.entities[each]))
        return awake or mask

    def _trouble(self, act: Act, target: Target, found: Found, near: str) -> Trouble:
        """Say that it cannot do this, when it is there and only that is wrong."""
        if found.problem == "several":
            return Trouble("several", act, found.words, self._entities(found.mask))
        if target.words:
            anyone = Search(self._index, self._index.everyone, near=near)
            there = find(target, anyone)
            if not there.problem:
                return Trouble("refused", act, target.text, self._entities(there.mask))
            if there.problem == "several":
                found = msgspec.structs.replace(found, problem="nothing")
        kind: Literal["unknown", "nothing"] = "unknown" if found.problem == "unknown" else "nothing"
        return Trouble(kind, act, found.words or target.text)

    # --- masks -----------------------------------------------------------------------------------------

    def _abilities(self, act: Act) -> tuple[int, dict[int, Call]]:
        """Who can do it, and how."""
        if act not in self._able:
            if len(self._able) >= MAX_ACTS:
                self._able.clear()
            calls = {}
            for number, entity in enumerate(self._house.entities):
                call = doing.call_for(entity, act)
                if call is not None:
                    calls[number] = call
            self._able[act] = (sum(1 << number for number in calls), calls)
        return self._able[act]

    def _implied(self, act: Act) -> int:
        domains = _IMPLIED.get(act.about) or _IMPLIED.get(act.kind)
        if domains is None and act.color:
            domains = ("light",)
        if domains is None and act.unit in {"degrees", "celsius", "fahrenheit"}:
            domains = ("climate",)
        return self._domains(domains) if domains else -1

    def _domains(self, domains: Sequence[str]) -> int:
        mask = 0
        for domain in domains:
            mask |= self._index.domains.get(domain, 0)
        return mask

    def _preferred(self, act: Act, able: int) -> int:
        """Whose state fits the wish: what is playing is paused."""
        wanted = {"play": ("paused", "idle", "standby"), "off": ("on", "playing")}.get(act.kind)
        if wanted is None and self._implied(act) == self._domains(("media_player",)):
            wanted = ("playing",)
        if wanted is None:
            return 0
        return sum(1 << each for each in bits(able) if self._house.entities[each].state in wanted)

    def _entities(self, mask: int) -> tuple[Entity, ...]:
        return tuple(self._house.entities[each] for each in bits(mask))

    def _mask(self, entities: Sequence[Entity]) -> int:
        wanted = {entity.id for entity in entities}
        return sum(1 << number for number, each in enumerate(self._index.ids) if each in wanted)

    def _deeds(self, done: Done) -> list[Deed]:
        """Entities with the same call in one deed."""
        calls = self._abilities(done.act)[1]
        grouped: list[tuple[str, Call, list[str]]] = []
        numbers = {entity_id: number for number, entity_id in enumerate(self._index.ids)}
        for entity in done.entities:
            call = calls[numbers[entity.id]]
            same = next(
                (ids for domain, known, ids in grouped if (domain, known) == (entity.domain, call)), None
            )
            if same is None:
                grouped.append((entity.domain, call, [entity.id]))
            else:
                same.append(entity.id)
        return [Deed(domain, service, tuple(ids), data) for domain, (service, data), ids in grouped]


def _stems(target: Target) -> tuple[str, ...]:
    return tuple(token.stem for token in target.words)


_TELLING = ("unclear", "unknown", "nothing", "refused", "several", "negated")


def _telling(trouble: Trouble | None) -> int:
    return _TELLING.index(trouble.kind) if trouble else len(_TELLING)
