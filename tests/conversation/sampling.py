"""Strings of a grammar, chosen by hypothesis: only what `conversation.grammar` writes is understood."""

from __future__ import annotations

import re

from hypothesis import strategies as st

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|\{\d+,\d+\}|[()|*]|[A-Za-z0-9-]+')
_SPEAKABLE = "abc XYZ äé.,!?'\"0123-:/"


def rules(text: str) -> dict[str, list[str]]:
    """Each rule as tokens."""
    found = {}
    for line in text.splitlines():
        name, arrow, rest = line.partition(" ::= ")
        assert arrow, line
        found[name] = _TOKEN.findall(rest)
    return found


class Sampler:
    def __init__(self, text: str, draw: st.DrawFn) -> None:
        self._rules = rules(text)
        self._draw = draw

    def sample(self, name: str = "root") -> str:
        tokens = self._rules[name]
        made, end = self._alternatives(tokens, 0)
        assert end == len(tokens), name
        return made

    def _alternatives(self, tokens: list[str], at: int) -> tuple[str, int]:
        """One of the alternatives from here to the closing parenthesis or the end."""
        options: list[list[str]] = [[]]
        depth = 0
        end = at
        while end < len(tokens) and not (tokens[end] == ")" and depth == 0):
            depth += (tokens[end] == "(") - (tokens[end] == ")")
            if tokens[end] == "|" and depth == 0:
                options.append([])
            else:
                options[-1].append(tokens[end])
            end += 1
        return self._sequence(self._draw(st.sampled_from(options))), end

    def _sequence(self, tokens: list[str]) -> str:
        made = ""
        at = 0
        while at < len(tokens):
            first = at
            at = self._end_of_item(tokens, at)
            item = tokens[first:at]
            times = 1
            if at < len(tokens) and (tokens[at] == "*" or tokens[at].startswith("{")):
                low, high = (0, 5) if tokens[at] == "*" else map(int, tokens[at][1:-1].split(","))
                times = self._draw(st.integers(low, high))
                at += 1
            made += "".join(self._item(item) for _ in range(times))
        return made

    def _end_of_item(self, tokens: list[str], at: int) -> int:
        if tokens[at] != "(":
            return at + 1
        depth = 0
        while True:
            depth += (tokens[at] == "(") - (tokens[at] == ")")
            at += 1
            if not depth:
                return at

    def _item(self, tokens: list[str]) -> str:
        if tokens[0] == "(":
            return self._alternatives(tokens[1:-1], 0)[0]
        if tokens[0].startswith('"'):
            return tokens[0][1:-1].replace('\\"', '"').replace("\\\\", "\\")
        if tokens[0].startswith("["):
            assert tokens[0].startswith("[^"), "classes leave out what has a meaning to us"
            left_out = " " if r"\x20" in tokens[0] else ""
            return self._draw(st.sampled_from([each for each in _SPEAKABLE if each not in left_out]))
        return self.sample(tokens[0])
