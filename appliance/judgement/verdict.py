"""What goes into the judge and what comes out. Pure data."""

from __future__ import annotations

from typing import Literal, Protocol

import msgspec

from appliance.judgement.confirmation import Source
from appliance.judgement.identity.evidence import UNKNOWN, Identity
from appliance.wire.messages import Deed


class Verdict(msgspec.Struct, frozen=True):
    """What to do now; `judge` says what each kind means."""

    kind: Literal["allow", "ask", "again", "deny", "ignore"]
    deeds: tuple[Deed, ...] = ()
    """What may be done now; only ever filled with "allow"."""
    words: str = ""
    """What to say: the question, the reason, or (with "allow") why a part was left out."""
    granted: tuple[str, ...] = ()
    """Guarded ids that the home lets through for these deeds."""
    identity: Identity = UNKNOWN
    room: str = ""


class Heard(msgspec.Struct, frozen=True):
    """One utterance: its text, when it was heard (seconds of the judge's clock), and where it came from."""

    text: str
    began: float
    ended: float
    source: Source = "heard"


class Result(Protocol):
    """What became of a deed on one entity, as far as the audit is concerned."""

    @property
    def entity_id(self) -> str:
        """Its id."""

    @property
    def done(self) -> bool:
        """Was it done?"""
