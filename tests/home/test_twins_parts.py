"""What simulated devices understand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.home import twins_parts
from appliance.home.twins_parts import PARTS
from appliance.mqtt import kinds


@pytest.mark.parametrize(
    ("read", "payload", "value"),
    [
        (twins_parts.whole(0, 100), "40", 40), (twins_parts.whole(0, 100), "140", 100),
        (twins_parts.whole(0, 100), "-1", None), (twins_parts.whole(0, 100), "4.5", None),
        (twins_parts.ranged("min", "max", 0, 9), "4.5", 4.5),
        (twins_parts.ranged("min", "max", 0, 9), "4.0", 4),
        (twins_parts.ranged("min", "max", 0, 9), "10", None), (twins_parts.one_of("list"), "a", "a"),
        (twins_parts.one_of("list"), "b", None), (twins_parts.numbers(2, 1), "0.5,1", (0.5, 1.0)),
        (twins_parts.numbers(2, 1), "0.5", None), (twins_parts.written, "", None),
    ],
)  # fmt: skip
def test_readers(read, payload, value):
    assert read(payload, {"list": ["a"]}) == value


@given(st.sampled_from(sorted(PARTS)), st.text(max_size=20))
def test_no_command_raises(domain, payload):
    for part in PARTS[domain]:
        if part.read is not None:
            part.read(payload, {"options": ["a"], "hvac_modes": ["heat"]})


def test_its_options_are_those_of_the_kinds():
    for domain, parts in PARTS.items():
        kind = kinds.KINDS[domain, "default"]
        told = {command.topic for command in kind.commands}
        said = {source.topic for source in kind.sources}
        assert {part.command for part in parts if part.command} <= told, domain
        assert {part.state for part in parts if part.state} <= said, domain
