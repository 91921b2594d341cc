"""The sentence templates of one language, from home-assistant-intents, parsed by hassil.

Loading takes a few hundred milliseconds and several megabytes; one of them serves every house.
"""

from __future__ import annotations

import difflib
from typing import Any

from appliance.errors import UnderstandingError
from appliance.understanding.own_sentences import Sentences, with_own
from appliance.understanding.replies import Replies


def find_language(wanted: str) -> str:
    """The package's code for a language: exact, in another spelling, or without its region.

    Raises UnderstandingError that names the nearest codes.
    """
    from home_assistant_intents import get_languages

    known = {code.casefold(): code for code in get_languages()}
    folded = wanted.strip().replace("_", "-").casefold()
    found = known.get(folded) or known.get(folded.partition("-")[0])
    if found is None:
        near = difflib.get_close_matches(folded, known, n=3, cutoff=0.4)
        choice = f"did you mean {', '.join(known[code] for code in near)}?" if near else ""
        every = f"known: {' '.join(sorted(known.values()))}"
        raise UnderstandingError(f"there are no sentences for the language {wanted!r}", choice or every)
    return found


class Templates:
    """What can be said and answered in one language."""

    def __init__(self, language: str, own: Sentences | None = None) -> None:
        self.wanted = language
        self._own = own or {}
        self.language = ""
        self.intents: Any = None
        self.replies = Replies("", {}, {})

    def open(self) -> None:
        """Load and parse. Raises UnderstandingError for an unknown language."""
        from hassil import Intents
        from home_assistant_intents import get_intents

        self.language = find_language(self.wanted)
        data = get_intents(self.language)
        if data is None:
            raise UnderstandingError(
                f"the sentences for {self.language!r} are missing", "reinstall the environment"
            )
        self.intents = Intents.from_dict(with_own(data, self._own) if self._own else data)
        self.replies = Replies(self.language, data.get("responses", {}), self.intents.slot_lists)
