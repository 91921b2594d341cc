"""An announcement is read as Home Assistant reads it."""

from __future__ import annotations

import pytest

from appliance.acceptance.alerting import ALERT, announced_at, understood
from appliance.config.model import Config, Paths
from appliance.errors import HomeError
from appliance.presence import remembered

DEVICE = (
    b'{"components":{"alert_store":{"unique_id":"a.alert_store","state_topic":"appliance/a/state/alert_store",'
    b'"payload_on":"YES"}}}'
)
SINGLE = b'{"unique_id":"a.alert_store","state_topic":"x/y"}'


@pytest.mark.parametrize(
    ("payload", "entity"),
    [
        (DEVICE, ("a.alert_store", "appliance/a/state/alert_store", "YES")),
        (SINGLE, ("a.alert_store", "x/y", "ON")),
    ],
)
def test_both_forms(payload: bytes, entity: tuple[str, str, str]) -> None:
    found = understood(payload)
    assert (found.unique_id, found.state_topic, found.on) == entity


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b"{}", b'{"components":3}', b'{"components":{"alert_store":[]}}', b"\xff"]
)
def test_what_is_no_announcement(payload: bytes) -> None:
    with pytest.raises(HomeError, match="not as it should be"):
        understood(payload)


def test_where_it_is_announced(tmp_path) -> None:
    config = Config(paths=Paths(data=str(tmp_path)))
    with pytest.raises(HomeError, match="nothing is announced"):
        announced_at(config)
    remembered.write(
        remembered.path_of(tmp_path), {"ha/x": {"other": "sensor"}, "ha/y": {ALERT: "binary_sensor"}}
    )
    assert announced_at(config) == "ha/y"
