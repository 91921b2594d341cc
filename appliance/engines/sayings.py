"""From scores of every frame to one detection for each time a wake word is said. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from appliance.engines.contract import Detection


class Rule(msgspec.Struct, frozen=True):
    """When a word counts as said."""

    threshold: float
    """Score 0…1 that a frame must reach."""
    patience: int = 1
    """So many frames in a row must reach it."""


NEAR = 0.6
"""Share of its threshold from which a word was nearly heard."""
MAX_MISSED = 16


class Sayings:
    """Watches the scores of several words; at most one detection a saying, with the score of its best frame.

    A saying is reported as soon as its score is `sure`, or falls, or has risen for `hold` more frames: the
    best score is not worth waiting longer for. Afterwards nothing is reported for `refractory_ms`, and
    a word not before its score has been below its threshold once.
    """

    def __init__(
        self, rules: Mapping[str, Rule], refractory_ms: int, sure: float = 0.9, hold: int = 2
    ) -> None:
        self._rules = dict(rules)
        self._refractory_ms = refractory_ms
        self._sure = sure
        self._hold = hold
        self.reset()

    def reset(self) -> None:
        """Forget what was scored so far."""
        self._run = dict.fromkeys(self._rules, 0)
        self._spent: set[str] = set()
        self._best: Detection | None = None
        self._left = 0
        self._last_ms: int | None = None
        self._near: dict[str, Detection] = {}
        """The best frame of each run that is at least nearly a word."""
        self._told: set[str] = set()
        """Whose run is one that was reported, or began too soon after such a one."""
        self._missed: list[Detection] = []

    def missed(self) -> list[Detection]:
        """What was nearly a word since the last call: one a run of frames, with the score of its best."""
        missed, self._missed = self._missed, []
        return missed

    def feed(self, scores: Mapping[str, float], at_ms: int) -> Detection | None:
        """Scores of the frame that ends at `at_ms`; a detection that is due now. NaN counts as no score."""
        found = self._candidate(scores, at_ms)
        resting = self._last_ms is not None and 0 <= at_ms - self._last_ms < self._refractory_ms
        self._watch_near(scores, at_ms, resting=resting)
        if resting:
            return None
        if self._best is None:
            if found is None:
                return None
            self._best, self._left = found, self._hold
        elif found is not None and found.score > self._best.score:
            self._best = found
        else:
            return self._report(at_ms)
        if self._best.score >= self._sure or self._left == 0:
            return self._report(at_ms)
        self._left -= 1
        return None

    def _candidate(self, scores: Mapping[str, float], at_ms: int) -> Detection | None:
        """The best word that has been above its threshold for long enough and was not reported yet."""
        best: Detection | None = None
        for word, rule in self._rules.items():
            score = float(scores.get(word, 0.0))
            if not score >= rule.threshold:  # also for NaN
                self._run[word] = 0
                self._spent.discard(word)
                continue
            self._run[word] += 1
            ripe = self._run[word] >= rule.patience and word not in self._spent
            if ripe and (best is None or score > best.score):
                best = Detection(word, score, at_ms)
        return best

    def _watch_near(self, scores: Mapping[str, float], at_ms: int, *, resting: bool) -> None:
        """Follow the runs of frames that are at least nearly a word; one that ends untold was missed."""
        for word, rule in self._rules.items():
            score, best = float(scores.get(word, 0.0)), self._near.get(word)
            if score >= rule.threshold * NEAR:
                if best is None and resting:
                    self._told.add(word)
                if best is None or score > best.score:
                    self._near[word] = Detection(word, score, at_ms)
            elif best is not None:
                del self._near[word]
                # While a saying is about to be reported this was it, or sounded like it.
                if word not in self._told and self._best is None and len(self._missed) < MAX_MISSED:
                    self._missed.append(best)
                self._told.discard(word)

    def _report(self, at_ms: int) -> Detection:
        assert self._best is not None
        detection, self._best = self._best, None
        self._last_ms = at_ms
        self._told |= self._near.keys()
        self._spent = {word for word, run in self._run.items() if run}
        return detection
