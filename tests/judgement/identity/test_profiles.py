"""People in their file: kept over a restart, and gone without a trace."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from appliance.errors import ApplianceError
from appliance.judgement.errors import JudgementError
from appliance.judgement.identity import voices
from appliance.judgement.identity.profiles import MAX_PEOPLE, MAX_VOICES, Profile, Profiles
from tests.judgement.speakers import utterance

ANNA = Profile(
    "Anna Zuckerhut",
    "owner",
    ("allow lock.zuckerhaus",),
    ("salon-z",),
    tuple(utterance("anna", n) for n in range(5)),
)
BEN = Profile("Ben", "child")

OPEN: list[Profiles] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "judgement" / "people.db"


def opened(file: Path) -> Profiles:
    known = Profiles(file)
    OPEN.append(known)
    known.open()
    return known


def traces(folder: Path, *needles: bytes) -> list[str]:
    """Every file that holds one of these."""
    content = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return [
        f"{path.name}: {needle!r}" for path, data in content.items() for needle in needles if needle in data
    ]


def test_people_survive_a_restart(file: Path) -> None:
    known = opened(file)
    known.add(ANNA)
    known.add(BEN)
    known.close()
    again = opened(file)
    assert [profile.name for profile in again.all()] == ["Anna Zuckerhut", "Ben"]
    found = again.get("  anna ZUCKERHUT ")
    assert found is not None
    assert (found.role, found.permissions, found.rooms) == ("owner", ANNA.permissions, ANNA.rooms)
    assert (voices.score(found.voices[0], ANNA.voices) or 0) > 0.95
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    again.close()


def test_deleting_a_person_deletes_every_trace(file: Path) -> None:
    known = opened(file)
    known.add(ANNA)
    known.add(BEN)
    needles = [b"Zuckerhut", b"zuckerhaus", b"salon-z", *map(voices.pack, ANNA.voices)]
    needles += [voices.pack(ANNA.voices[0])[16:80]]
    assert len(traces(file.parent, *needles)) == len(needles)
    known.remove("anna zuckerhut")
    assert traces(file.parent, *needles) == []
    assert [profile.name for profile in known.all()] == ["Ben"]
    known.close()
    assert [profile.name for profile in opened(file).all()] == ["Ben"]
    assert traces(file.parent, *needles) == []


def test_a_voice_that_is_learnt_anew_leaves_no_trace_of_the_old_one(file: Path) -> None:
    known = opened(file)
    known.add(ANNA)
    known.enrol("Anna Zuckerhut", [utterance("newer", n) for n in range(MAX_VOICES + 5)])
    assert traces(file.parent, *map(voices.pack, ANNA.voices)) == []
    found = known.get("Anna Zuckerhut")
    assert found is not None
    assert len(found.voices) == MAX_VOICES


@pytest.mark.parametrize(
    "profile",
    [
        Profile(""),
        Profile("  "),
        Profile("owner"),
        Profile("Unknown"),
        Profile("x" * 61),
        Profile("An\x1bna"),
        Profile("Anna", "boss"),  # type: ignore[arg-type]
        Profile("Anna", permissions=("permit everything",)),
        Profile("Anna", permissions=("deny lock.x",) * 51),
        Profile("Anna", rooms=("x" * 61,)),
        Profile("ben"),
    ],
)
def test_who_cannot_be_added(file: Path, profile: Profile) -> None:
    known = opened(file)
    known.add(BEN)
    with pytest.raises(ApplianceError):
        known.add(profile)
    assert len(opened(file).all()) == 1


def test_there_is_a_limit_and_nobody_to_remove_is_an_error(file: Path) -> None:
    known = opened(file)
    for number in range(MAX_PEOPLE):
        known.add(Profile(f"p{number}"))
    with pytest.raises(JudgementError, match="known already"):
        known.add(ANNA)
    for act in (known.remove, lambda name: known.enrol(name, [])):
        with pytest.raises(JudgementError, match="nobody is called"):
            act("Zoe")


def test_a_damaged_profile_is_an_error_in_words(file: Path) -> None:
    known = opened(file)
    known.add(ANNA)
    known.close()
    program = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "c.execute('UPDATE voice SET vector = ?', (b'123',)); c.commit()"
    )
    subprocess.run([sys.executable, "-c", program, str(file)], check=True)
    with pytest.raises(JudgementError, match="is damaged"):
        opened(file)


def test_any_other_value(file: Path) -> None:
    known: Any = opened(file)
    assert known.get("x" * 10_000) is None
    assert known.get("\0") is None
