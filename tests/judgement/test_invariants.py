"""docs/SECURITY_INVARIANTS.md: every named test exists, and what no other test proves."""

from __future__ import annotations

import ast
import asyncio
import re
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.home import guard
from appliance.judgement import services, wording
from appliance.judgement.hazards import Hazard
from appliance.judgement.identity.evidence import Evidence
from appliance.judgement.own_voice import Said, is_echo
from appliance.judgement.policy import Room
from appliance.judgement.verdict import Heard
from appliance.judgement.words import LANGUAGES, classify
from appliance.wire.messages import Deed
from tests.checkout import ROOT
from tests.judgement.court import ANNA, ANNAS, HERE, KIM, KIMS, NOBODYS, PIN, Court
from tests.judgement.homes import BY_ID, HOUSE

PAGE = ROOT / "docs" / "SECURITY_INVARIANTS.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
ITEM = re.compile(r"^(\d+)\. ", flags=re.MULTILINE)
NOT_PROVED = "Not proved yet"


def items() -> dict[int, str]:
    """Number → text of every invariant."""
    parts = ITEM.split(PAGE.read_text(encoding="utf-8").replace("\n## ", "\n\n"))
    return {int(number): text for number, text in zip(parts[1::2], parts[2::2], strict=True)}


def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


def test_invariants_are_numbered_and_each_says_what_proves_it() -> None:
    found = items()
    assert list(found) == list(range(1, len(found) + 1))
    assert len(found) >= 20
    bare = [number for number, text in found.items() if not NAMED.search(text) and NOT_PROVED not in text]
    assert bare == []


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED.findall(PAGE.read_text(encoding="utf-8")))))
def test_every_named_test_exists(file: str, name: str) -> None:
    assert (ROOT / file).exists()
    assert name in functions(ROOT / file)


def test_the_page_says_whether_the_pipeline_asks_the_judgement() -> None:
    daemon = (ROOT / "appliance" / "daemon.py").read_text(encoding="utf-8")
    wired = "appliance.judgement" in daemon
    assert ("## Not wired yet" in PAGE.read_text(encoding="utf-8")) != wired


# --- no deed without an allow ------------------------------------------------------------------------------

SERVICES = sorted({service for known in services.KNOWN.values() for service in known} | {"explode", "reload"})
DEEDS = st.lists(
    st.builds(
        Deed,
        st.sampled_from([*sorted(services.KNOWN), "homeassistant", "shell_command", ""]),
        st.sampled_from(SERVICES),
        st.lists(st.sampled_from([*BY_ID, "lock.nowhere", ""]), max_size=3).map(tuple),
        st.fixed_dictionaries({}, optional={"position": st.sampled_from([0, 50, 100, True, "x", None])}),
    ),
    min_size=1,
    max_size=4,
)
SPEAKERS = st.sampled_from([NOBODYS, ANNAS, KIMS])
ROOMS = st.sampled_from([HERE, HERE, HERE, Room("kitchen", "kitchen"), Room("lost")])


def opens(deed: Deed) -> set[str]:
    """Entities of a deed that somebody could come in through."""
    found = set()
    for name in deed.entity_id:
        thing = BY_ID[name]
        if guard.refusal(name, thing.domain, thing.attributes, deed.service, deed.data):
            found.add(name)
    return found


@given(deeds=DEEDS, by=SPEAKERS, room=ROOMS)
def test_whatever_is_proposed_is_judged(deeds: list[Deed], by: Evidence, room: Room) -> None:
    """Any deeds at all, as a model may dream them up: what is allowed at once is known, and opens nothing."""
    with tempfile.TemporaryDirectory() as folder:
        court = Court(Path(folder))
        verdict = court.judge.judge(deeds, HOUSE, room, by, 1)
    assert verdict.kind in {"allow", "ask", "deny"}
    assert verdict.words or verdict.kind == "allow"
    assert bool(verdict.deeds) == (verdict.kind == "allow")
    for deed in verdict.deeds:
        assert all(services.known(deed.domain, BY_ID[name].domain, deed.service) for name in deed.entity_id)
        assert opens(deed) == set()


SENSIBLE = st.lists(
    st.sampled_from(
        [
            Deed("lock", "unlock", ("lock.back_door",)),
            Deed("lock", "lock", ("lock.back_door",)),
            Deed("homeassistant", "turn_on", ("cover.garage_door", "light.kitchen")),
            Deed("valve", "open_valve", ("valve.gas",)),
            Deed("light", "turn_on", ("light.kitchen", "light.nowhere")),
        ]
    ),
    min_size=1,
    max_size=2,
)
ANSWERS = st.tuples(
    st.sampled_from([*["yes"] * 6, "go ahead", "no", PIN, "1 2 3 5", "good morning"]),
    st.sampled_from([*["same"] * 6, "other room", "other turn", "late", "ended", "echo"]),
    st.sampled_from([*["heard"] * 4, "typed", "model"]),
    SPEAKERS,
)
EXCHANGES = st.lists(
    st.tuples(st.one_of(SENSIBLE, SENSIBLE, SENSIBLE, DEEDS), SPEAKERS, ROOMS, st.lists(ANSWERS, max_size=3)),
    min_size=1,
    max_size=3,
)


