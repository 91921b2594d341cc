from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.firstboot import asking, changes
from appliance.firstboot.changes import Join, Look, Rename, Told
from appliance.firstboot.errors import SetupError
from appliance.firstboot.nmcli import Seen
from tests.checkout import ROOT

ID = "0123456789abcdef"


@pytest.mark.parametrize("asked", [Rename(ID, "kitchen"), Look(ID), Join(ID, "Home", "correct horse")])
def test_requests_come_through(asked: changes.Request) -> None:
    content = changes.encode(asked)
    assert len(content) <= changes.MAX_REQUEST_BYTES
    assert changes.request(content) == asked


def test_the_longest_request_fits() -> None:
    longest = Join(ID, "\U0001f600" * 32, "\U0001f600" * 64)
    assert changes.request(changes.encode(longest)) == longest


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[" * 2_000,
        b'{"do":"reboot","id":"0123456789abcdef"}',
        b'{"do":"look","id":"../../../../etc"}',
        b'{"do":"look","id":"0123456789abcdef","more":1}',
        b'{"do":"join","id":"0123456789abcdef","ssid":""}',
        b'{"do":"join","id":"0123456789abcdef","ssid":"x","password":"' + b"p" * 65 + b'"}',
        b'{"do":"rename","id":"0123456789abcdef","name":"' + b"n" * 64 + b'"}',
        b" " * (changes.MAX_REQUEST_BYTES + 1),
    ],
)
def test_what_is_no_request(content: bytes) -> None:
    with pytest.raises(SetupError):
        changes.request(content)
    assert changes.told(content) is None


@given(st.binary(max_size=400))
def test_noise_is_refused_and_its_content_not_repeated(content: bytes) -> None:
    assert changes.told(content) is None
    with pytest.raises(SetupError) as caught:
        changes.request(content)
    assert caught.value.message == "that is no request"


def test_a_password_is_not_shown() -> None:
    assert "horse" not in repr(Join(ID, "Home", "correct horse"))


def test_answers_come_through() -> None:
    answer = Told(ID, "done", connected="Home", networks=(Seen("Home", 70, True),))
    assert changes.told(changes.encode(answer)) == answer
    assert changes.told(b" " * (changes.MAX_ANSWER_BYTES + 1)) is None


def test_the_units_watch_and_remove_the_same_file() -> None:
    units = ROOT / "systemd"
    assert f"PathExists={changes.REQUEST}\n" in (units / asking.UNIT.name).read_text()
    service = (units / asking.UNIT.with_suffix(".service").name).read_text()
    assert f"ExecStopPost=-/bin/rm -f {changes.REQUEST}\n" in service
    assert "-m appliance.firstboot change\n" in service
    assert f"enable {asking.UNIT.name}\n" in (units / "preset/80-change.preset").read_text()
    runs = (units / "appliance.service").read_text()
    assert f"RuntimeDirectory={changes.REQUEST.parent.name}\n" in runs
    assert changes.REQUEST.parent.parent == Path("/run")
