"""May this person, here and now, have this done? Pure: allow, confirm, or deny with a reason.

The first of these that applies decides:

1. What does not exist, or is no known service of its kind, is denied, whatever any rule says.
2. Rules: first those of the person's own profile, then those of the configuration; the first that fits.
   A permissive rule for a person needs that person recognised; a denial holds for who may be that person.
3. What is guarded (`hazards`): denied to children; from a satellite only for its own area; asked for as
   `policy.guarded` says; who is not recognised needs a PIN, unless `policy.unknown` is "confirm".
4. The rest is harmless: allowed, from a satellite with `policy.reach = "area"` only in its own area.

A rule without `from` widens no satellite's reach: only one that names the room does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import msgspec

from appliance.config.model import Policy as Settings
from appliance.home.entities import Entity, House
from appliance.judgement import rules, services
from appliance.judgement.hazards import Hazard, Verb, touched, verb_of
from appliance.judgement.identity.evidence import UNKNOWN, Identity
from appliance.judgement.rules import Effect, Rule

LOCAL = "local"
"""The appliance's own microphone and loudspeaker, as `pipeline.places` names it."""
How = Literal["yes", "pin", "voice"]
Why = Literal[
    "missing", "service", "rule", "child", "elsewhere", "unknown", "voice", "no_pin", "never", "too_many",
]  # fmt: skip
_HARDER: Sequence[How] = ("yes", "voice", "pin")
_ASKS: Mapping[Effect, How] = {"confirm": "yes", "pin": "pin", "voice": "voice"}


class Room(msgspec.Struct, frozen=True):
    """The place that heard it."""

    name: str = LOCAL
    area: str = ""
    """Area id or name."""

    @property
    def distant(self) -> bool:
        """Is it a satellite?"""
        return self.name != LOCAL


class Request(msgspec.Struct, frozen=True):
    """One service call on one entity, and who wants it."""

    entity: Entity
    called: str
    """Domain that the service is called by."""
    service: str
    data: Mapping[str, Any]
    identity: Identity = UNKNOWN
    room: Room = Room()
    minute: int = 720
    """Local time, in minutes after midnight."""
    given: frozenset[How] = frozenset()
    """What has been confirmed for exactly this deed already."""


class Allow(msgspec.Struct, frozen=True):
    """Do it. `guarded` are ids that were guarded and may be opened for this deed all the same."""

    guarded: tuple[str, ...] = ()


class Confirm(msgspec.Struct, frozen=True):
    """Ask before."""

    how: How
    hazards: tuple[Hazard, ...]


class Deny(msgspec.Struct, frozen=True):
    """Do not."""

    why: Why


Decision = Allow | Confirm | Deny


class Policy(msgspec.Struct, frozen=True):
    """Everything that decides, read once from the configuration."""

    settings: Settings = Settings()
    rules: tuple[Rule, ...] = ()
    unguarded: frozenset[str] = frozenset()
    """`home.unguarded`: a rule "allow ID" for each, after all others."""
    pins: bool = False
    """Has anybody a PIN?"""


def compiled(settings: Settings, unguarded: Sequence[str] = (), *, pins: bool = False) -> Policy:
    """Raises ConfigError for a rule that cannot be read."""
    return Policy(settings, rules.parse_all(settings.rules), frozenset(unguarded), pins)


def decide(policy: Policy, request: Request, house: House, entities: Mapping[str, Entity]) -> Decision:
    """See the module. `entities` is the house by id. A group is judged with all its members; the strictest
    decision counts.
    """
    entity = request.entity
    if entities.get(entity.id) is not entity:
        return Deny("missing")
    if not services.known(request.called, entity.domain, request.service):
        return Deny("service")
    reached = touched(entity, request.service, entities)
    if reached is None:
        return Deny("too_many")
    return strictest(
        [
            _one(policy, msgspec.structs.replace(request, entity=each, service=service), house)
            for each, service in reached
        ]
    )


def strictest(decisions: Sequence[Decision]) -> Decision:
    """Of several that go together: one denial denies, the hardest question is asked about all of them."""
    denied = [each for each in decisions if isinstance(each, Deny)]
    if denied:
        return denied[0]
    asked = [each for each in decisions if isinstance(each, Confirm)]
    if asked:
        how = max((each.how for each in asked), key=_HARDER.index)
        return Confirm(how, tuple(hazard for each in asked for hazard in each.hazards))
    return Allow(tuple(name for each in decisions if isinstance(each, Allow) for name in each.guarded))


