"""The descriptions of the kinds hang together, with each other and with what they name."""

from __future__ import annotations

import pytest

from appliance.home.actions import SERVICES
from appliance.mqtt import abbreviations, decoding, kinds
from appliance.mqtt.decoding import lights as light_decoders
from appliance.mqtt.decoding import openings as opening_decoders
from appliance.mqtt.decoding import plain, tables
from appliance.mqtt.kinds import air, lights, openings, others
from appliance.mqtt.kinds.rows import Kind

MODULES = (air, lights, openings, others)
ROWS = [value for module in MODULES for value in vars(module).values() if isinstance(value, Kind)]


def test_every_row_is_in_the_table():
    assert {id(row) for row in ROWS} == {id(row) for row in kinds.KINDS.values()}


@pytest.mark.parametrize("key", sorted(kinds.KINDS), ids="-".join)
def test_a_row_names_nothing_twice_and_only_what_there_is(key):
    row = kinds.KINDS[key]
    names = [option.name for option in row.options]
    assert len(names) == len(set(names))
    assert len({command.name for command in row.commands}) == len(row.commands)
    assert {source.choices for source in row.sources if source.choices} <= set(names)
    known = set(abbreviations.OPTIONS.values()) | {"modes", "min", "max", "step"}
    topics = {source.topic for source in row.sources} | {command.topic for command in row.commands}
    assert topics <= known
    for option in row.options:
        if option.type in {"text", "payload"}:
            assert isinstance(option.default, str)


def test_whatever_has_services_is_a_kind():
    assert {component for component, _ in SERVICES} <= {component for component, _ in kinds.KINDS}


def test_every_decoder_is_used():
    named = {source.decoder for row in kinds.KINDS.values() for source in row.sources}
    assert named | {"attributes"} == set(decoding.DECODERS)
    for module, reader in (
        (plain, "text"),
        (tables, "vacuum"),
        (opening_decoders, "lock"),
        (light_decoders, "json_light"),
    ):
        assert decoding.DECODERS[reader] is getattr(module, reader)


def test_what_means_nothing_here_is_no_kind():
    assert not kinds.LATER & {component for component, _ in kinds.KINDS}
