"""All evidence about who speaks, fused into one confidence. Pure.

Each person p gets log-odds against "somebody else": a prior, and what each piece of evidence adds. The
pieces are taken as independent, so they add up:

    L(p) = PRIOR + room(p) + voice(p) + pin(p)
    P(p) = exp(L(p)) / (1 + sum over all persons q of exp(L(q)))

The 1 stands for somebody who has no profile. So two persons who fit equally well are nobody, a room alone
never recognises anyone, and silence about a person leaves them at their prior. What is unlikely to be any
one of them is `UNKNOWN`, which is a normal state.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from appliance.judgement.identity.profiles import Profile, Role
from appliance.judgement.identity.voices import Calibration, Heard, score

PRIOR = math.log(0.05 / 0.95)
"""Before any evidence: one in twenty, for each person."""
ROOM = 2.0
"""The room's own person speaks there seven times as often as elsewhere."""
PIN = 9.0
"""A PIN that only this person knows; one in 8,000 guesses."""
MAX_VOICE = 6.0
"""No voice is worth more, for or against: 0.95 at best without the room."""
SUSPECTED = 0.5
"""From here on what is forbidden to a person is forbidden to who may be that person."""


class Identity(msgspec.Struct, frozen=True):
    """Who speaks, as far as can be told. `name` is the likeliest person; "" when there is none."""

    name: str = ""
    role: Role | None = None
    confidence: float = 0.0
    source: str = ""
    """What it rests on: "voice", "room", "pin", joined by "+"."""
    permissions: tuple[str, ...] = ()

    def recognised(self, threshold: float) -> bool:
        """Sure enough to be given what is this person's?"""
        return bool(self.name) and self.confidence >= threshold

    @property
    def suspected(self) -> bool:
        """Likely enough that what this person may not, nobody may?"""
        return bool(self.name) and self.confidence >= SUSPECTED


UNKNOWN = Identity()


class Evidence(msgspec.Struct, frozen=True):
    """What is known about the speaker of one utterance."""

    room: str = ""
    """Name of the place that heard it."""
    area: str = ""
    voice: Heard | None = None
    pin_of: str = ""
    """Whose PIN was given; only the judgement itself sets it."""


def fuse(
    evidence: Evidence, profiles: Sequence[Profile], calibrations: Mapping[str, Calibration]
) -> Identity:
    """The likeliest person with the probability; UNKNOWN when nobody is known or nothing speaks for anyone.

    `calibrations` are by engine (`Heard.engine`); a voice of an engine without one counts for nothing.
    """
    weights = {profile.name: _pieces(evidence, profile, calibrations) for profile in profiles}
    odds = {name: math.exp(PRIOR + sum(pieces.values())) for name, pieces in weights.items()}
    best = max(profiles, key=lambda profile: odds[profile.name], default=None)
    if best is None:
        return UNKNOWN
    grounds = [name for name, weight in weights[best.name].items() if weight > 0]
    if not grounds:
        return UNKNOWN
    confidence = odds[best.name] / (1 + sum(odds.values()))
    return Identity(best.name, best.role, confidence, "+".join(grounds), best.permissions)


def _pieces(
    evidence: Evidence, profile: Profile, calibrations: Mapping[str, Calibration]
) -> dict[str, float]:
    """What each kind of evidence says for (or against) this person, in log-odds."""
    here = {evidence.room.casefold(), evidence.area.casefold()} - {""}
    return {
        "voice": _voice(evidence.voice, profile, calibrations),
        "room": ROOM if here & {room.casefold() for room in profile.rooms} else 0.0,
        "pin": PIN if evidence.pin_of and evidence.pin_of == profile.name else 0.0,
    }


def _voice(heard: Heard | None, profile: Profile, calibrations: Mapping[str, Calibration]) -> float:
    if heard is None or heard.engine not in calibrations:
        return 0.0
    similarity = score(heard, profile.voices)
    if similarity is None:
        return 0.0
    weight = calibrations[heard.engine].log_odds(similarity)
    return max(-MAX_VOICE, min(MAX_VOICE, weight))