class Conversation:
    """Exchanges with one judge, and what must hold after each step. `released` counts what was confirmed."""

    def __init__(self, folder: Path) -> None:
        self.court = Court(folder, unknown="confirm")
        self.turn = 0
        self.released = 0

    def ask(self, deeds: list[Deed], by: Evidence, room: Room) -> None:
        self.turn += 1
        verdict = self.court.judge.judge(deeds, HOUSE, room, by, self.turn)
        assert not any(opens(deed) for deed in verdict.deeds)
        assert verdict.kind == "ask" or self.court.judge.pending(room.name) is None

    async def answer(self, answer: tuple[str, str, Any, Evidence], asker: Evidence, room: Room) -> None:
        text, how, source, by = answer
        court, turn, place = self.court, self.turn, room
        before = court.judge.pending(room.name)
        match how:
            case "other room":
                place = Room("bath", "bath")
            case "other turn":
                turn += 1
            case "late":
                court.wait(court.config.policy.confirm_seconds)
            case "ended":
                court.judge.end_turn(room.name, turn)
            case "echo":
                court.judge.own_voice.says("hall", text, court.now)
        heard = Heard(text, court.now, court.now, source)
        verdict = await court.judge.answer(heard, HOUSE, place, by, turn)
        court.judge.own_voice.said("hall", court.now)
        court.wait(5)
        if verdict is None or not verdict.deeds:
            return
        self.released += 1
        assert before is not None
        assert verdict.deeds == before.deeds
        assert how == "same" or (how, source) == ("echo", "typed")
        assert source != "model"
        assert classify(text, "en")[0] == "yes"
        assert asker is not KIMS or not any(map(opens, verdict.deeds))
        assert by is asker or NOBODYS in {by, asker}
        assert {name for deed in verdict.deeds for name in opens(deed)} <= set(verdict.granted)


async def held(exchanges: list[Any]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        conversation = Conversation(Path(folder))
        conversation.court.judge.open()
        await conversation.court.people(ANNA, KIM)
        for deeds, by, room, answers in exchanges:
            conversation.ask(deeds, by, room)
            for answer in answers:
                await conversation.answer(answer, by, room)
            conversation.court.judge.end_turn(room.name, conversation.turn)
        conversation.court.judge.close()
    return conversation.released


@given(exchanges=EXCHANGES)
@settings(deadline=None, max_examples=80)
def test_no_deed_without_an_allow(exchanges: list[Any]) -> None:
    """Over any conversation: what opens something is released only by an answer in the room and turn of its
    question, in time, by nobody else; never to a child, to our own voice, or through the model's mouth."""
    asyncio.run(held(exchanges))


def test_the_conversations_do_reach_a_release() -> None:
    unlock = [Deed("lock", "unlock", ("lock.back_door",))]
    assert asyncio.run(held([(unlock, ANNAS, HERE, [("yes", "same", "heard", NOBODYS)])])) == 1


# --- the rest ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verb", ["unlock", "open", "disarm", "trigger", "silence", "start", "change"])
@pytest.mark.parametrize("how", ["yes", "pin", "voice"])
def test_no_question_answers_itself(language: str, verb: Any, how: Any) -> None:
    """Any part of the question, heard again, is no yes and no PIN; all of it is known for an echo."""
    asked = wording.question(language, [Hazard("lock.front_door", "Front door", verb)], how, HOUSE, others=2)
    assert asked is not None
    words = asked.split()
    for start in range(len(words)):
        for end in range(start + 1, len(words) + 1):
            assert classify(" ".join(words[start:end]), language)[0] not in {"yes", "pin"}
    assert is_echo(asked, 0.5, 1.0, [Said(asked, 0.0, 1.0)])


async def test_no_word_and_no_pin_of_a_conversation_is_kept(tmp_path: Path) -> None:
    async with Court(tmp_path) as court:
        await court.people(ANNA, KIM, pin_of="Anna")
        secret = Deed("text", "set_value", ("text.note",), {"value": "zuckerhut im garten"})
        court.ask(secret)
        court.ask(by=NOBODYS)
        await court.say("hemmungslos")
        court.ask(by=NOBODYS)
        await court.say("four seven one one nine eight")
        verdict = await court.say(PIN)
        assert verdict is not None
        assert verdict.kind == "allow"
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in written} >= {"people.db", "audit.db", "pins.json"}
    needles = [b"zuckerhut", b"hemmungslos", b"four seven", PIN.encode(), b"471198", b"Shall I"]
    for path in written:
        assert not [needle for needle in needles if needle in path.read_bytes()], path


async def test_every_file_of_the_judgement_is_private(tmp_path: Path) -> None:
    async with Court(tmp_path / "data") as court:
        await court.people(ANNA, pin_of="Anna")
        court.ask(by=KIMS)
        for path in (tmp_path / "data" / "judgement").rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
