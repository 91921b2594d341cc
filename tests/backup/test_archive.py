"""Archives as strangers make them: a sentence, and nothing outside the folder."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance import __version__
from appliance.backup.archive import needs_passphrase, unpack, write
from appliance.backup.errors import BackupError
from appliance.backup.manifest import NAME, decode
from tests.backup.filled import PASSPHRASE

CONTENT = b"[audio]\nvolume = 0.5\n"


def entry(path: str = "chosen.toml", content: bytes = CONTENT, **changes: Any) -> dict[str, Any]:
    digest = hashlib.sha256(content).hexdigest()
    plain = {"path": path, "kind": "file", "secret": False, "size": len(content), "sha256": digest}
    return plain | changes


def listing(*entries: dict[str, Any]) -> bytes:
    head = {"format": 1, "appliance": "0.1.0", "made_at": "2026-11-21T08:00:00Z", "machine": "x86_64"}
    return msgspec.json.encode({**head, "files": entries})


def tarred(*members: tuple[str, bytes] | tarfile.TarInfo, form: int = tarfile.USTAR_FORMAT) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form) as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                tar.addfile(info, io.BytesIO(member[1]))
    return target.getvalue()


def special(kind: bytes, name: str = "chosen.toml", link: str = "/etc/passwd") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


GOOD = (NAME, listing(entry()))
FILE = ("chosen.toml", CONTENT)


def opened(tmp_path: Path, raw: bytes) -> Path:
    path = tmp_path / "archive"
    path.write_bytes(raw)
    into = tmp_path / "into"
    into.mkdir(exist_ok=True)
    unpack(path, "", __version__, into)
    return into


def test_a_plain_tar_of_other_people_is_read(tmp_path: Path) -> None:
    into = opened(tmp_path, gzip.compress(tarred(GOOD, FILE)))
    assert (into / "chosen.toml").read_bytes() == CONTENT
    assert (into / "chosen.toml").stat().st_mode & 0o777 == 0o600


BAD = {
    "no manifest": tarred(FILE),
    "manifest last": tarred(FILE, GOOD),
    "nothing": b"",
    "zeros": bytes(100_000),
    "file missing": tarred(GOOD),
    "one more file": tarred(GOOD, FILE, ("x", b"y")),
    "twice": tarred(GOOD, FILE, FILE),
    "other name": tarred(GOOD, ("../../x", CONTENT)),
    "absolute": tarred(GOOD, ("/tmp/x", CONTENT)),
    "symbolic link": tarred(GOOD, special(tarfile.SYMTYPE)),
    "hard link": tarred(GOOD, special(tarfile.LNKTYPE)),
    "device": tarred(GOOD, special(tarfile.CHRTYPE)),
    "pipe": tarred(GOOD, special(tarfile.FIFOTYPE)),
    "folder": tarred(GOOD, special(tarfile.DIRTYPE)),
    "link first": tarred(GOOD, special(tarfile.SYMTYPE, "judgement", "/"), FILE),
    "extended header": tarred(GOOD, ("chosen.toml" + "x" * 200, CONTENT), form=tarfile.PAX_FORMAT),
    "wrong content": tarred(GOOD, ("chosen.toml", CONTENT.replace(b"5", b"6"))),
    "longer": tarred(GOOD, ("chosen.toml", CONTENT + b"x")),
    "traversal listed": tarred((NAME, listing(entry("../x"))), ("../x", CONTENT)),
    "secret in the clear": tarred(
        (NAME, listing(entry("mosquitto/credentials.json"))), ("mosquitto/credentials.json", CONTENT)
    ),
    "said to be secret": tarred((NAME, listing(entry(secret=True))), FILE),
    "huge size claimed": tarred((NAME, listing(entry(size=2**30))), FILE),
    "huge manifest": tarred((NAME, b" " * 2_000_000)),
    "no end": tarred(GOOD, FILE)[:2_560],
    "behind the end": tarred(GOOD, FILE) + tarred(("x", b"y")),
    "hidden in the padding": tarred(GOOD, FILE).replace(CONTENT + b"\0", CONTENT + b"!"),
}


@pytest.mark.parametrize("name", BAD)
def test_hostile_archives(tmp_path: Path, name: str) -> None:
    with pytest.raises(BackupError) as caught:
        opened(tmp_path, gzip.compress(BAD[name]))
    assert caught.value.hint
    assert {path.name for path in tmp_path.rglob("*")} <= {
        "archive",
        "into",
        "chosen.toml",
        "credentials.json",
        "mosquitto",
    }
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = gzip.compress(tarred(GOOD, FILE)) + gzip.compress(bytes(50_000_000), 9) * 20
    with pytest.raises(BackupError, match="behind its end"):
        opened(tmp_path, bomb)


@pytest.mark.parametrize("kept", [0, 1, 5, 30, 100, -1, -8])
def test_cut_off(tmp_path: Path, kept: int) -> None:
    with pytest.raises(BackupError):
        opened(tmp_path, gzip.compress(tarred(GOOD, FILE))[:kept])


@given(st.integers(0, 3_000), st.integers(1, 255), st.booleans())
def test_changed_bytes(place: int, change: int, inside: bool) -> None:
    raw = bytearray(tarred(GOOD, FILE) if inside else gzip.compress(tarred(GOOD, FILE), mtime=0))
    raw[place % len(raw)] ^= change
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        try:
            opened(there, gzip.compress(bytes(raw)) if inside else bytes(raw))
        except BackupError:
            return
        assert (there / "into" / "chosen.toml").read_bytes() == CONTENT


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
def test_written_and_read(tmp_path: Path, passphrase: str) -> None:
    folder, into = tmp_path / "from", tmp_path / "into"
    folder.mkdir()
    into.mkdir()
    large = bytes(range(256)) * 3_000
    (folder / "chosen.toml").write_bytes(CONTENT)
    (folder / "timers.sqlite").write_bytes(large)
    manifest = decode(listing(entry(), entry("timers.sqlite", large)), __version__)
    with (tmp_path / "archive").open("wb") as file:
        write(file, manifest, folder, passphrase)
    assert needs_passphrase(tmp_path / "archive") == bool(passphrase)
    assert unpack(tmp_path / "archive", passphrase, __version__, into) == manifest
    assert (into / "timers.sqlite").read_bytes() == large
    assert (CONTENT in (tmp_path / "archive").read_bytes()) is False


def test_an_encrypted_one_wants_its_passphrase(tmp_path: Path) -> None:
    with (tmp_path / "archive").open("wb") as file:
        write(file, decode(listing(), __version__), tmp_path, PASSPHRASE)
    with pytest.raises(BackupError, match="encrypted"):
        unpack(tmp_path / "archive", "", __version__, tmp_path)


def test_no_backup(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"hello")
    for path in (tmp_path / "x", tmp_path, tmp_path / "none", Path("/dev/zero")):
        with pytest.raises(BackupError):
            needs_passphrase(path)
