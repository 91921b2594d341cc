"""The people of the house: what is kept of each, and the file it is kept in."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast, get_args

import msgspec

from appliance.errors import EngineError
from appliance.judgement import rules
from appliance.judgement.database import Database
from appliance.judgement.errors import JudgementError
from appliance.judgement.identity import voices
from appliance.judgement.identity.voices import Heard

Role = Literal["owner", "adult", "child", "guest"]
ROLES: tuple[Role, ...] = get_args(Role)
MAX_PEOPLE = 32
MAX_VOICES = 20
MAX_PERMISSIONS = 50
MAX_ROOMS = 50
MAX_NAME = 60
RESERVED = frozenset({*ROLES, "unknown", "anyone", "nobody"})
"""Names that rules use for something else."""
VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS person (
    name TEXT PRIMARY KEY COLLATE NOCASE, role TEXT NOT NULL, permissions TEXT NOT NULL, rooms TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS voice (
    person TEXT NOT NULL COLLATE NOCASE REFERENCES person(name) ON DELETE CASCADE,
    engine TEXT NOT NULL, vector BLOB NOT NULL
);
"""


class Profile(msgspec.Struct, frozen=True):
    """One person."""

    name: str
    role: Role = "adult"
    permissions: tuple[str, ...] = ()
    """Rules (`judgement.rules`) about this person, looked at before those of the configuration."""
    rooms: tuple[str, ...] = ()
    """Places or areas in which it is usually this person who speaks."""
    voices: tuple[Heard, ...] = ()


def checked(profile: Profile) -> Profile:
    """The profile as it may be kept. Raises JudgementError or ConfigError that says what is wrong."""
    name = " ".join(profile.name.split())
    if not name or len(name) > MAX_NAME or not name.isprintable() or name.casefold() in RESERVED:
        raise JudgementError(
            f"{profile.name[:MAX_NAME]!r} is no name for a person",
            f"up to {MAX_NAME} letters, and none of: {', '.join(sorted(RESERVED))}",
        )
    if profile.role not in ROLES:
        shown = str(profile.role)[:MAX_NAME]
        raise JudgementError(f"there is no role {shown!r}", f"one of: {', '.join(ROLES)}")
    if len(profile.permissions) > MAX_PERMISSIONS or len(profile.rooms) > MAX_ROOMS:
        raise JudgementError(f"{name} has too many rules or rooms", f"at most {MAX_PERMISSIONS} of each")
    if any(len(room) > MAX_NAME or not room.isprintable() for room in profile.rooms):
        raise JudgementError("a room's name is too long, or no text", "give its id or name")
    rules.parse_all(profile.permissions, f"permissions of {name}")
    return msgspec.structs.replace(profile, name=name, voices=profile.voices[-MAX_VOICES:])


class Profiles:
    """All of them; read once and kept in memory, since every utterance asks.

    Any thread may read; one at a time may change.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _SCHEMA, VERSION)
        self._known: dict[str, Profile] = {}

    def open(self) -> None:
        """Open the file and read everybody. Raises JudgementError."""
        self._database.open()
        self._read()

    def close(self) -> None:
        """Close the file; nobody is known any more."""
        self._database.close()
        self._known = {}

    def all(self) -> Sequence[Profile]:
        """Everybody, by name."""
        return [self._known[key] for key in sorted(self._known)]

    def get(self, name: str) -> Profile | None:
        """This person, however the name is capitalised."""
        return self._known.get(_key(name))

    def add(self, profile: Profile) -> Profile:
        """One more person. Raises JudgementError for a name that is taken, or one person too many."""
        profile = checked(profile)
        if _key(profile.name) in self._known:
            raise JudgementError(f"{profile.name} is known already", "see: appliance person list")
        if len(self._known) >= MAX_PEOPLE:
            raise JudgementError(f"{MAX_PEOPLE} people are known already", "appliance person remove NAME")
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT INTO person VALUES (?, ?, ?, ?)",
                (profile.name, profile.role, json.dumps(profile.permissions), json.dumps(profile.rooms)),
            )
            _put_voices(connection, profile)
        self._known = {**self._known, _key(profile.name): profile}
        return profile

    def enrol(self, name: str, heard: Sequence[Heard]) -> Profile:
        """These utterances are this person's voice from now on, in place of earlier ones."""
        profile = self._named(name)
        profile = checked(msgspec.structs.replace(profile, voices=tuple(heard)))
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM voice WHERE person = ?", (profile.name,))
            _put_voices(connection, profile)
        self._database.shrink()
        self._known = {**self._known, _key(name): profile}
        return profile

    def remove(self, name: str) -> Profile:
        """Forget this person: no byte of them stays in the file. Raises JudgementError."""
        profile = self._named(name)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM voice WHERE person = ?", (profile.name,))
            connection.execute("DELETE FROM person WHERE name = ?", (profile.name,))
        self._known = {key: each for key, each in self._known.items() if key != _key(name)}
        self._database.shrink()
        return profile

    def _named(self, name: str) -> Profile:
        profile = self.get(name)
        if profile is None:
            raise JudgementError(f"nobody is called {name[:MAX_NAME]!r} here", "see: appliance person list")
        return profile

    def _read(self) -> None:
        with self._database.transaction() as connection:
            people = connection.execute(
                "SELECT name, role, permissions, rooms FROM person LIMIT ?", (MAX_PEOPLE,)
            )
            self._known = {_key(row[0]): _profile(connection, *row) for row in people.fetchall()}


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


def _put_voices(connection: sqlite3.Connection, profile: Profile) -> None:
    rows = [(profile.name, voice.engine, voices.pack(voice)) for voice in profile.voices]
    connection.executemany("INSERT INTO voice VALUES (?, ?, ?)", rows)


def _profile(connection: sqlite3.Connection, name: str, role: str, permissions: str, rooms: str) -> Profile:
    found = connection.execute("SELECT engine, vector FROM voice WHERE person = ?", (name,)).fetchall()
    try:
        return checked(
            Profile(
                name,
                cast("Role", role),
                tuple(msgspec.json.decode(permissions, type=list[str])),
                tuple(msgspec.json.decode(rooms, type=list[str])),
                tuple(voices.unpack(engine, blob) for engine, blob in found[:MAX_VOICES]),
            )
        )
    except (msgspec.DecodeError, EngineError) as error:
        raise JudgementError(
            f"the profile of {name[:MAX_NAME]!r} is damaged: {error}",
            "stop the appliance, remove judgement/people.db from its data directory, and add people again",
        ) from error
