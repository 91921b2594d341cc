"""From a channel, an address or a file to the restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from appliance.config.model import Update
from appliance.updating import installing, order, rauc, record, state
from appliance.updating.errors import Refused, SlotError, UpdateError
from appliance.updating.installing import Installer, Source
from appliance.updating.record import Content
from tests.updating import machines
from tests.updating.machines import Machine
from tests.updating.players import Rauc
from tests.updating.servers import Key, Server, trust


@pytest.fixture
def rig(n100: Machine, server: Server, key: Key) -> tuple[Machine, Rauc, Server, Key]:
    trust(n100.root, key)
    return n100, Rauc(n100), server, key


Rig = tuple[Machine, Rauc, Server, Key]


def installer(rig: Rig, *, delta: bool = True) -> Installer:
    machine, played, server, _ = rig
    return Installer(machine.places, Update(url=server.url, delta=delta), played)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Source("channel")),
        ("https://example.org/a.raucb", Source("address", "https://example.org/a.raucb")),
        ("/media/a.raucb", Source("file", "/media/a.raucb")),
    ],
)
def test_sources_are_told_apart(text: str, expected: Source) -> None:
    assert installing.source(text) == expected


@pytest.mark.parametrize(
    "text", ["a.raucb", "http://example.org/a", "ftp://x/a", "/a\nb", "x" * 3_000, "--help"]
)
def test_what_is_no_source(text: str) -> None:
    with pytest.raises(UpdateError):
        installing.source(text)


def test_from_the_channel_block_by_block(rig: Rig) -> None:
    machine, played, server, key = rig
    server.publish(key, version="2.0.0")
    assert installer(rig).install(Source("channel")) == "2.0.0"
    assert played.asked == [f"{server.url}/new.raucb"]
    now = state.read(machine.places.state)
    assert now is not None
    assert (now.phase, now.version, now.pending, now.serial) == ("restarting", "2.0.0", "B", 7)
    assert record.read(machine.data).b.version == "2.0.0"
    assert not machine.places.order.exists()


@pytest.mark.parametrize("delta", [True, False])
def test_or_as_a_whole_when_that_is_wanted_or_blocks_cannot_be_had(rig: Rig, delta: bool) -> None:
    machine, played, server, key = rig
    server.publish(key)
    if delta:
        played.fails.append(rauc.Unreachable("no nbd"))
    installer(rig, delta=delta).install(Source("channel"))
    assert played.asked[-1].startswith(str(machine.places.downloads))
    assert list(machine.places.downloads.iterdir()) == [], "the bundle is not kept"


def test_a_refusal_is_not_tried_again_in_another_way(rig: Rig) -> None:
    _, played, server, key = rig
    server.publish(key)
    played.fails.append(Refused("not signed"))
    with pytest.raises(Refused, match="not signed"):
        installer(rig).install(Source("channel"))
    assert len(played.asked) == 1


def test_the_gates_reason_is_told(rig: Rig) -> None:
    machine, played, server, key = rig
    server.publish(key, version="2.0.0")
    played.manifest["VERSION"] = "2.0.1"
    with pytest.raises(Refused, match="was announced") as caught:
        installer(rig).install(Source("channel"))
    assert caught.value.hint
    now = state.read(machine.places.state)
    assert now is not None
    assert (now.phase, now.problem) == ("failed", caught.value.message)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"version": "1.0.0"}, "runs already"),
        ({"version": "0.9.0"}, "older"),
        ({"min_version": "1.5"}, "1.5 first"),
    ],
)
def test_nothing_is_downloaded_for_a_no(rig: Rig, changed: dict[str, object], why: str) -> None:
    _, played, server, key = rig
    server.publish(key, **changed)
    with pytest.raises(Refused) as caught:
        installer(rig).install(Source("channel"))
    assert why in f"{caught.value}"
    assert [path for path, _ in server.asked] == ["/stable-n100.json"]
    assert played.asked == []


def test_from_a_file(rig: Rig, tmp_path: Path) -> None:
    _, played, _, _ = rig
    bundle = tmp_path / "new.raucb"
    bundle.write_bytes(b"bundle")
    assert installer(rig).install(Source("file", str(bundle))) == "2.0.0"
    assert played.asked == [str(bundle)]


def test_a_file_that_is_none(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "empty").touch()
    import os

    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "empty", "pipe", "nothing", "."):
        with pytest.raises(UpdateError):
            installer(rig).install(Source("file", str(tmp_path / name)))


def test_an_owner_goes_back(rig: Rig, tmp_path: Path) -> None:
    _, played, _, _ = rig
    (tmp_path / "old.raucb").write_bytes(b"bundle")
    played.manifest["VERSION"] = "0.9.0"
    old = Source("file", str(tmp_path / "old.raucb"))
    with pytest.raises(Refused, match="older"):
        installer(rig).install(old)
    assert installer(rig).install(old, allow_downgrade=True) == "0.9.0"


def test_not_while_a_version_is_tried(rig: Rig) -> None:
    machine, played, server, key = rig
    server.publish(key)
    (machine.root / "proc/cmdline").write_text("rauc.slot=B")
    with pytest.raises(SlotError, match="still being tried"):
        installer(rig).install(Source("channel"))
    assert played.asked == []


def test_an_installation_that_armed_nothing_is_no_success(rig: Rig) -> None:
    machine, _, server, key = rig
    server.publish(key)
    with pytest.raises(UpdateError, match="not told to start"):
        Installer(machine.places, Update(url=server.url), lambda *_: None).install(Source("channel"))


def test_back_to_the_former_version(rig: Rig) -> None:
    machine, *_ = rig
    record.write(
        machine.data, record.with_content(record.read(machine.data), "B", Content("good", "0.9.0", 1))
    )
    (machine.root / "efi/EFI/Linux/appliance-b.efi").write_bytes(b"kernel")
    assert installer(rig).roll_back() == "0.9.0"
    assert machine.firmware.pending() == "B"


def test_but_not_behind_a_security_fix_and_not_to_nothing(rig: Rig) -> None:
    machine, *_ = rig
    with pytest.raises(SlotError, match="nothing is known"):
        installer(rig).roll_back()
    record.write(
        machine.data, record.with_content(record.read(machine.data), "B", Content("good", "0.9.0", 1))
    )
    machines.release(machine.root, epoch=2)
    with pytest.raises(Refused, match="security fix"):
        installer(rig).roll_back()
    assert machine.firmware.pending() is None
    assert order.refusal(machine.places) is None
