"""Sentences for a home, with what should come of them; they share no code with the product."""

from __future__ import annotations

from collections.abc import Iterator

from understanding_cases import Case
from understanding_deeds import Commanded
from understanding_groups import Grouped
from understanding_questions import Asked


class Sentences(Commanded, Grouped, Asked):
    """Sentences for one home."""

    def cases(self, each: int) -> Iterator[Case]:
        """About `each` sentences a category."""
        makers = (
            self._named,
            self._by_place,
            self._brightness,
            self._covers,
            self._climate,
            self._media,
            self._house_things,
            self._areas_of,
            self._floors_of,
            self._all_but,
            self._pairs,
            self._two_commands,
            self._relative,
            self._misspelt,
            self._turned,
            self._color,
            self._here,
            self._yes_or_no,
            self._which,
            self._count,
            self._values,
            self._complaints,
            self._lists,
            self._not_obeyed,
            self._absent,
            self._ambiguous,
        )
        for maker in makers:
            for _ in range(each):
                case = maker()
                if case is not None:
                    yield case
