"""What an entity measures or is set to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from appliance.home.entities import Entity
from appliance.understanding.resolution.acts import number_of, whole
from appliance.understanding.targets import silent


def device_class(entity: Entity) -> str:
    """Its device class, or ""."""
    return str(entity.attributes.get("device_class") or "")


Measured = tuple[float | str, str]
"""A value and its unit."""

_SENSOR_CLASSES: Mapping[str, tuple[str, ...]] = {
    "temperature": ("temperature",),
    "humidity": ("humidity",),
    "battery": ("battery",),
    "power": ("power",),
    "energy": ("energy",),
    "illuminance": ("illuminance",),
    "co2": ("carbon_dioxide",),
    "pressure": ("pressure", "atmospheric_pressure"),
    "wind": ("wind_speed",),
    "voltage": ("voltage",),
    "current": ("current",),
    "air": ("aqi", "pm25", "pm10", "volatile_organic_compounds", "carbon_dioxide"),
    "pm25": ("pm25",),
    "moisture": ("moisture",),
    "water": ("water", "volume_flow_rate"),
    "gas": ("gas",),
    "distance": ("distance",),
    "rain": ("precipitation", "precipitation_intensity"),
    "noise": ("sound_pressure",),
    "weight": ("weight",),
    "signal": ("signal_strength",),
    "brightness": ("illuminance",),
}

_ATTRIBUTES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("climate", "temperature"): ("current_temperature", "temperature_unit"),
    ("climate", "humidity"): ("current_humidity", "%"),
    ("climate", "target"): ("temperature", "temperature_unit"),
    ("water_heater", "temperature"): ("current_temperature", "temperature_unit"),
    ("water_heater", "target"): ("temperature", "temperature_unit"),
    ("humidifier", "humidity"): ("current_humidity", "%"),
    ("humidifier", "target"): ("humidity", "%"),
    ("weather", "temperature"): ("temperature", "temperature_unit"),
    ("weather", "humidity"): ("humidity", "%"),
    ("weather", "wind"): ("wind_speed", "wind_speed_unit"),
    ("weather", "pressure"): ("pressure", "pressure_unit"),
    ("cover", "position"): ("current_position", "%"),
    ("valve", "position"): ("current_position", "%"),
    ("fan", "speed"): ("percentage", "%"),
    ("fan", "mode"): ("preset_mode", ""),
    ("climate", "fan_mode"): ("fan_mode", ""),
    ("media_player", "source"): ("source", ""),
    ("media_player", "title"): ("media_title", ""),
    ("media_player", "artist"): ("media_artist", ""),
    ("media_player", "app"): ("app_name", ""),
    ("vacuum", "battery"): ("battery_level", "%"),
    ("lock", "battery"): ("battery_level", "%"),
    ("vacuum", "speed"): ("fan_speed", ""),
    ("climate", "preset"): ("preset_mode", ""),
    ("humidifier", "mode"): ("mode", ""),
    ("light", "effect"): ("effect", ""),
}


def is_number(text: str | None) -> bool:
    """Is this text a number that can be meant?"""
    try:
        return text is not None and abs(float(text)) < 1e15
    except ValueError:
        return False


def measured(entity: Entity, wanted: str) -> Measured | None:
    """What it says about a property; None when it says nothing."""
    if silent(entity):
        return None
    if entity.domain == "sensor":
        return _sensed(entity, wanted)
    special = _SPECIAL.get((entity.domain, wanted))
    if special is not None:
        return special(entity)
    names = _ATTRIBUTES.get((entity.domain, wanted))
    if names is None:
        return None
    value, unit = entity.attributes.get(names[0]), names[1]
    if unit.endswith("_unit"):
        default = "°C" if "temperature" in unit else ""
        unit = str(entity.attributes.get(unit) or entity.attributes.get("unit_of_measurement") or default)
    if isinstance(value, bool) or not isinstance(value, int | float | str) or value == "":
        return None
    return value, unit


def _sensed(entity: Entity, wanted: str) -> Measured | None:
    if device_class(entity) not in _SENSOR_CLASSES.get(wanted, ()):
        return None
    unit = str(entity.attributes.get("unit_of_measurement") or "")
    return (float(entity.state or 0) if is_number(entity.state) else entity.state or ""), unit


def _brightness(entity: Entity) -> Measured | None:
    value = number_of(entity, "brightness")
    if entity.state == "off":
        return 0.0, "%"
    return (float(round(value * 100 / 255)), "%") if value is not None else None


def _volume(entity: Entity) -> Measured | None:
    value = number_of(entity, "volume_level")
    return (float(round(value * 100)), "%") if value is not None else None


def _color(entity: Entity) -> Measured | None:
    color = entity.attributes.get("rgb_color")
    if isinstance(color, list | tuple) and len(color) == 3:
        return _nearest_color([float(part) for part in color]), ""
    kelvin = number_of(entity, "color_temp_kelvin")
    return (kelvin, "K") if kelvin else None


_COLORS = {
    "red": (255, 0, 0), "green": (0, 200, 0), "blue": (0, 0, 255), "white": (255, 255, 255),
    "yellow": (255, 255, 0), "orange": (255, 165, 0), "purple": (128, 0, 128), "pink": (255, 150, 180),
    "turquoise": (64, 224, 208), "cyan": (0, 255, 255), "magenta": (255, 0, 255),
}  # fmt: skip


def _nearest_color(rgb: list[float]) -> str:
    return min(_COLORS, key=lambda name: sum((a - b) ** 2 for a, b in zip(rgb, _COLORS[name], strict=True)))


_SPECIAL: Mapping[tuple[str, str], Callable[[Entity], Measured | None]] = {
    ("light", "brightness"): _brightness, ("media_player", "volume"): _volume, ("light", "color"): _color,
    ("climate", "mode"): lambda entity: (entity.state or "", ""),
    ("weather", "weather"): lambda entity: (entity.state or "", ""),
}  # fmt: skip


def shown(value: Measured, units: Mapping[str, str]) -> str:
    """In words: "21.5 °C", "45 %", "rock"."""
    number, unit = value
    text = f"{whole(round(number, 1))}" if isinstance(number, float | int) else str(number).replace("_", " ")
    return f"{text} {units.get(unit, unit)}".strip()
