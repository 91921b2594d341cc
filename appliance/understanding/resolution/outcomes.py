"""What became of a sentence: deeds, or trouble. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

from appliance.home.entities import Entity
from appliance.understanding.resolution.acts import Act
from appliance.understanding.resolution.asking import Question
from appliance.understanding.resolution.targets import Target
from appliance.wire.messages import Deed


class Done(msgspec.Struct, frozen=True):
    """One wish and the entities that fulfil it."""

    act: Act
    entities: tuple[Entity, ...]
    targets: tuple[Target, ...] = ()
    deeds: tuple[Deed, ...] = ()


class Trouble(msgspec.Struct, frozen=True):
    """Why nothing is done."""

    kind: Literal["unknown", "nothing", "several", "refused", "negated", "unclear"]
    act: Act = Act("")
    words: str = ""
    candidates: tuple[Entity, ...] = ()


class Turn(msgspec.Struct, frozen=True):
    """What was done last, for "it" and "and in the bedroom"."""

    done: tuple[Done, ...] = ()
    question: Question | None = None
    """What was asked last."""
    offered: Trouble | None = None
    """What could not be told apart, and was asked back about."""


class Resolved(msgspec.Struct, frozen=True):
    """Deeds, in order, or trouble."""

    deeds: tuple[Deed, ...] = ()
    done: tuple[Done, ...] = ()
    trouble: Trouble | None = None
