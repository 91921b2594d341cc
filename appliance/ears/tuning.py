"""The costs of a home's graph: negative natural logarithms on the scale of the scaled acoustic scores."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec

from appliance.errors import EngineError

FILE = "conf/graph.json"
"""Where a model says its own: they hold for how sure of its phones it is."""
MAX_FILE_BYTES = 10_000

Cost = Annotated[float, msgspec.Meta(ge=0.0, le=1_000.0)]


class Tuning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Set on recordings (docs/recognising.md says which, and what comes of it)."""

    enter: Cost = 0.1
    """Each phone of a word: a phone that hardly sounded is dearer than a longer one beside it."""
    stay: Cost = 0.0
    """One more frame in the same phone."""
    pause: Cost = 0.2
    """A pause between two words."""
    no_pause: Cost = 0.0
    choice: Cost = 0.1
    """Weight of a word's chance among those that can follow, when all are as likely; 0 prefers none."""
    no_article: Cost = 1.5
    """Leave out "the" where it could be said."""
    please: Cost = 6.0
    """Say please."""
    foreign: Cost = 3.0
    """Take what was said for no command."""
    foreign_phone: Cost = 1.8
    """Each phone of it."""
    foreign_word: Cost = 5.0
    """Each further word of it."""
    min_confidence: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 0.8
    """Take no sentence whose words are less sure on average."""


def read_tuning(folder: Path) -> Tuning:
    """A model's own costs, or the usual ones. Raises EngineError for a file that is broken."""
    file = folder / FILE
    if not file.is_file():
        return Tuning()
    with file.open("rb") as opened:
        content = opened.read(MAX_FILE_BYTES)
    try:
        return msgspec.json.decode(content, type=Tuning)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise EngineError(f"{file}: {error}", "unpack the model again") from error


def stricter(plain: Tuning, strictness: float) -> Tuning:
    """Foreign speech is the cheaper, the stricter it is to be."""
    return msgspec.structs.replace(
        plain, foreign=plain.foreign / strictness, foreign_phone=plain.foreign_phone / strictness
    )
