"""Announcements as well-known programs and firmwares write them, for every kind of device."""

from __future__ import annotations

import json

from appliance.home import actions
from appliance.home.live import Live
from appliance.mqtt import discovery
from tests.home.planning import sent


def announced(topic, payload):
    found = discovery.parse("homeassistant", f"homeassistant/{topic}/config", json.dumps(payload).encode())
    assert found.problems == ()
    return {entity.name: Live(entity) for entity in found.entities}


def one_of(topic, payload):
    (live,) = announced(topic, payload).values()
    return live


def tell(live, said, now=0.0):
    """Everything arrives without a fault."""
    for topic, payload in said.items():
        text = payload if isinstance(payload, str) else json.dumps(payload)
        assert live.take(topic, text.encode(), now).fault == ""


def order(live, service, **data):
    plan = actions.plan(
        live.announced, live.announced.component, service, data, {**live.values, "state": live.state(0)}
    )
    assert isinstance(plan, actions.Plan), plan
    return sent(plan)


# --- zigbee2mqtt --------------------------------------------------------------------------------------------

BRIDGE = [
    {"topic": "zigbee2mqtt/bridge/state", "value_template": "{{ value_json.state }}"},
    {"topic": "zigbee2mqtt/Den/availability", "value_template": "{{ value_json.state }}"},
]
ONLINE = {
    "zigbee2mqtt/bridge/state": {"state": "online"},
    "zigbee2mqtt/Den/availability": {"state": "online"},
}
ZIGBEE = {
    "availability": BRIDGE,
    "availability_mode": "all",
    "device": {"identifiers": ["zigbee2mqtt_0x1"], "manufacturer": "X", "name": "Den", "via_device": "z"},
    "origin": {"name": "Zigbee2MQTT", "sw": "2.1", "url": "https://www.zigbee2mqtt.io"},
    "name": None,
    "object_id": "den",
    "unique_id": "0x1_x",
    "state_topic": "zigbee2mqtt/Den",
}


def test_a_lamp_of_zigbee2mqtt():
    lamp = one_of(
        "light/0x1/light",
        {
            **ZIGBEE, "schema": "json", "brightness": True, "brightness_scale": 254,
            "command_topic": "zigbee2mqtt/Den/set", "effect": True, "effect_list": ["blink", "breathe"],
            "max_mireds": 500, "min_mireds": 153, "supported_color_modes": ["color_temp", "xy"],
        },
    )  # fmt: skip
    tell(lamp, ONLINE)
    color = {"hue": 0, "saturation": 100, "x": 0.7, "y": 0.3}
    tell(
        lamp,
        {
            "zigbee2mqtt/Den": {
                "state": "ON", "brightness": 127, "color": color, "color_mode": "xy", "color_temp": 250,
                "linkquality": 90, "update": {"state": "idle"},
            }
        },
    )  # fmt: skip
    shown = lamp.shown(0)
    assert (shown.state, shown.attributes["brightness"], shown.attributes["color_mode"]) == ("on", 128, "xy")
    assert shown.attributes["xy_color"] == [0.7, 0.3]
    assert (shown.attributes["min_color_temp_kelvin"], shown.attributes["max_color_temp_kelvin"]) == (
        2000,
        6535,
    )
    assert order(lamp, "turn_on", color_temp_kelvin=2_700, brightness_pct=50) == [
        ("zigbee2mqtt/Den/set", '{"state":"ON","color_temp":370,"brightness":127}')
    ]
    tell(lamp, {"zigbee2mqtt/bridge/state": {"state": "offline"}})
    assert lamp.state(0) == "unavailable"


