from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.firstboot import profiles
from appliance.firstboot.errors import Fault

UUID = "6f4a6a1e-6d1c-4d55-9c39-0b8e5d4c2a77"
CABLE = f"[connection]\nid=office\nuuid={UUID}\ntype=ethernet\n\n[802-1x]\neap=tls;\n"


@pytest.mark.parametrize(
    "text",
    [CABLE, "# mine\n[connection]\ntype=802-11-wireless\n[802-11-wireless]\nssid=a=b\n"],
)
def test_wifi_and_cable_are_taken(text: str) -> None:
    profiles.check(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 0),
        ("[connection]\ntype=bridge\n", 2),
        (CABLE.replace("uuid=6f", "uuid=xx"), 3),
        ("[connection]\ntype=wifi\n[wifi]\nmode=infrastructure\n", 0),
        ("[connection]\njust words\n", 2),
    ],
)
def test_others_are_a_fault_with_its_line(text: str, line: int) -> None:
    with pytest.raises(Fault) as caught:
        profiles.check(text)
    assert caught.value.line == line
    assert caught.value.hint


@given(st.text(max_size=200))
def test_any_text_is_a_profile_or_a_fault(text: str) -> None:
    with contextlib.suppress(Fault):
        profiles.check(text)
        assert "type" in text