def _one(policy: Policy, request: Request, house: House) -> Decision:
    """About one entity alone."""
    entity = request.entity
    verb = verb_of(entity, request.service, request.data, marked=policy.settings.marked)
    rule = _rule(policy, request, house, guarded=verb is not None)
    if rule is not None and rule.effect == "deny":
        return Deny("rule")
    if _out_of_reach(policy, request, house, rule, guarded=verb is not None):
        return Deny("elsewhere")
    effect = rule.effect if rule else _usual(policy, request, guarded=verb is not None)
    return effect if isinstance(effect, Deny) else _asked(policy, request, effect, verb)


# --- rules ---------------------------------------------------------------------------------------------


def _rule(policy: Policy, request: Request, house: House, *, guarded: bool) -> Rule | None:
    """The first that fits, and is meant for who asks."""
    asked = rules.Asked(
        request.entity.id,
        str(request.entity.attributes.get("device_class") or "").casefold(),
        request.service,
        guarded,
        _area_names(house, request.entity.area or ""),
        _area_names(house, request.room.area) | {request.room.name.casefold()},
        request.minute,
    )
    identity = request.identity
    own = _personal(identity.permissions) if identity.suspected else ()
    personal = [msgspec.structs.replace(rule, who=identity.name.casefold()) for rule in own]
    last = [Rule("allow", each.casefold()) for each in sorted(policy.unguarded) if each == request.entity.id]
    for rule in (*personal, *policy.rules, *last):
        if rules.fits(rule, asked) and _concerns(rule, request, policy) and _asks_here(rule, request):
            return rule
    return None


@lru_cache(maxsize=64)
def _personal(permissions: tuple[str, ...]) -> tuple[Rule, ...]:
    return rules.parse_all(permissions)


def _concerns(rule: Rule, request: Request, policy: Policy) -> bool:
    """Is it about this speaker?"""
    identity = request.identity
    recognised = identity.recognised(policy.settings.recognised)
    if not rule.who:
        return True
    if rule.who == "unknown":
        return not recognised
    sure = identity.suspected if rule.effect == "deny" else recognised
    return sure and rule.who in {identity.name.casefold(), identity.role}


def _asks_here(rule: Rule, request: Request) -> bool:
    """Nobody is asked before something is closed or switched off, unless the rule names that service."""
    if rule.effect in {"allow", "deny"} or rule.service:
        return True
    return not services.calming(request.entity.domain, request.service)


def _area_names(house: House, wanted: str) -> frozenset[str]:
    """Id and names of this area, from any one of them."""
    if not wanted:
        return frozenset()
    key = wanted.casefold()
    for area in house.areas:
        names = frozenset(name.casefold() for name in (area.id, area.name, *area.aliases))
        if key in names:
            return names
    return frozenset({key})


# --- defaults --------------------------------------------------------------------------------------------


def _usual(policy: Policy, request: Request, *, guarded: bool) -> Effect | Deny:
    """What holds where no rule fits."""
    if not guarded:
        return "allow"
    settings, identity = policy.settings, request.identity
    if identity.suspected and identity.role == "child":
        return Deny("child")
    if settings.guarded == "deny":
        return Deny("never")
    trusted = identity.recognised(settings.recognised) and identity.role != "guest"
    if not trusted and settings.unknown == "harmless":
        return "pin" if policy.pins else Deny("unknown")
    return settings.guarded


def _out_of_reach(
    policy: Policy, request: Request, house: House, rule: Rule | None, *, guarded: bool
) -> bool:
    """Does a satellite ask for what is not in its area, without a rule that names the satellite?"""
    if not request.room.distant or (rule is not None and rule.room):
        return False
    if not guarded and policy.settings.reach == "home":
        return False
    own = _area_names(house, request.room.area)
    return not own & _area_names(house, request.entity.area or "")


def _asked(policy: Policy, request: Request, effect: Effect, verb: Verb | None) -> Decision:
    """Was what the effect asks for given already?"""
    entity = request.entity
    guarded = (entity.id,) if verb else ()
    if effect == "allow":
        return Allow(guarded)
    how = _ASKS[effect]
    if how == "voice" and not _heard_well(policy, request.identity):
        if not policy.pins:
            return Deny("voice")
        how = "pin"
    if how == "pin" and not policy.pins:
        return Deny("no_pin")
    if _fulfilled(how, request.given):
        return Allow(guarded)
    return Confirm(how, (Hazard(entity.id, entity.name, verb or "change"),))


def _heard_well(policy: Policy, identity: Identity) -> bool:
    """A recognised voice: a room alone, or with a PIN, is none."""
    return identity.recognised(policy.settings.recognised) and "voice" in identity.source.split("+")


def _fulfilled(how: How, given: frozenset[How]) -> bool:
    """A PIN is more than a yes; a yes to a recognised voice was asked for as "voice"."""
    return how in given or "pin" in given
