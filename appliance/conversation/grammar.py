"""A roster as a GBNF grammar: either plain words, or calls of what was offered and nothing else. Pure.

[{"do":"set_brightness","to":["light.desk","light.hall"],"percent":40},{"do":"close","to":["cover.blind"]}]
"""

from __future__ import annotations

from collections.abc import Iterable

from appliance.conversation.roster import Roster
from appliance.conversation.tools import LOOK_UP, Value

MAX_CALLS = 4
MAX_TARGETS = 8
"""Entities of one call."""

SPEECH = (
    r"speech ::= [^\x01-\x20\[\]{}<>|`\\\x7F-\xA0] more*"
    "\n"
    r"more ::= [^\x01-\x1F\[\]{}<>|`\\\x7F-\x9F]"
    "\n"
)
"""Words: one line without markup, which is how nobody's special tokens are spelt."""
SPEECH_ONLY = "root ::= speech\n" + SPEECH


def of(roster: Roster) -> str:
    """The grammar of everything that may be answered; words alone when nothing is offered."""
    if not roster.shown:
        return SPEECH_ONLY
    return _Rules(roster).text()


class _Rules:
    """Collects rules; each id, each set of ids and each argument becomes one."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._ids = {each.id: f"e{index}" for index, each in enumerate(roster.shown)}
        self._sets: dict[tuple[str, ...], str] = {}
        self._values: dict[Value, str] = {}

    def text(self) -> str:
        calls = [self._call(tool, value, ids) for (tool, value), ids in self._kinds().items()]
        calls.append(self._call(LOOK_UP, None, list(self._ids)))
        rules = [
            "root ::= calls | speech",
            f'calls ::= "[" call ("," call){{0,{MAX_CALLS - 1}}} "]"',
            f"call ::= {' | '.join(calls)}",
            *(rule for ids, name in self._sets.items() for rule in _targets(name, ids)),
            *(f"{name} ::= {_values(value)}" for value, name in self._values.items()),
            *(f"{name} ::= {_literal(_quoted(each))}" for each, name in self._ids.items()),
        ]
        return "\n".join(rules) + "\n" + SPEECH

    def _kinds(self) -> dict[tuple[str, Value | None], list[str]]:
        """Offers of the same tool with the same argument, together."""
        found: dict[tuple[str, Value | None], list[str]] = {}
        for each in self._roster.shown:
            for offer in each.offers:
                found.setdefault((offer.tool, offer.value), []).append(each.id)
        return found

    def _call(self, tool: str, value: Value | None, ids: Iterable[str]) -> str:
        names = tuple(self._ids[each] for each in ids)
        targets = self._sets.setdefault(names, f"s{len(self._sets)}")
        head = _literal(f'{{"do":"{tool}","to":[')
        if value is None:
            return f"{head} {targets} {_literal(']}')}"
        argument = self._values.setdefault(value, f"v{len(self._values)}")
        middle, end = _literal(f'],"{value.name}":'), _literal("}")
        return f"{head} {targets} {middle} {argument} {end}"


def _targets(name: str, ids: tuple[str, ...]) -> tuple[str, str]:
    one = f"{name}-one"
    return f'{name} ::= {one} ("," {one}){{0,{MAX_TARGETS - 1}}}', f"{one} ::= {' | '.join(ids)}"


def _values(value: Value) -> str:
    return " | ".join(map(_literal, value.spellings()))


def _quoted(text: str) -> str:
    return f'"{text}"'


def _literal(text: str) -> str:
    """Text of ours or of a plain id: quotes are all that needs an escape."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
