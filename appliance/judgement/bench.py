"""Several deeds at once, sorted into what may be done, what must be asked, and what is denied. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from appliance.home.entities import Entity, House
from appliance.judgement.hazards import Hazard
from appliance.judgement.identity.evidence import Identity
from appliance.judgement.policy import (
    Allow,
    Confirm,
    Decision,
    Deny,
    How,
    Policy,
    Request,
    Room,
    Why,
    decide,
    strictest,
)
from appliance.wire.messages import Deed

MAX_DEEDS = 64
MAX_ENTITIES = 5_000


class Refused(msgspec.Struct, frozen=True):
    """One entity that is left out, and why."""

    entity_id: str
    what: str
    why: Why


class Sorted(msgspec.Struct, frozen=True):
    """What became of a whole sentence's deeds."""

    deeds: tuple[Deed, ...]
    """What is allowed, or is once the question is answered; what is denied is left out."""
    allowed: tuple[str, ...] = ()
    """Ids that need no question."""
    guarded: tuple[str, ...] = ()
    """Guarded ids among what is allowed."""
    how: How | None = None
    """What must be asked for before anything of it is done; None is nothing."""
    hazards: tuple[Hazard, ...] = ()
    refused: tuple[Refused, ...] = ()


class Speaker(msgspec.Struct, frozen=True):
    """Who wants it, where, when, and what was confirmed for exactly this."""

    identity: Identity
    room: Room
    minute: int
    given: frozenset[How] = frozenset()


def sort(deeds: Sequence[Deed], speaker: Speaker, policy: Policy, house: House) -> Sorted:
    """Every deed on every entity is decided on its own; one question is asked about all of them."""
    entities = {entity.id: entity for entity in house.entities}
    kept: list[Deed] = []
    decisions: list[Decision] = []
    allowed: list[str] = []
    refused: list[Refused] = []
    for deed in deeds[:MAX_DEEDS]:
        wanted = tuple(dict.fromkeys(deed.entity_id))[:MAX_ENTITIES]
        ids = []
        for entity_id in wanted:
            entity = entities.get(entity_id)
            request = _request(deed, entity, speaker) if entity else None
            decision = decide(policy, request, house, entities) if request else Deny("missing")
            if isinstance(decision, Deny):
                refused.append(Refused(entity_id, f"{deed.domain}.{deed.service}", decision.why))
                continue
            ids.append(entity_id)
            decisions.append(decision)
            allowed += [entity_id] if isinstance(decision, Allow) else []
        if ids:
            kept.append(msgspec.structs.replace(deed, entity_id=tuple(ids)))
    return _sorted(kept, decisions, allowed, refused)


def _request(deed: Deed, entity: Entity, speaker: Speaker) -> Request:
    return Request(
        entity,
        deed.domain,
        deed.service,
        deed.data,
        identity=speaker.identity,
        room=speaker.room,
        minute=speaker.minute,
        given=speaker.given,
    )


def _sorted(
    kept: Sequence[Deed], decisions: Sequence[Decision], allowed: Sequence[str], refused: Sequence[Refused]
) -> Sorted:
    together = strictest(decisions)
    guarded = [name for each in decisions if isinstance(each, Allow) for name in each.guarded]
    return Sorted(
        tuple(kept),
        tuple(allowed),
        tuple(dict.fromkeys(guarded)),
        together.how if isinstance(together, Confirm) else None,
        together.hazards if isinstance(together, Confirm) else (),
        tuple(refused),
    )
