"""Channel files and bundles from a real server."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from appliance.config.model import Update
from appliance.ops.fetch import Policy
from appliance.updating import fetching
from appliance.updating.channel import Latest
from appliance.updating.errors import Refused, UpdateError
from appliance.updating.places import Places
from tests.updating.servers import Key, Server, trust

FAST = Policy(timeout_seconds=5.0, tries=2, pause_seconds=0.01)


def latest(root: Path, server: Server, **more: object) -> Latest:
    return fetching.latest(Places(root), Update(url=server.url), "n100", **more)


def test_the_newest_version_is_found(tmp_path: Path, server: Server, key: Key) -> None:
    trust(tmp_path, key)
    server.publish(key)
    found = latest(tmp_path, server, seen=7)
    assert (found.version, found.url) == ("2.0.0", f"{server.url}/new.raucb")
    server.publish(key, channel="beta", version="2.1.0-beta.1")
    assert latest(tmp_path, server, chosen="beta").version == "2.1.0-beta.1"


def test_an_older_file_or_another_signature_is_refused(tmp_path: Path, server: Server, key: Key) -> None:
    trust(tmp_path, key)
    server.publish(key)
    with pytest.raises(Refused, match="older channel file"):
        latest(tmp_path, server, seen=8)
    server.publish(Key())
    with pytest.raises(Refused, match="not signed"):
        latest(tmp_path, server)


@pytest.mark.parametrize(
    ("content", "why"), [(None, "answered 404"), (b"x" * 70_000, "larger"), (b"{}", "no")]
)
def test_a_server_that_has_none(
    tmp_path: Path, server: Server, key: Key, content: bytes | None, why: str
) -> None:
    trust(tmp_path, key)
    if content is not None:
        server.files["/stable-n100.json"] = content
    with pytest.raises(UpdateError, match=why) as caught:
        latest(tmp_path, server)
    assert caught.value.hint


def test_no_server_and_no_https(tmp_path: Path, key: Key) -> None:
    trust(tmp_path, key)
    for url, why in (
        ("", "no update server"),
        ("http://example.org", "not an https"),
        ("file:///etc", "not an https"),
    ):
        with pytest.raises(UpdateError, match=why):
            fetching.latest(Places(tmp_path), Update(url=url), "n100")


def test_a_server_that_is_gone(tmp_path: Path, key: Key) -> None:
    trust(tmp_path, key)
    with pytest.raises(UpdateError, match="cannot be reached"):
        fetching.latest(Places(tmp_path), Update(url="http://127.0.0.1:1"), "n100")


def fetch(offered: Latest, server: Server, folder: Path, seen: list[tuple[int, int]]) -> Path:
    import msgspec

    whole = msgspec.structs.replace(offered, url=f"{server.url}/{offered.url}")
    return fetching.bundle(whole, folder, lambda here, all_: seen.append((here, all_)), FAST)


def test_a_bundle_is_fetched_and_going_on_after_a_cut(tmp_path: Path, server: Server, key: Key) -> None:
    content = os.urandom(3_000_000)
    offered = server.publish(key, content)
    server.cut_at = 2_000_000
    seen: list[tuple[int, int]] = []
    path = fetch(offered, server, tmp_path / "download", seen)
    assert path.read_bytes() == content
    assert seen[-1] == (3_000_000, 3_000_000)
    assert server.asked[-1] == ("/new.raucb", "bytes=2000000-")
    asked = len(server.asked)
    assert fetch(offered, server, tmp_path / "download", seen) == path
    assert len(server.asked) == asked, "what is here is not fetched again"


def test_a_changed_bundle_is_thrown_away(tmp_path: Path, server: Server, key: Key) -> None:
    offered = server.publish(key, b"as announced")
    server.files["/new.raucb"] = b"as tampered!"
    with pytest.raises(Refused, match="checksum"):
        fetch(offered, server, tmp_path, [])
    assert list(tmp_path.iterdir()) == []


def test_one_of_another_size_is_refused(tmp_path: Path, server: Server, key: Key) -> None:
    offered = server.publish(key, b"as announced")
    server.files["/new.raucb"] = b"longer than announced"
    with pytest.raises(UpdateError, match="bytes"):
        fetch(offered, server, tmp_path, [])


def test_no_room(tmp_path: Path) -> None:
    with pytest.raises(UpdateError, match="are needed"):
        fetching._check_space(tmp_path, 10**15)
    fetching._check_space(tmp_path, 0)


def test_parts_of_other_versions_go(tmp_path: Path, server: Server, key: Key) -> None:
    (tmp_path / "older.raucb.part").write_bytes(b"half")
    path = fetch(server.publish(key), server, tmp_path, [])
    assert list(tmp_path.iterdir()) == [path]
