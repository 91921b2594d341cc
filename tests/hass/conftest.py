"""One real Home Assistant for each module of this folder, with a broker beside it.

Not for the whole session: other tests make sure that no process is left behind.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.broker import Mosquitto
from tests.hass.harness import HomeAssistant

MORE = """\
mqtt: {}
input_boolean:
  guests:
    name: Guests
  lamp:
    name: Inside of the reading lamp
input_number:
  lamp:
    name: Brightness of the reading lamp
    min: 0
    max: 255
  wanted:
    name: Wanted
    min: 0
    max: 100
input_button:
  bell:
    name: Bell
script:
  greet:
    alias: Greet
    sequence: []
template:
  - sensor:
      - name: Cellar temperature
        unique_id: cellar_temperature
        device_class: temperature
        unit_of_measurement: "°C"
        state: "{{ states('input_number.wanted') }}"
light:
  - platform: template
    lights:
      reading_lamp:
        unique_id: reading_lamp
        friendly_name: Reading lamp
        value_template: "{{ is_state('input_boolean.lamp', 'on') }}"
        level_template: "{{ (states('input_number.lamp') | float(0)) | int }}"
        turn_on:
          action: input_boolean.turn_on
          target: {entity_id: input_boolean.lamp}
        turn_off:
          action: input_boolean.turn_off
          target: {entity_id: input_boolean.lamp}
        set_level:
          - action: input_number.set_value
            target: {entity_id: input_number.lamp}
            data: {value: "{{ brightness }}"}
          - action: input_boolean.turn_on
            target: {entity_id: input_boolean.lamp}
      stubborn_lamp:
        unique_id: stubborn_lamp
        friendly_name: Stubborn lamp
        value_template: "{{ false }}"
        turn_on: []
        turn_off: []
"""


@pytest.fixture(scope="session")
def hass_environment() -> Path:
    """Where Home Assistant is installed."""
    folder = os.environ.get("APPLIANCE_TEST_HOMEASSISTANT", "")
    if not folder:
        pytest.skip("a real Home Assistant is wanted: tools/test-homeassistant")
    assert (Path(folder) / "bin/python").exists(), (
        f"APPLIANCE_TEST_HOMEASSISTANT: there is nothing in {folder}"
    )
    return Path(folder)


@pytest.fixture(scope="module")
def hass_broker(
    hass_environment: Path,  # noqa: ARG001 - without one there is nothing to start
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Mosquitto]:
    """The broker of that Home Assistant; it keeps nothing when killed."""
    mosquitto = Mosquitto(tmp_path_factory.mktemp("mosquitto"), ("tester", "demo"))
    mosquitto.start()
    yield mosquitto
    mosquitto.kill()


@pytest.fixture(scope="module")
def hass(
    hass_environment: Path, hass_broker: Mosquitto, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HomeAssistant]:
    """A running Home Assistant with MQTT. A test that stops it starts it again."""
    home = HomeAssistant(hass_environment, tmp_path_factory.mktemp("hass") / "config", hass_broker, MORE)
    try:
        asyncio.run(home.start())
        yield home
    finally:
        asyncio.run(home.kill())