def test_a_blind_of_zigbee2mqtt():
    moving = (
        '{% if "moving" in value_json and value_json.moving and value_json.moving in ["UP","DOWN","STOP"] %}'
        '{{ value_json.moving }}{% else %}{{ value_json.state }}{% endif %}'
    )  # fmt: skip
    blind = one_of(
        "cover/0x1/cover",
        {
            **ZIGBEE, "command_topic": "zigbee2mqtt/Den/set", "position_topic": "zigbee2mqtt/Den",
            "position_template": "{{ value_json.position }}", "set_position_topic": "zigbee2mqtt/Den/set",
            "set_position_template": '{ "position": {{ position }} }', "value_template": moving,
            "state_open": "OPEN", "state_closed": "CLOSE", "state_opening": "UP", "state_closing": "DOWN",
            "state_stopped": "STOP", "payload_stop": "STOP",
        },
    )  # fmt: skip
    tell(blind, {**ONLINE, "zigbee2mqtt/Den": {"position": 0, "state": "CLOSE"}})
    assert (blind.state(0), blind.shown(0).attributes["current_position"]) == ("closed", 0)
    tell(blind, {"zigbee2mqtt/Den": {"position": 30, "state": "OPEN", "moving": "UP"}})
    assert (blind.state(0), blind.shown(0).attributes["current_position"]) == ("opening", 30)
    tell(blind, {"zigbee2mqtt/Den": {"position": 40, "state": "OPEN", "moving": "STOP"}})
    assert blind.state(0) == "open"
    assert order(blind, "open_cover") == [("zigbee2mqtt/Den/set", "OPEN")]


def test_a_radiator_of_zigbee2mqtt():
    action = (
        "{% set values = {None:None,'idle':'idle','heat':'heating','cool':'cooling'} %}"
        "{{ values[value_json.running_state] }}"
    )
    valve = one_of(
        "climate/0x1/climate",
        {
            **ZIGBEE, "action_topic": "zigbee2mqtt/Den", "action_template": action,
            "current_temperature_topic": "zigbee2mqtt/Den",
            "current_temperature_template": "{{ value_json.local_temperature }}",
            "max_temp": "30", "min_temp": "5", "temp_step": 0.5, "temperature_unit": "C",
            "mode_command_topic": "zigbee2mqtt/Den/set/system_mode", "mode_state_topic": "zigbee2mqtt/Den",
            "mode_state_template": "{{ value_json.system_mode }}", "modes": ["off", "heat", "auto"],
            "temperature_command_topic": "zigbee2mqtt/Den/set/occupied_heating_setpoint",
            "temperature_state_topic": "zigbee2mqtt/Den",
            "temperature_state_template": "{{ value_json.occupied_heating_setpoint }}",
            "preset_mode_command_topic": "zigbee2mqtt/Den/set/preset", "preset_modes": ["eco", "boost"],
            "preset_mode_state_topic": "zigbee2mqtt/Den",
            "preset_mode_value_template": "{{ value_json.preset }}",
        },
    )  # fmt: skip
    said = {
        "local_temperature": 20.4, "occupied_heating_setpoint": 21.5, "system_mode": "heat",
        "running_state": "heat", "preset": "none",
    }  # fmt: skip
    tell(valve, {**ONLINE, "zigbee2mqtt/Den": said})
    shown = valve.shown(0)
    assert shown.state == "heat"
    wanted = {
        "current_temperature": 20.4, "temperature": 21.5, "hvac_action": "heating", "preset_mode": "none",
        "hvac_modes": ["off", "heat", "auto"], "min_temp": 5, "max_temp": 30, "target_temp_step": 0.5,
        "preset_modes": ["none", "eco", "boost"],
    }  # fmt: skip
    assert {name: shown.attributes[name] for name in wanted} == wanted
    assert order(valve, "set_temperature", temperature=19) == [
        ("zigbee2mqtt/Den/set/occupied_heating_setpoint", "19")
    ]


# --- Tasmota, as it announced itself with SetOption19 -------------------------------------------------------

TASMOTA = {
    "~": "plug/", "name": "Plug", "uniq_id": "ABC_RL_1", "avty_t": "~tele/LWT", "pl_avail": "Online",
    "pl_not_avail": "Offline", "dev": {"ids": ["ABC"]},
}  # fmt: skip


