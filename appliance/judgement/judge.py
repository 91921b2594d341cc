"""The one door between what was understood and what is done.

    judge(deeds) ─▶ "allow": do `deeds`, letting `granted` through · "ask": say `words`, listen in the same
                    turn, give the text to `answer` · "deny": say `words`
    answer(text) ─▶ the same, "again" (say `words`, listen once more), "ignore" (we heard ourselves), or None:
                    that was no answer, the question is dropped; understand the text as any other

Nothing else returns deeds. What is done with them is told to `record`. Used in one event loop; whatever
writes or hashes runs in a thread. What is pending is in memory only.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from appliance.config.model import Config
from appliance.home.entities import House
from appliance.judgement import bench, confirmation, policy, wording, words
from appliance.judgement.audit import Audit, Outcome, Row
from appliance.judgement.bench import Sorted, Speaker
from appliance.judgement.confirmation import Answer, Confirmations, Pending, Release
from appliance.judgement.errors import JudgementError
from appliance.judgement.household import Household
from appliance.judgement.identity.enrolment import Enrolment
from appliance.judgement.identity.evidence import UNKNOWN, Evidence, Identity
from appliance.judgement.journal import MAX_ROWS_AT_ONCE, Journal
from appliance.judgement.own_voice import OwnVoice
from appliance.judgement.policy import Room
from appliance.judgement.verdict import Heard, Result, Verdict
from appliance.tasks import begin, end
from appliance.wire.messages import Deed

LOG = logging.getLogger(__name__)
FOLDER = "judgement"
REMEMBERED_SECONDS = 3_600.0
"""Wrong PINs of the last hour count on after a restart."""


class Judge:
    """See the module. `start` and `stop` may each be called once; a rule that is wrong raises at once."""

    def __init__(
        self,
        config: Config,
        data: Path,
        clock: Callable[[], float],
        wall_clock: Callable[[], datetime],
    ) -> None:
        """`clock` is monotonic, `wall_clock` local. Raises ConfigError for a rule that cannot be read."""
        settings = config.policy
        self._clock = clock
        self._wall_clock = wall_clock
        self.household = Household(data / FOLDER, config)
        self.audit = Audit(data / FOLDER / "audit.db", settings.audit_days, settings.audit_rows)
        self.own_voice = OwnVoice()
        self._confirmations = Confirmations(
            settings.confirm_seconds, settings.pin_tries, settings.pin_wait_seconds
        )
        self._askers: dict[int, Identity] = {}
        self._journal = Journal(self.audit, clock, wall_clock, self.household.knows)
        self._task: asyncio.Task[None] | None = None
        self.troubles: list[str] = []
        """What cannot be used, for `status`: without people nobody is recognised."""
        self._take(config)

    def _take(self, config: Config) -> None:
        self._policy = policy.compiled(config.policy, config.home.unguarded)
        self._config = config

    # --- life --------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Read people and PINs, open the audit. Never raises: without them less is allowed, not more."""
        await asyncio.to_thread(self.open)
        self._task = begin(self._journal.write(self.expire), "audit")

    async def stop(self) -> None:
        """Write what waits; nothing pending is kept."""
        await end(self._task)
        await asyncio.to_thread(self.close)

    def open(self) -> None:
        """Open the files without a task that writes; for a command on its own."""
        self.troubles = self.household.open()
        try:
            self.audit.open()
            now = self._wall_clock().timestamp()
            self.audit.prune(now)
            wrong = self.audit.count("wrong_pin", now - REMEMBERED_SECONDS)
            self._confirmations.remember_wrong(wrong, self._clock())
        except JudgementError as error:
            LOG.error("%s", error)  # noqa: TRY400 - a sentence for people, not a traceback
            self.troubles.append(error.message)

    def close(self) -> None:
        """The other end of `open`."""
        self._confirmations.forget()
        self._askers.clear()
        try:
            self.audit.close()
        except JudgementError as error:
            LOG.warning("%s", error.message)
        self.household.close()

    def reconfigure(self, config: Config) -> None:
        """Other rules from the next deed on; what is pending is judged by them too.

        Raises ConfigError for a rule that cannot be read; the old ones hold then.
        """
        self._take(config)
        settings = config.policy
        self._confirmations.reconfigure(
            settings.confirm_seconds, settings.pin_tries, settings.pin_wait_seconds
        )
        self.audit.reconfigure(settings.audit_days, settings.audit_rows)
        self.household.reconfigure(config)

    # --- decisions ---------------------------------------------------------------------------------------

    def judge(
        self, deeds: Sequence[Deed], house: House, room: Room, evidence: Evidence, turn: int
    ) -> Verdict:
        """What is to be done about these deeds, which were wanted in this turn. Never raises."""
        identity = self.household.who(_outside(evidence))
        found = self._sort(deeds, identity, room, house)
        self._journal.refused(found.refused, identity, room.name)
        if not found.deeds:
            return self._verdict("deny", room.name, identity, words=self._refusal(found, house))
        if found.how is None:
            return self._allow(found, identity, room.name, house)
        return self._ask(found, identity, room.name, turn, house)

    async def answer(
        self, heard: Heard, house: House, room: Room, evidence: Evidence, turn: int
    ) -> Verdict | None:
        """What an answer to the question of this room leads to; None: it was none. Never raises."""
        if not any(each.room == room.name for each in self._confirmations.all()):
            return None
        if heard.source == "model" or self.is_own_voice(heard):
            return self._verdict("ignore", room.name, UNKNOWN)
        kind, pin = words.classify(heard.text, self._config.language)
        evidence = _outside(evidence)
        identity = self.household.who(evidence)
        person = identity.name if identity.suspected else ""
        step = self._confirmations.answer(Answer(room.name, turn, kind, person, heard.source), self._clock())
        if isinstance(step, confirmation.Check):
            step, evidence = await self._check(step.pending, pin, evidence)
            identity = self.household.who(evidence)
        return self._stepped(step, identity, room, house)

    def is_own_voice(self, heard: Heard) -> bool:
        """Did a loudspeaker of ours just say that? Then it is neither a command nor an answer."""
        return heard.source == "heard" and self.own_voice.is_echo(heard.text, heard.began, heard.ended)

    def pending(self, room: str) -> Pending | None:
        """What is waited for in this room."""
        return self._confirmations.pending(room, self._clock())

    def end_turn(self, room: str, turn: int) -> None:
        """That turn is over: its question goes with it."""
        over = self._confirmations.end_turn(room, turn)
        if over is not None:
            self._journal.over(over, self._askers.pop(over.pending.number, UNKNOWN))

    def expire(self) -> None:
        """Drop questions that nobody answered in time; `answer` does not need it."""
        for over in self._confirmations.expire(self._clock()):
            self._journal.over(over, self._askers.pop(over.pending.number, UNKNOWN))

    async def forget(self, person: str) -> None:
        """Every trace of this person, everywhere. Raises JudgementError."""
        name = self.household.named(person).name
        self._confirmations.forget(name)
        self._askers = {number: who for number, who in self._askers.items() if who.name != name}
        # The audit first, so that what fails half-way can be asked for again; and once more for what was
        # noted in between.
        await asyncio.to_thread(self.audit.forget, name)
        await asyncio.to_thread(self.household.remove, name)
        await asyncio.to_thread(self.audit.forget, name)

    def rules_about(self, person: str) -> list[str]:
        """The configuration's rules that name this person: only its owner can take them out."""
        rules = zip(self._config.policy.rules, self._policy.rules, strict=True)
        return [text for text, rule in rules if rule.who == person.casefold()]

    def enrol(self, person: str, room: str) -> Enrolment:
        """Learn this person's voice from what is heard in that room. Raises JudgementError."""
        return self.household.begin_enrolment(person, room, self._clock())

    async def learn(self, room: str, vector: Sequence[float]) -> Enrolment | None:
        """The voice of one utterance (`Transcript.speaker`); None when none is being learnt there.

        Raises JudgementError when it cannot be kept.
        """
        return await asyncio.to_thread(self.household.learn, room, vector, self._clock())

    def record(self, verdict: Verdict, results: Iterable[Result]) -> None:
        """What became of the deeds of an "allow"."""
        services = {
            name: f"{deed.domain}.{deed.service}" for deed in verdict.deeds for name in deed.entity_id
        }
        for result in list(results)[:MAX_ROWS_AT_ONCE]:
            what = services.get(result.entity_id, "")
            outcome: Outcome = "done" if result.done else "failed"
            self._journal.note(verdict.identity, verdict.room, Row(0, outcome, what, result.entity_id))

    # --- steps -------------------------------------------------------------------------------------------

    def _sort(
        self,
        deeds: Sequence[Deed],
        identity: Identity,
        room: Room,
        house: House,
        given: frozenset[policy.How] = frozenset(),
    ) -> Sorted:
        now = self._wall_clock()
        speaker = Speaker(identity, room, now.hour * 60 + now.minute, given)
        current = msgspec.structs.replace(self._policy, pins=self.household.has_pins)
        return bench.sort(deeds, speaker, current, house)

    def _allow(self, found: Sorted, identity: Identity, room: str, house: House) -> Verdict:
        return Verdict(
            "allow", found.deeds, self._refusal(found, house), found.guarded, identity=identity, room=room
        )

    def _ask(self, found: Sorted, identity: Identity, room: str, turn: int, house: House) -> Verdict:
        assert found.how is not None
        language = self._config.language
        asked = wording.question(language, found.hazards, found.how, house, others=len(found.allowed))
        if asked is None:
            why: policy.Why = "too_many" if words.words_of(language) else "never"
            self._journal.note(identity, room, Row(0, "denied", reason=why))
            said = wording.reason(language, why, found.hazards[0].entity_id, house)
            return self._verdict("deny", room, identity, words=said)
        person = identity.name if identity.recognised(self._config.policy.recognised) else ""
        pending = self._confirmations.ask(room, turn, found.how, found.deeds, self._clock(), person=person)
        if pending is None:
            self._journal.note(identity, room, Row(0, "denied", reason="locked"))
            return self._verdict("deny", room, identity, words=wording.text(language, "locked"))
        alive = {each.number for each in self._confirmations.all()}
        self._askers = {number: who for number, who in self._askers.items() if number in alive}
        self._askers[pending.number] = identity
        self._journal.pending("asked", pending, identity)
        left_out = self._refusal(found, house)
        return self._verdict("ask", room, identity, words=f"{left_out} {asked}".strip())

    async def _check(
        self, pending: Pending, pin: str, evidence: Evidence
    ) -> tuple[confirmation.Step, Evidence]:
        """Compare the PIN in a thread. A comparison that is cancelled counts as wrong."""
        name = ""
        try:
            name = await asyncio.to_thread(self.household.whose, pin, pending.person)
        finally:
            step = self._confirmations.checked(pending.number, name, self._clock())
            if not name:
                asker = self._askers.get(pending.number, UNKNOWN)
                self._journal.note(asker, pending.room, Row(0, "wrong_pin"))
        return step, msgspec.structs.replace(evidence, pin_of=name)

    def _stepped(
        self, step: confirmation.Step, identity: Identity, room: Room, house: House
    ) -> Verdict | None:
        language = self._config.language
        match step:
            case Release():
                return self._released(step, identity, room, house)
            case confirmation.Again(why=why):
                return self._verdict("again", room.name, identity, words=wording.text(language, why))
            case confirmation.Over(why=why):
                self._journal.over(step, self._askers.pop(step.pending.number, UNKNOWN))
                if why == "other":
                    return None
                key = "cancelled" if why == "no" else "locked" if why == "wrong_pin" else why
                return self._verdict("deny", room.name, identity, words=wording.text(language, key))
            case _:
                return self._verdict("ignore", room.name, identity)

    def _released(self, release: Release, identity: Identity, room: Room, house: House) -> Verdict:
        """Judged again: the house, the hour and the rules may have changed, and now it is known whose PIN."""
        pending = release.pending
        asker = self._askers.pop(pending.number, UNKNOWN)
        speaker = identity if release.given == "pin" else asker
        found = self._sort(pending.deeds, speaker, room, house, frozenset({release.given}))
        self._journal.refused(found.refused, speaker, room.name)
        if not found.deeds or found.how is not None:
            if found.how is not None:
                self._journal.pending("denied", pending, speaker, reason="changed")
            said = self._refusal(found, house) or wording.text(self._config.language, "late")
            return self._verdict("deny", room.name, speaker, words=said)
        self._journal.pending("confirmed", pending, speaker)
        return self._allow(found, speaker, room.name, house)

    def _refusal(self, found: Sorted, house: House) -> str:
        """Why things are left out; each reason once, three at most."""
        said = [
            wording.reason(self._config.language, each.why, each.entity_id, house) for each in found.refused
        ]
        if not found.deeds and not said:
            return wording.text(self._config.language, "missing")
        return " ".join(list(dict.fromkeys(said))[:3])

    def _verdict(
        self,
        kind: Literal["ask", "again", "deny", "ignore"],
        room: str,
        identity: Identity,
        *,
        words: str = "",
    ) -> Verdict:
        return Verdict(kind, words=words, identity=identity, room=room)


def _outside(evidence: Evidence) -> Evidence:
    """Nobody outside can say whose PIN was given."""
    return msgspec.structs.replace(evidence, pin_of="")
