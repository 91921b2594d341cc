"""Keys are renamed in the text, and everything else of it stays as a person wrote it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.config import render, schema
from appliance.config.load import parse_toml
from appliance.errors import ConfigError
from appliance.migrating.renames import RENAMES, Rename, rewritten, wanted

SAME = Rename("mqtt.server", "mqtt.host", "0.2")
OTHER = Rename("speech.rate", "tts.speed", "0.3")
TOP = Rename("lang", "language", "0.3")
TABLE = (SAME, OTHER, TOP)


def done(text: str) -> str:
    return rewritten(text, TABLE, parse_toml, "file")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ('# a\n[mqtt] # x\nserver = "a" # y\nport = 1\n', '# a\n[mqtt] # x\nhost = "a" # y\nport = 1\n'),
        ("mqtt.server = 'a'\n", "\n[mqtt]\nhost = 'a'\n"),
        ("lang='de'\n[mqtt]\nport=1", "language='de'\n[mqtt]\nport=1"),
        ("[speech]\nrate = 2\n[tts]\n# mine\n", "[speech]\n[tts]\nspeed = 2\n# mine\n"),
        ("[speech]\nrate = 2\n", "[speech]\n\n[tts]\nspeed = 2\n"),
        ("[mqtt]\nserver = [ # two\n 'a',\n 'b' ] # z\n", "[mqtt]\nhost = [ # two\n 'a',\n 'b' ] # z\n"),
        ('[mqtt]\nserver = """\nport = 3\n[x]\n"""\n', '[mqtt]\nhost = """\nport = 3\n[x]\n"""\n'),
        ('note = """\n[mqtt]\nserver = 1\n"""\n', 'note = """\n[mqtt]\nserver = 1\n"""\n'),
    ],
)  # fmt: skip
def test_the_text(before: str, after: str) -> None:
    assert done(before) == after
    assert done(after) == after, "once is enough"


@pytest.mark.parametrize(
    "text",
    ["mqtt = { server = 'a' }\n", '[mqtt]\n"server" = 1\n', "[mqtt]\nserver = 1\nhost = 2\n", "[mqtt\n"],
)
def test_what_only_a_person_should_change(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        done(text)
    assert caught.value.hint


def test_a_text_in_a_text_is_no_key() -> None:
    tricky = 'note = """\n[mqtt]\nserver = 1\n"""\n[mqtt]\nserver = 2\n'
    with pytest.raises(ConfigError, match=r"mqtt\.server is called mqtt\.host now"):
        done(tricky)


VALUES = st.one_of(
    st.integers(-9, 9), st.booleans(), st.text(max_size=9), st.lists(st.text(max_size=4), max_size=3)
)
DOCUMENTS = st.dictionaries(
    st.sampled_from(["mqtt", "speech", "tts", "other"]),
    st.dictionaries(st.sampled_from(["server", "rate", "port", "deep"]), VALUES, max_size=4),
    max_size=4,
)


@given(DOCUMENTS)
def test_values_are_never_lost(document: dict[str, dict[str, object]]) -> None:
    lines: list[str] = []
    for table, entries in document.items():
        lines += [
            render.header((table,)),
            *(f"{render.key(name)} = {render.value(each)}" for name, each in entries.items()),
        ]
    after = parse_toml(done("\n".join(lines)).encode(), "after")
    said = {f"{table}.{name}": each for table, entries in document.items() for name, each in entries.items()}
    renamed = {rename.old: rename.new for rename in TABLE}
    flat = {f"{table}.{name}": each for table, entries in after.items() for name, each in entries.items()}
    assert flat == {renamed.get(key, key): each for key, each in said.items()}
    assert wanted(after, TABLE) == []


def test_every_rename_leads_from_a_key_that_is_gone_to_one_that_is_there() -> None:
    for rename in RENAMES:
        assert schema.leaf_for(tuple(rename.old.split("."))) is None
        assert schema.leaf_for(tuple(rename.new.split("."))) is not None