def test_a_plug_and_a_lamp_with_tasmota():
    plug = one_of(
        "switch/ABC_RL_1",
        {
            **TASMOTA, "stat_t": "~tele/STATE", "val_tpl": "{{value_json.POWER}}", "cmd_t": "~cmnd/POWER",
            "pl_on": "ON", "pl_off": "OFF",
        },
    )  # fmt: skip
    tell(plug, {"plug/tele/LWT": "Online", "plug/tele/STATE": {"POWER": "ON", "Wifi": {"RSSI": 70}}})
    assert plug.state(0) == "on"
    assert order(plug, "turn_off") == [("plug/cmnd/POWER", "OFF")]
    lamp = one_of(
        "light/ABC_LI_1",
        {
            **TASMOTA, "stat_t": "~tele/STATE", "val_tpl": "{{value_json.POWER}}", "cmd_t": "~cmnd/POWER",
            "bri_cmd_t": "~cmnd/Dimmer", "bri_stat_t": "~tele/STATE", "bri_scl": 100,
            "bri_val_tpl": "{{value_json.Dimmer}}", "on_cmd_type": "brightness",
            "hs_cmd_t": "~cmnd/HSBColor", "hs_stat_t": "~tele/STATE",
            "hs_val_tpl": "{{value_json.HSBColor.split(',')[0:2]|join(',')}}",
            "clr_temp_cmd_t": "~cmnd/CT", "clr_temp_stat_t": "~tele/STATE",
            "clr_temp_val_tpl": "{{value_json.CT}}",
        },
    )  # fmt: skip
    tell(
        lamp,
        {
            "plug/tele/LWT": "Online",
            "plug/tele/STATE": {"POWER": "ON", "Dimmer": 40, "HSBColor": "120,100,40", "CT": 327},
        },
    )
    shown = lamp.shown(0)
    assert (shown.attributes["brightness"], shown.attributes["color_mode"]) == (102, "hs")
    assert order(lamp, "turn_on", brightness_pct=70) == [("plug/cmnd/Dimmer", "70")]
    assert order(lamp, "turn_on", color_name="red")[0] == ("plug/cmnd/HSBColor", "0,100")


# --- ESPHome ------------------------------------------------------------------------------------------------

ESP = {
    "avty_t": "esp/status", "dev": {"ids": "a1", "name": "esp", "sw": "esphome v2025.1", "mdl": "esp32dev"},
}  # fmt: skip


def test_what_esphome_announces():
    fan = one_of(
        "fan/esp/fan",
        {
            **ESP, "name": "Ceiling", "stat_t": "esp/fan/x/state", "cmd_t": "esp/fan/x/command",
            "osc_cmd_t": "esp/fan/x/oscillation/command", "osc_stat_t": "esp/fan/x/oscillation/state",
            "pct_cmd_t": "esp/fan/x/speed_level/command", "pct_stat_t": "esp/fan/x/speed_level/state",
            "spd_rng_max": 3, "uniq_id": "ESPfan",
        },
    )  # fmt: skip
    tell(
        fan,
        {
            "esp/status": "online", "esp/fan/x/state": "ON", "esp/fan/x/speed_level/state": "2",
            "esp/fan/x/oscillation/state": "oscillate_off",
        },
    )  # fmt: skip
    shown = fan.shown(0)
    assert (shown.state, shown.attributes["percentage"], shown.attributes["oscillating"]) == ("on", 66, False)
    assert order(fan, "set_percentage", percentage=100) == [("esp/fan/x/speed_level/command", "3")]
    light = one_of(
        "light/esp/strip",
        {
            **ESP, "schema": "json", "name": "Strip", "stat_t": "esp/light/x/state",
            "cmd_t": "esp/light/x/command", "color_mode": True, "sup_clrm": ["rgbw", "color_temp"],
            "brightness": True, "effect": True, "effect_list": ["None", "Rainbow"], "uniq_id": "ESPl",
        },
    )  # fmt: skip
    tell(
        light,
        {
            "esp/status": "online",
            "esp/light/x/state": {
                "state": "ON", "brightness": 255, "color_mode": "rgbw", "color": {"r": 255, "g": 0, "b": 0,
                "w": 9},
                "effect": "None",
            },
        },
    )  # fmt: skip
    assert light.shown(0).attributes["rgbw_color"] == [255, 0, 0, 9]
    assert order(light, "turn_on", effect="rainbow")[0][1] == '{"state":"ON","effect":"Rainbow"}'
    lock = one_of(
        "lock/esp/door",
        {
            **ESP,
            "name": "Door",
            "stat_t": "esp/lock/x/state",
            "cmd_t": "esp/lock/x/command",
            "uniq_id": "ESPd",
        },
    )
    tell(lock, {"esp/status": "online", "esp/lock/x/state": "LOCKED"})
    assert lock.state(0) == "locked"


