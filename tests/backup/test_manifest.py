"""The list of files, as strangers may write it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance import __version__
from appliance.backup.errors import BackupError
from appliance.backup.manifest import decode, encode

ENTRY = {"path": "chosen.toml", "kind": "file", "secret": False, "size": 3, "sha256": "0" * 64}
GOOD = {
    "format": 1, "appliance": "0.1.0", "made_at": "2026-11-21T08:00:00Z", "machine": "aarch64",
    "files": [ENTRY],
}  # fmt: skip


def raw(**changes: Any) -> bytes:
    return msgspec.json.encode(GOOD | changes)


def test_round_trip() -> None:
    manifest = decode(raw(), __version__)
    assert decode(encode(manifest), __version__) == manifest


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (raw(format=2), "format 2"),
        (raw(appliance="99.0"), "newer"),
        (raw(files=[ENTRY | {"path": "../x"}]), "no place"),
        (raw(files=[ENTRY | {"path": "run/lock"}]), "no place"),
        (raw(absent=["/etc/passwd"]), "no place"),
        (raw(files=[ENTRY, ENTRY]), "twice"),
        (raw(absent=["chosen.toml"]), "twice"),
        (raw(absent=["CHOSEN.toml"]), "twice"),
        (raw(absent=["chosen.toml/x"]), "below a file"),
        (raw(files=[ENTRY | {"size": -1}]), "cannot be read"),
        (raw(files=[ENTRY | {"size": 2**40}]), "cannot be read"),
        (raw(files=[ENTRY | {"path": f"f{n}", "size": 2**30} for n in range(3)]), "more than"),
        (raw(files=[ENTRY | {"path": f"f{n}"} for n in range(501)]), "cannot be read"),
        (raw(files=[ENTRY | {"sha256": "x"}]), "cannot be read"),
        (raw(made_at="yesterday"), "cannot be read"),
        (raw(more=1), "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b"\xff", "cannot be read"),
        (b"", "cannot be read"),
    ],
)  # fmt: skip
def test_bad_ones(content: bytes, word: str) -> None:
    with pytest.raises(BackupError, match=word) as caught:
        decode(content, __version__)
    assert caught.value.hint


@given(
    st.binary(max_size=200)
    | st.dictionaries(st.sampled_from([*GOOD, "absent"]), st.text()).map(lambda x: raw(**x))
)
def test_anything_else_ends_in_a_sentence(content: bytes) -> None:
    told = ""
    try:
        decode(content, __version__)
    except BackupError as error:
        told = error.message
    assert told.isprintable()