# --- Shelly, by whole devices; OpenMQTTGateway; Z-Wave JS UI --------------------------------------------


def test_a_shelly_that_announces_itself_as_a_whole():
    found = announced(
        "device/shelly-2pm",
        {
            "dev": {"ids": ["shelly-2pm"], "name": "Hall", "cns": [["mac", "aa:bb"]]},
            "o": {"name": "shelly"},
            "avty": {"t": "shelly/online", "pl_avail": "true", "pl_not_avail": "false"},
            "cmps": {
                "cover": {
                    "p": "cover", "name": "Shutter", "uniq_id": "c", "dev_cla": "shutter",
                    "cmd_t": "shelly/command/cover:0", "pl_open": "open", "pl_cls": "close",
                    "pl_stop": "stop",
                    "stat_t": "shelly/status/cover:0", "val_tpl": "{{ value_json.state }}",
                    "pos_t": "shelly/status/cover:0", "pos_tpl": "{{ value_json.current_pos }}",
                    "set_pos_t": "shelly/command/cover:0", "set_pos_tpl": "pos,{{ value }}",
                },
                "power": {
                    "p": "sensor", "name": "Power", "uniq_id": "p", "dev_cla": "power", "unit_of_meas": "W",
                    "stat_t": "shelly/status/cover:0", "val_tpl": "{{ value_json.apower | round(1) }}",
                },
            },
        },
    )  # fmt: skip
    shutter, power = found["Hall Shutter"], found["Hall Power"]
    for live in (shutter, power):
        tell(
            live,
            {
                "shelly/online": "true",
                "shelly/status/cover:0": {"state": "open", "current_pos": 70, "apower": 1.26},
            },
        )
    assert (shutter.state(0), shutter.shown(0).attributes["device_class"]) == ("open", "shutter")
    assert (power.state(0), power.shown(0).attributes["unit_of_measurement"]) == ("1.3", "W")
    assert order(shutter, "set_cover_position", position=30) == [("shelly/command/cover:0", "30")]


def test_what_gateways_announce():
    away = one_of(
        "device_tracker/tag",
        {
            "stat_t": "home/OMG/BTtoMQTT/AA", "name": "Keys", "uniq_id": "AA-tracker",
            "source_type": "bluetooth",
            "val_tpl": "{% if value_json.get('rssi') -%}home{%- else -%}not_home{%- endif %}",
            "dev": {"ids": ["AA"]},
        },
    )  # fmt: skip
    tell(away, {"home/OMG/BTtoMQTT/AA": {"id": "AA", "rssi": -70}})
    assert away.state(0) == "home"
    thermometer = one_of(
        "sensor/tempc",
        {
            "stat_t": "home/OMG/BTtoMQTT/BB", "name": "Thermo", "uniq_id": "BB-t", "dev_cla": "temperature",
            "val_tpl": "{{ value_json.tempc | is_defined }}", "unit_of_meas": "°C", "pl_on": "True",
        },
    )  # fmt: skip
    tell(thermometer, {"home/OMG/BTtoMQTT/BB": {"tempc": 21.4}})
    assert thermometer.state(0) == "21.4"
    node = one_of(
        "climate/nodeID_5/thermostat",
        {
            "mode_state_topic": "zwave/5/mode", "mode_command_topic": "zwave/5/mode/set", "modes": ["off",
            "heat"],
            "mode_state_template": '{{ {0: "off", 1: "heat"}[value_json.value] | default(\'off\') }}',
            "mode_command_template": '{{ {"off": 0, "heat": 1}[value] | default(\'0\') }}',
            "temperature_state_topic": "zwave/5/set", "temp_cmd_t": "zwave/5/set/set", "uniq_id": "z5",
            "temperature_state_template": "{{ value_json.value }}", "name": "Node",
        },
    )  # fmt: skip
    tell(node, {"zwave/5/mode": {"value": 1}, "zwave/5/set": {"value": 20}})
    assert (node.state(0), node.shown(0).attributes["temperature"]) == ("heat", 20)
